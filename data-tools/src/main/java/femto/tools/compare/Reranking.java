package femto.tools.compare;

import femto.model.Field;
import femto.model.Side;
import femto.tools.baseline.Recommender;
import femto.tools.data.DataSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What changes the lists of a recommender so that they hold more different things. It looks at the
 * first {@value #POOL} of a list.
 */
public interface Reranking {
  /** How many of a list it may choose from. */
  int POOL = 100;

  /**
   * Changes the lists of a recommender.
   *
   * @param recommender makes the lists; it must stay open
   * @param cosines how like items are by their users
   * @param data the data set
   * @return makes the changed lists; closing it does nothing
   */
  Recommender of(Recommender recommender, ItemCosines cosines, DataSet data);

  /**
   * Whether it can be done with a data set.
   *
   * @param data the data set
   * @throws IllegalArgumentException if not; the message says why, and what can
   */
  default void check(DataSet data) {}

  /**
   * Reads what people write: {@code mmr:0.7} or {@code cap:genre:3}.
   *
   * @param text the text
   * @return what it says
   * @throws IllegalArgumentException if it says nothing that is known; the message lists what is
   */
  static Reranking parse(String text) {
    String[] parts = text.strip().split(":", -1);
    try {
      if (parts.length == 2 && parts[0].equalsIgnoreCase("mmr")) {
        return new Mmr(Double.parseDouble(parts[1]));
      }
      if (parts.length == 3 && parts[0].equalsIgnoreCase("cap")) {
        return new Cap(parts[1], Integer.parseInt(parts[2]));
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "\""
            + text
            + "\", expected mmr:LAMBDA, such as mmr:0.7, or cap:FIELD:N, such as cap:genre:3");
  }

  /**
   * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): one after the other the item
   * of the highest
   *
   * <pre>lambda relevance - (1 - lambda) highest cosine with those already chosen</pre>
   *
   * where the relevance is the score, from 0 for the last of the pool to 1 for its first, and the
   * cosine is that of the factors that the recommender has learned of the items; of one that learns
   * none, that of the items' users.
   *
   * @param lambda 1 leaves the list as it is, 0 looks at nothing but how different items are
   */
  record Mmr(double lambda) implements Reranking {
    /** Checks it. */
    public Mmr {
      if (!(lambda >= 0 && lambda <= 1)) {
        throw new IllegalArgumentException("lambda=" + lambda + ", expected 0 to 1");
      }
    }

    @Override
    public Recommender of(Recommender recommender, ItemCosines cosines, DataSet data) {
      Likeness likeness = Likeness.of(recommender, cosines);
      return new Pooled(recommender, (pool, scores, k) -> choose(pool, scores, k, likeness));
    }

    private int[] choose(int[] pool, float[] scores, int k, Likeness likeness) {
      double span = (double) scores[0] - scores[pool.length - 1];
      double[] nearest = new double[pool.length]; // highest cosine with what is chosen
      Arrays.fill(nearest, Double.NEGATIVE_INFINITY);
      boolean[] chosen = new boolean[pool.length];
      int[] places = new int[Math.min(k, pool.length)];
      for (int rank = 0; rank < places.length; rank++) {
        int best = -1;
        double highest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < pool.length; i++) {
          double relevance = span > 0 ? ((double) scores[i] - scores[pool.length - 1]) / span : 1;
          double like = rank == 0 || lambda == 1 ? 0 : nearest[i];
          double value = lambda * relevance - (1 - lambda) * like;
          if (!chosen[i] && value > highest) { // of equals the first of the pool
            best = i;
            highest = value;
          }
        }
        chosen[best] = true;
        places[rank] = best;
        for (int i = 0; i < pool.length && lambda < 1; i++) {
          nearest[i] = Math.max(nearest[i], likeness.of(pool[i], pool[best]));
        }
      }
      return places;
    }

    @Override
    public String toString() {
      return "mmr:" + number(lambda);
    }

    private static String number(double value) {
      return String.format(Locale.ROOT, "%s", value).replaceFirst("\\.0$", "");
    }
  }

  /**
   * At most so many items of a list have the same value of a field; an item that has several values
   * counts for each. Where too few are left, the list is filled up with the best of the others.
   *
   * @param field name of a field of candidates, such as genre
   * @param most how many, 1 or more
   */
  record Cap(String field, int most) implements Reranking {
    /** Checks it. */
    public Cap {
      if (most < 1) {
        throw new IllegalArgumentException("cap " + most + ", expected 1 or more");
      }
    }

    @Override
    public Recommender of(Recommender recommender, ItemCosines cosines, DataSet data) {
      int[][] values = values(data);
      return new Pooled(recommender, (pool, scores, k) -> choose(pool, k, values));
    }

    @Override
    public void check(DataSet data) {
      int index = data.features().fieldIndex(field);
      if (index < 0 || data.features().fields().get(index).side() != Side.CANDIDATE) {
        throw new IllegalArgumentException(
            "the items of the data set have no field \""
                + field
                + "\", expected one of "
                + data.features().fields().stream()
                    .filter(known -> known.side() == Side.CANDIDATE)
                    .map(Field::name)
                    .toList());
      }
    }

    /** The values of the field that each candidate has. */
    private int[][] values(DataSet data) {
      check(data);
      int index = data.features().fieldIndex(field);
      int[][] values = new int[data.candidates().rows()][];
      for (int item = 0; item < values.length; item++) {
        List<Integer> ofItem = new ArrayList<>();
        for (long at = data.candidates().offset(item);
            at < data.candidates().offset(item + 1);
            at++) {
          int feature = data.candidates().feature(at);
          if (data.features().fieldOf(feature) == index) {
            ofItem.add(feature);
          }
        }
        values[item] = ofItem.stream().mapToInt(Integer::intValue).toArray();
      }
      return values;
    }

    private int[] choose(int[] pool, int k, int[][] values) {
      int wanted = Math.min(k, pool.length);
      java.util.Map<Integer, Integer> counts = new java.util.HashMap<>();
      List<Integer> chosen = new ArrayList<>();
      List<Integer> others = new ArrayList<>();
      for (int place = 0; place < pool.length; place++) {
        int[] ofItem = values[pool[place]];
        boolean fits =
            Arrays.stream(ofItem).allMatch(value -> counts.getOrDefault(value, 0) < most);
        if (fits && chosen.size() < wanted) {
          chosen.add(place);
          Arrays.stream(ofItem).forEach(value -> counts.merge(value, 1, Integer::sum));
        } else {
          others.add(place);
        }
      }
      for (int i = 0; chosen.size() < wanted; i++) {
        chosen.add(others.get(i));
      }
      return chosen.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public String toString() {
      return "cap:" + field + ":" + most;
    }
  }
}
