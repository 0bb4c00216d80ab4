package femto.bench.learn;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.kernels.LearningRows;
import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.learn.Learner;
import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.Training;
import femto.model.FeatureSpace;
import femto.tools.ads.PlantedClicks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/**
 * How the time of an epoch and the memory of a learner grow with rows, features, fields and
 * factors: three sizes each, the others as they are, and the exponent of the power law that fits
 * best, by least squares of the logarithms. One thread, AdaGrad, a factorization machine.
 */
final class Growth {
  /**
   * What is measured; the middle ones are what the others are held at.
   *
   * @param rows numbers of rows, ascending
   * @param scales how many times the values the large fields have
   * @param fields how many of the fields rows have
   * @param factors k
   * @param rounds epochs of each that count
   */
  record Sizes(int[] rows, double[] scales, int[] fields, int[] factors, int rounds) {
    static final Sizes QUICK =
        new Sizes(
            new int[] {20_000, 40_000, 80_000},
            new double[] {0.1, 1, 10},
            new int[] {10, 20, PlantedClicks.FIELDS},
            new int[] {8, 16, 32},
            2);

    static final Sizes FULL =
        new Sizes(
            new int[] {125_000, 250_000, 500_000},
            new double[] {0.1, 1, 20},
            new int[] {10, 20, PlantedClicks.FIELDS},
            new int[] {8, 16, 32},
            3);

    static Sizes of(LearnSize size) {
      return size.name().equals(LearnSize.QUICK.name()) ? QUICK : FULL;
    }
  }

  private static final String TEST = "femto.bench.learn.GrowthTest, femto.learn.LearnerTest";
  private static final double STEP = 0.01;

  /** Epochs that touch memory which nobody has touched, and after which all is compiled. */
  private static final int WARM_UPS = 2;

  private static final double MEBIBYTE = 1 << 20;
  private static final long SEED = 1;

  private final Sizes sizes;
  private final Map<Double, PlantedClicks> tables = new HashMap<>();

  private Growth(Sizes sizes) {
    this.sizes = sizes;
  }

  /**
   * One size.
   *
   * @param rows of the table
   * @param features that they have
   * @param fields of a row
   * @param factors k
   * @param nanos of the epochs
   */
  record Point(int rows, int features, int fields, int factors, double[] nanos) {
    double seconds() {
      return Figure.of("", "", nanos).median() / 1e9;
    }

    /** Weights and states, which are all that a learner has for each feature. */
    double bytes() {
      return LearningRows.bytes(features, factors, 1);
    }

    private String label() {
      return String.format(
          Locale.ROOT, "%,d rows, %,d features, %d fields, k=%d", rows, features, fields, factors);
    }
  }

  /**
   * What came out.
   *
   * @param rows a row for each exponent
   * @param figures each size that was measured
   */
  record Outcome(List<Finding> rows, List<Figure> figures) {}

  static Outcome measure(Sizes sizes) {
    Growth growth = new Growth(sizes);
    List<Finding> rows = new ArrayList<>();
    List<Figure> figures = new ArrayList<>();
    double scale = sizes.scales()[1];
    int count = sizes.rows()[1];
    int width = PlantedClicks.FIELDS;
    int factors = sizes.factors()[1];
    growth.add(
        "rows",
        Point::rows,
        Arrays.stream(sizes.rows())
            .mapToObj(size -> growth.point(size, scale, width, factors))
            .toList(),
        rows,
        figures);
    growth.add(
        "features",
        Point::features,
        Arrays.stream(sizes.scales())
            .mapToObj(size -> growth.point(count, size, width, factors))
            .toList(),
        rows,
        figures);
    growth.add(
        "fields",
        Point::fields,
        Arrays.stream(sizes.fields())
            .mapToObj(size -> growth.point(count, scale, size, factors))
            .toList(),
        rows,
        figures);
    growth.add(
        "k",
        Point::factors,
        Arrays.stream(sizes.factors())
            .mapToObj(size -> growth.point(count, scale, width, size))
            .toList(),
        rows,
        figures);
    return new Outcome(List.copyOf(rows), List.copyOf(figures));
  }

  private void add(
      String what,
      ToDoubleFunction<Point> size,
      List<Point> points,
      List<Finding> rows,
      List<Figure> figures) {
    rows.add(finding(what, "time of an epoch", "time", size, points, Point::seconds));
    rows.add(finding(what, "memory of the learner", "memory", size, points, Point::bytes));
    for (Point point : points) {
      figures.add(
          Figure.of(
              "growth with " + what + ": " + point.label(),
              "s",
              Arrays.stream(point.nanos()).map(nanos -> nanos / 1e9).toArray()));
      figures.add(
          Figure.of(
              "growth with " + what + ": " + point.label() + ", memory",
              "MiB",
              point.bytes() / MEBIBYTE));
    }
  }

  private static Finding finding(
      String what,
      String grows,
      String id,
      ToDoubleFunction<Point> size,
      List<Point> points,
      ToDoubleFunction<Point> cost) {
    double[] sizes = points.stream().mapToDouble(size).toArray();
    double[] costs = points.stream().mapToDouble(cost).toArray();
    SimpleRegression fit = fit(sizes, costs);
    return new Finding("growth." + what + "." + id, grows + " grows with " + what, "exponent", TEST)
        .measured(fit.getSlope(), Double.NaN)
        .detail("sizes", Arrays.stream(sizes).boxed().toList())
        .detail(id.equals("time") ? "seconds" : "bytes", Arrays.stream(costs).boxed().toList())
        .detail("r_squared", fit.getRSquare())
        .informs(Double.NaN, "", false);
  }

  /** The power law cost = c * size^slope, by least squares of the logarithms. */
  static SimpleRegression fit(double[] sizes, double[] costs) {
    SimpleRegression fit = new SimpleRegression();
    for (int i = 0; i < sizes.length; i++) {
      fit.addData(Math.log(sizes[i]), Math.log(costs[i]));
    }
    return fit;
  }

  private Point point(int rows, double scale, int fields, int factors) {
    int most = scale == sizes.scales()[1] ? sizes.rows()[2] : sizes.rows()[1];
    PlantedClicks table =
        tables.computeIfAbsent(scale, many -> PlantedClicks.draw(most, false, many, SEED));
    SomeFields source = new SomeFields(table, rows, fields);
    FeatureSpace space = source.space();
    LearnerOptions options =
        new LearnerOptions(
            Loss.LOGISTIC,
            Optimizer.ADAGRAD,
            factors,
            STEP,
            1,
            0.02,
            Collections.nCopies(fields, new L2(0, 0)),
            1);
    double[] nanos = new double[sizes.rounds()];
    try (Learner learner = new Learner(space, options)) {
      for (int round = -WARM_UPS; round < nanos.length; round++) {
        long taken = new Training(1, 1, 1).run(learner, source, null, ended -> {}).best().nanos();
        if (round >= 0) {
          nanos[round] = taken;
        }
      }
    }
    return new Point(rows, space.size(), fields, factors, nanos);
  }

  /**
   * The first rows of a table with some of the fields, small and large ones alike, and the features
   * that these have.
   */
  static final class SomeFields implements ExampleSource {
    private final PlantedClicks table;
    private final int rows;
    private final int[] fields;
    private final int[] numbers;
    private final FeatureSpace space;
    private int next;

    SomeFields(PlantedClicks table, int rows, int count) {
      this.table = table;
      this.rows = rows;
      this.fields = IntStream.range(0, count).map(i -> i * PlantedClicks.FIELDS / count).toArray();
      FeatureSpace all = table.space(rows);
      boolean[] kept = new boolean[PlantedClicks.FIELDS];
      for (int field : fields) {
        kept[field] = true;
      }
      this.numbers = new int[all.size()];
      int size = 0;
      for (int feature = 0; feature < numbers.length; feature++) {
        numbers[feature] = kept[all.fieldOf(feature)] ? size++ : -1;
      }
      this.space =
          all.subset(
              Arrays.stream(fields).mapToObj(field -> all.fields().get(field).name()).toList(),
              feature -> numbers[feature] >= 0);
      this.next = rows;
    }

    FeatureSpace space() {
      return space;
    }

    @Override
    public long size() {
      return rows;
    }

    @Override
    public void start(long seed) {
      next = 0;
    }

    @Override
    public boolean next(Example into) {
      if (next == rows) {
        return false;
      }
      into.reset(table.label(next));
      for (int field : fields) {
        into.add(numbers[table.feature(next, field)], 1);
      }
      next++;
      return true;
    }
  }
}
