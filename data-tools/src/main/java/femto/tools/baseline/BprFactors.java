package femto.tools.baseline;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Matrix factorization learned from pairs of an item that the user likes and one that the user does
 * not (BPR-MF: Rendle, Freudenthaler, Gantner and Schmidt-Thieme, <i>BPR: Bayesian personalized
 * ranking from implicit feedback</i>, UAI 2009): stochastic gradient steps on
 *
 * <pre>
 *   -ln sigmoid(x_ui - x_uj) + regularisation,   x_ui = b_i + sum over f of p_uf q_if
 * </pre>
 *
 * where i is drawn from all likes and j the hardest, the one of the highest score, of some items
 * that are drawn evenly among those that u does not like (as in dynamic negative sampling: Zhang,
 * Chen, Wang and Yu, SIGIR 2013; one of them is plain BPR). The step size falls linearly to a
 * tenth.
 *
 * <p>One thread, so one seed gives one result.
 */
public final class BprFactors implements ItemScores {
  private static final double LEAST_STEP = 0.1;
  private static final int MOST_DRAWS = 100;

  private final Interactions likes;
  private final int factors;
  private final float[] users;
  private final float[] items;
  private final float[] biases;

  /**
   * How it learns.
   *
   * @param factors numbers of each user and each item, 1 or more
   * @param epochs passes over as many pairs as there are likes, 1 or more
   * @param stepSize first step size, above 0
   * @param l2 regularisation, 0 or more
   * @param negatives items that the hardest is taken of, 1 or more
   * @param seed decides the start and all draws
   */
  public record Settings(
      int factors, int epochs, double stepSize, double l2, int negatives, long seed) {
    /** Checks them. */
    public Settings {
      if (factors < 1 || epochs < 1 || !(stepSize > 0) || !(l2 >= 0) || negatives < 1) {
        throw new IllegalArgumentException(
            "factors=%d epochs=%d stepSize=%s l2=%s negatives=%d, expected 1, 1, above 0, 0, 1"
                .formatted(factors, epochs, stepSize, l2, negatives));
      }
    }
  }

  private BprFactors(Interactions likes, int factors, SplittableRandom random) {
    this.likes = likes;
    this.factors = factors;
    this.users = start(likes.userCount() * factors, factors, random);
    this.items = start(likes.itemCount() * factors, factors, random);
    this.biases = new float[likes.itemCount()];
  }

  private static float[] start(int size, int factors, SplittableRandom random) {
    float[] numbers = new float[size];
    for (int i = 0; i < size; i++) {
      numbers[i] = (float) (random.nextGaussian() * 0.1 / Math.sqrt(factors));
    }
    return numbers;
  }

  /**
   * Fits.
   *
   * @param likes who liked what, in training
   * @param settings how
   * @return the recommender
   */
  public static BprFactors fit(Interactions likes, Settings settings) {
    SplittableRandom random = new SplittableRandom(settings.seed());
    BprFactors fitted = new BprFactors(likes, settings.factors(), random);
    fitted.learn(settings, random);
    return fitted;
  }

  private void learn(Settings settings, SplittableRandom random) {
    int count = 0;
    for (int user = 0; user < likes.userCount(); user++) {
      count += likes.itemsOf(user).length;
    }
    int[] userOf = new int[count];
    int[] itemOf = new int[count];
    int at = 0;
    for (int user = 0; user < likes.userCount(); user++) {
      for (int item : likes.itemsOf(user)) {
        userOf[at] = user;
        itemOf[at++] = item;
      }
    }
    long steps = (long) settings.epochs() * count;
    for (long step = 0; step < steps; step++) {
      int like = random.nextInt(count);
      int user = userOf[like];
      int negative = hardest(user, settings.negatives(), random);
      if (negative >= 0) {
        double left = 1 - (1 - LEAST_STEP) * step / steps;
        step(user, itemOf[like], negative, (float) (settings.stepSize() * left), settings);
      }
    }
  }

  /** -1 for a user who likes nearly everything. */
  private int hardest(int user, int wanted, SplittableRandom random) {
    int best = -1;
    float highest = 0;
    int drawn = 0;
    for (int draw = 0; draw < MOST_DRAWS && drawn < wanted; draw++) {
      int item = random.nextInt(biases.length);
      if (!likes.contains(user, item)) {
        float score = wanted == 1 ? 0 : score(user, item);
        if (best < 0 || score > highest) {
          best = item;
          highest = score;
        }
        drawn++;
      }
    }
    return best;
  }

  /** In lanes, whose sums do not wait for one another. */
  private float score(int user, int item) {
    float s0 = biases[item];
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int u = user * factors;
    int i = item * factors;
    int f = 0;
    for (; f + 3 < factors; f += 4) {
      s0 += users[u + f] * items[i + f];
      s1 += users[u + f + 1] * items[i + f + 1];
      s2 += users[u + f + 2] * items[i + f + 2];
      s3 += users[u + f + 3] * items[i + f + 3];
    }
    for (; f < factors; f++) {
      s0 += users[u + f] * items[i + f];
    }
    return s0 + s1 + (s2 + s3);
  }

  private void step(int user, int liked, int other, float stepSize, Settings settings) {
    float l2 = (float) settings.l2();
    float slope = (float) (1 / (1 + Math.exp((double) score(user, liked) - score(user, other))));
    biases[liked] += stepSize * (slope - l2 * biases[liked]);
    biases[other] += stepSize * (-slope - l2 * biases[other]);
    int u = user * factors;
    int i = liked * factors;
    int j = other * factors;
    for (int f = 0; f < factors; f++) {
      float p = users[u + f];
      float q = items[i + f];
      float r = items[j + f];
      users[u + f] += stepSize * (slope * (q - r) - l2 * p);
      items[i + f] += stepSize * (slope * p - l2 * q);
      items[j + f] += stepSize * (-slope * p - l2 * r);
    }
  }

  @Override
  public float[][] itemFactors() {
    float[][] vectors = new float[biases.length][];
    Arrays.setAll(vectors, item -> Arrays.copyOfRange(items, item * factors, (item + 1) * factors));
    return vectors;
  }

  @Override
  public int items() {
    return biases.length;
  }

  @Override
  public void score(int user, float[] scores) {
    for (int item = 0; item < biases.length; item++) {
      scores[item] = score(user, item);
    }
  }
}
