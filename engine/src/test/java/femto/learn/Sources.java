package femto.learn;

import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.PlainFm;
import femto.model.Side;
import femto.model.TestModels;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Examples for the tests. */
final class Sources {
  /** user 0-5, movie 6-11, genres 12-15 (multi-hot). */
  static final FeatureSpace SPACE =
      TestModels.space(
          List.of(
              Field.oneHot("user", Side.CONTEXT),
              Field.oneHot("movie", Side.CANDIDATE),
              Field.multiHot("genres", Side.CANDIDATE)),
          6,
          6,
          4);

  private Sources() {}

  record Plain(int[] features, float[] x, float label) {
    Example toExample() {
      Example example = new Example();
      fill(example);
      return example;
    }

    void fill(Example into) {
      into.reset(label);
      for (int i = 0; i < features.length; i++) {
        into.add(features[i], x[i]);
      }
    }
  }

  /** Examples whose labels come from a planted factorization machine. */
  static List<Plain> planted(long seed, int count, Loss loss) {
    PlainFm truth = PlainFm.random(new Random(99), SPACE.size(), 2, 0.8);
    Random random = new Random(seed);
    List<Plain> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int genre = random.nextInt(3);
      int[] features = {
        random.nextInt(6), 6 + random.nextInt(6), 12 + genre, 13 + genre + random.nextInt(3 - genre)
      };
      float[] x = {1, 1, 0.5f, 0.5f};
      double score = truth.score(features, x);
      float label =
          loss == Loss.SQUARED
              ? (float) (score + 0.1 * random.nextGaussian())
              : random.nextDouble() < 1 / (1 + Math.exp(-2 * score)) ? 1f : 0f;
      examples.add(new Plain(features, x, label));
    }
    return examples;
  }

  /** Reads a list, in an order that the seed decides. */
  static final class ListSource implements ExampleSource {
    private final List<Plain> examples;
    final List<Long> seeds = new ArrayList<>();
    private List<Plain> order = List.of();
    private int at;

    ListSource(List<Plain> examples) {
      this.examples = examples;
    }

    @Override
    public long size() {
      return examples.size();
    }

    @Override
    public void start(long seed) {
      seeds.add(seed);
      order = new ArrayList<>(examples);
      java.util.Collections.shuffle(order, new Random(seed));
      at = 0;
    }

    @Override
    public boolean next(Example into) {
      if (at == order.size()) {
        return false;
      }
      order.get(at++).fill(into);
      return true;
    }
  }

  static LearnerOptions options(Loss loss, Optimizer optimizer, int k, double step, double l2) {
    List<LearnerOptions.L2> penalty = new ArrayList<>();
    for (int field = 0; field < SPACE.fields().size(); field++) {
      penalty.add(new LearnerOptions.L2(l2 * (field + 1), l2 * (field + 2)));
    }
    return new LearnerOptions(loss, optimizer, k, step, 0.1, 0.2, penalty, 7);
  }
}
