package femto.policy;

import java.util.Arrays;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Chooses arms of a {@link Bandit} for one thread. Choosing allocates nothing and waits for nobody.
 * One owner at a time.
 */
public final class Chooser {
  /** Quantiles of each arm at which the integral of the propensities is cut into pieces. */
  private static final double[] CUTS = {1e-9, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 1 - 1e-4, 1 - 1e-9};

  /** Of Gauss and Legendre, for 8 places; the other half are the negative ones. */
  private static final double[] NODES = {
    0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363
  };

  private static final double[] NODE_WEIGHTS = {
    0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763
  };

  private final Bandit bandit;
  private final RandomGenerator random;
  private final int arms;
  private final double[] scratch;
  private Bandit.@Nullable Known known;
  private int chosen = -1;
  private @Nullable Integral integral;

  Chooser(Bandit bandit, RandomGenerator random) {
    this.bandit = bandit;
    this.random = random;
    this.arms = bandit.arms();
    this.scratch = new double[arms];
  }

  /**
   * Chooses.
   *
   * @return the arm to serve, from 0
   */
  public int choose() {
    Bandit.Known now = bandit.known();
    known = now;
    Policy policy = bandit.policy();
    if (policy instanceof Policy.Thompson thompson) {
      chosen = highestDraw(now, thompson);
    } else if (policy instanceof Policy.Ucb1) {
      chosen = highest(now, true);
    } else {
      double exploring = exploring(now, policy);
      chosen =
          exploring >= 1 || (exploring > 0 && random.nextDouble() < exploring)
              ? random.nextInt(arms)
              : now.committed() >= 0 ? now.committed() : highest(now, false);
    }
    return chosen;
  }

  /** The probability of any arm, whatever is known of it. */
  private double exploring(Bandit.Known now, Policy policy) {
    if (policy instanceof Policy.EpsilonGreedy greedy) {
      return greedy.epsilon();
    }
    if (policy instanceof Policy.EpsilonDecreasing decreasing) {
      double d = decreasing.d();
      return Math.min(1, decreasing.c() * arms / (d * d * Math.max(1, now.total())));
    }
    if (policy instanceof Policy.ExploreThenCommit) {
      return now.committed() >= 0 ? 0 : 1;
    }
    return 1;
  }

  private int highestDraw(Bandit.Known now, Policy.Thompson thompson) {
    int best = 0;
    double highest = Double.NEGATIVE_INFINITY;
    int equals = 0;
    for (int arm = 0; arm < arms; arm++) {
      double s = now.successes()[arm];
      double draw =
          BetaDistribution.draw(
              thompson.priorSuccesses() + s,
              thompson.priorFailures() + now.trials()[arm] - s,
              random);
      if (draw > highest) {
        highest = draw;
        best = arm;
        equals = 1;
      } else if (draw == highest && random.nextInt(++equals) == 0) {
        best = arm;
      }
    }
    return best;
  }

  /** One of the arms of the highest index, at random. */
  private int highest(Bandit.Known now, boolean bonus) {
    int best = 0;
    double highest = Double.NEGATIVE_INFINITY;
    int equals = 0;
    for (int arm = 0; arm < arms; arm++) {
      double index = index(now, arm, bonus);
      if (index > highest) {
        highest = index;
        best = arm;
        equals = 1;
      } else if (index == highest && random.nextInt(++equals) == 0) {
        best = arm;
      }
    }
    return best;
  }

  private static double index(Bandit.Known now, int arm, boolean bonus) {
    double n = now.trials()[arm];
    if (n <= 0) {
      return Double.POSITIVE_INFINITY;
    }
    double rate = now.successes()[arm] / n;
    return bonus ? rate + Math.sqrt(2 * Math.log(Math.max(1, now.total())) / n) : rate;
  }

  // ---- Propensities ----

  /**
   * The probability that the last choice had, for estimates from logs: of the arm that was chosen,
   * by what was known then.
   *
   * @return above 0, at most 1
   * @throws IllegalStateException if nothing was chosen yet
   */
  public double propensity() {
    propensities(scratch);
    return scratch[chosen];
  }

  /**
   * The probabilities that all arms had in the last choice. Those of {@link Policy.Thompson} are an
   * integral, which takes some tenths of a millisecond for a few arms.
   *
   * @param into receives one for each arm; they sum to 1
   * @throws IllegalStateException if nothing was chosen yet
   */
  public void propensities(double[] into) {
    Bandit.Known then = known;
    if (then == null) {
      throw new IllegalStateException("nothing was chosen yet, expected choose() before");
    }
    Objects.checkFromIndexSize(0, arms, into.length);
    Policy policy = bandit.policy();
    if (policy instanceof Policy.Thompson thompson) {
      Integral of = integral;
      if (of == null) {
        of = new Integral(arms);
        integral = of;
      }
      of.compute(then, thompson, into);
      return;
    }
    boolean bonus = policy instanceof Policy.Ucb1;
    double exploring = bonus ? 0 : exploring(then, policy);
    Arrays.fill(into, 0, arms, exploring / arms);
    if (exploring >= 1) {
      return;
    }
    if (then.committed() >= 0) {
      into[then.committed()] += 1 - exploring;
      return;
    }
    double highest = Double.NEGATIVE_INFINITY;
    int equals = 0;
    for (int arm = 0; arm < arms; arm++) {
      double index = index(then, arm, bonus);
      equals = index > highest ? 1 : index == highest ? equals + 1 : equals;
      highest = Math.max(highest, index);
    }
    for (int arm = 0; arm < arms; arm++) {
      if (index(then, arm, bonus) == highest) {
        into[arm] += (1 - exploring) / equals;
      }
    }
  }

  /**
   * The probability that an arm has the highest draw: the integral of its density times the
   * cumulatives of all others, piece by piece, with pieces as small as any arm's quantiles ask for.
   */
  private static final class Integral {
    private final int arms;
    private final double[] a;
    private final double[] b;
    private final double[] logBeta;
    private final double[] cuts;
    private final double[] cumulative;

    Integral(int arms) {
      this.arms = arms;
      this.a = new double[arms];
      this.b = new double[arms];
      this.logBeta = new double[arms];
      this.cuts = new double[arms * CUTS.length + 2];
      this.cumulative = new double[arms];
    }

    void compute(Bandit.Known known, Policy.Thompson prior, double[] into) {
      int count = 0;
      for (int arm = 0; arm < arms; arm++) {
        double s = known.successes()[arm];
        a[arm] = prior.priorSuccesses() + s;
        b[arm] = prior.priorFailures() + known.trials()[arm] - s;
        logBeta[arm] = BetaDistribution.logBeta(a[arm], b[arm]);
        for (double cut : CUTS) {
          cuts[count++] = BetaDistribution.quantile(a[arm], b[arm], logBeta[arm], cut);
        }
      }
      cuts[count++] = 0;
      cuts[count++] = 1;
      Arrays.sort(cuts);
      Arrays.fill(into, 0, arms, 0);
      for (int i = 1; i < count; i++) {
        add(cuts[i - 1], cuts[i], into);
      }
      double sum = 0;
      for (int arm = 0; arm < arms; arm++) {
        sum += into[arm];
      }
      for (int arm = 0; arm < arms; arm++) {
        into[arm] /= sum;
      }
    }

    private void add(double from, double to, double[] into) {
      double half = (to - from) / 2;
      if (half <= 0) {
        return;
      }
      double middle = (from + to) / 2;
      for (int node = 0; node < NODES.length; node++) {
        double weight = half * NODE_WEIGHTS[node];
        addAt(middle - half * NODES[node], weight, into);
        addAt(middle + half * NODES[node], weight, into);
      }
    }

    private void addAt(double x, double weight, double[] into) {
      if (x <= 0 || x >= 1) {
        return;
      }
      for (int arm = 0; arm < arms; arm++) {
        cumulative[arm] = BetaDistribution.cumulative(a[arm], b[arm], logBeta[arm], x);
      }
      for (int arm = 0; arm < arms; arm++) {
        double value = weight * BetaDistribution.density(a[arm], b[arm], logBeta[arm], x);
        for (int other = 0; other < arms && value > 0; other++) {
          value *= other == arm ? 1 : cumulative[other];
        }
        into[arm] += value;
      }
    }
  }
}
