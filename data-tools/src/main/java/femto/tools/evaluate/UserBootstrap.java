package femto.tools.evaluate;

import femto.tools.data.DataSet;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Where a figure lies, by what it would have been for other users: users are drawn with replacement
 * as often as there are, {@value #RESAMPLES} times over, and the 95 % interval is that of the
 * percentiles (Efron, Annals of Statistics 7, 1979). Users are drawn, and not ratings, since the
 * ratings of one user are alike. Seeded: the same figures have the same interval.
 */
public final class UserBootstrap {
  private static final int RESAMPLES = 1_000;
  private static final double TAIL = 0.025;

  /** Large test parts are drawn less often, down to a tenth: their intervals are narrow anyway. */
  private static final long MOST_DRAWN = 50_000_000;

  private UserBootstrap() {}

  /**
   * Of a mean over users.
   *
   * @param ofUsers their values; a user without one (NaN) counts for nothing
   * @return lower and upper end; NaN where no user has a value
   */
  public static double[] ofMean(double[] ofUsers) {
    double[] values = Arrays.stream(ofUsers).filter(value -> !Double.isNaN(value)).toArray();
    double[] means = new double[values.length == 0 ? 0 : RESAMPLES];
    SplittableRandom random = new SplittableRandom(1);
    for (int sample = 0; sample < means.length; sample++) {
      double sum = 0;
      for (int i = 0; i < values.length; i++) {
        sum += values[random.nextInt(values.length)];
      }
      means[sample] = sum / values.length;
    }
    return ends(means);
  }

  /**
   * Of a figure of predictions.
   *
   * @param data the data set
   * @param split the split whose test part is predicted
   * @param figure computes the figure of some test examples, given by their places in {@link
   *     Split#test}, which may come more than once; called by several threads at once
   * @return lower and upper end; NaN where the test part is empty
   */
  public static double[] ofFigure(DataSet data, Split split, ToDoubleFunction<int[]> figure) {
    int[] test = split.test();
    IntArrayList[] lists = new IntArrayList[data.contexts().rows()];
    Arrays.setAll(lists, user -> new IntArrayList());
    for (int place = 0; place < test.length; place++) {
      lists[data.context(test[place])].add(place);
    }
    int[][] users =
        Arrays.stream(lists)
            .filter(list -> !list.isEmpty())
            .map(IntArrayList::toIntArray)
            .toArray(int[][]::new);
    if (users.length == 0) {
      return ends(new double[0]);
    }
    long affordable = Math.max(RESAMPLES / 10, MOST_DRAWN / test.length);
    double[] figures =
        IntStream.range(0, (int) Math.min(RESAMPLES, affordable))
            .parallel()
            .mapToDouble(sample -> figure.applyAsDouble(draw(users, sample)))
            .toArray();
    return ends(figures);
  }

  private static int[] draw(int[][] users, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    IntArrayList places = new IntArrayList();
    for (int i = 0; i < users.length; i++) {
      int[] ofUser = users[random.nextInt(users.length)];
      places.addElements(places.size(), ofUser);
    }
    return places.toIntArray();
  }

  /** A figure that is not defined for a sample (AUC without positives) is left out. */
  private static double[] ends(double[] figures) {
    double[] sorted = Arrays.stream(figures).filter(Double::isFinite).sorted().toArray();
    if (sorted.length == 0) {
      return new double[] {Double.NaN, Double.NaN};
    }
    int low = (int) (TAIL * sorted.length);
    return new double[] {sorted[low], sorted[sorted.length - 1 - low]};
  }
}
