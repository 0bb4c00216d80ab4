package femto.policy;

import java.util.Locale;

/**
 * How a {@link Bandit} chooses among its arms. Of an arm it knows the trials n and the successes s
 * that have been reported; N are the trials of all arms. An arm that was never tried comes before
 * all others, and what is equal is chosen from at random.
 */
public sealed interface Policy {
  /** Each arm alike, for ever: the even split of an experiment that never ends. */
  record Uniform() implements Policy {
    @Override
    public String format() {
      return "uniform";
    }
  }

  /**
   * The arm with the highest s / n, but any arm with some probability (Sutton and Barto, <i>
   * Reinforcement Learning</i>, 2nd edition 2018, section 2.2).
   *
   * @param epsilon that probability, 0 to 1
   */
  record EpsilonGreedy(double epsilon) implements Policy {
    /** Checks it. */
    public EpsilonGreedy {
      require(epsilon >= 0 && epsilon <= 1, "epsilon", epsilon, "0 to 1");
    }

    @Override
    public String format() {
      return "epsilon-greedy:" + epsilon;
    }
  }

  /**
   * The same with an epsilon that falls: min(1, c K / (d^2 N)) for K arms (the epsilon_n-greedy of
   * Auer, Cesa-Bianchi and Fischer, <i>Finite-time analysis of the multiarmed bandit problem</i>,
   * Machine Learning 47, 2002, figure 3). Its regret is logarithmic if d is at most the difference
   * between the best arm and the next, and c is more than 5.
   *
   * @param c above 0
   * @param d above 0, at most 1
   */
  record EpsilonDecreasing(double c, double d) implements Policy {
    /** Checks them. */
    public EpsilonDecreasing {
      require(c > 0 && c < Double.POSITIVE_INFINITY, "c", c, "above 0");
      require(d > 0 && d <= 1, "d", d, "above 0, at most 1");
    }

    @Override
    public String format() {
      return "epsilon-decreasing:" + c + ":" + d;
    }
  }

  /**
   * The arm with the highest s / n + sqrt(2 ln N / n) (UCB1 of Auer, Cesa-Bianchi and Fischer 2002,
   * figure 1). Chooses the same arm again and again until outcomes are reported.
   */
  record Ucb1() implements Policy {
    @Override
    public String format() {
      return "ucb1";
    }
  }

  /**
   * The arm with the highest of one draw each from Beta(a + s, b + n - s), what is to be believed
   * of its rate of success (Thompson, <i>Biometrika</i> 25, 1933; Chapelle and Li, <i>An empirical
   * evaluation of Thompson sampling</i>, NIPS 2011, algorithm 2). Needs no outcome to spread its
   * choices, so it suits rewards that come late or in batches.
   *
   * @param priorSuccesses a, above 0; 1 if nothing is known
   * @param priorFailures b, above 0; 1 if nothing is known
   */
  record Thompson(double priorSuccesses, double priorFailures) implements Policy {
    /** Checks them. */
    public Thompson {
      requirePrior("priorSuccesses", priorSuccesses);
      requirePrior("priorFailures", priorFailures);
    }

    private static void requirePrior(String name, double value) {
      require(value > 0 && value < Double.POSITIVE_INFINITY, name, value, "above 0");
    }

    @Override
    public String format() {
      return "thompson:" + priorSuccesses + ":" + priorFailures;
    }
  }

  /**
   * An A/B test: each arm alike until so many outcomes are reported, and then for ever the one that
   * led.
   *
   * @param trials how many, 1 or more
   */
  record ExploreThenCommit(long trials) implements Policy {
    /** Checks it. */
    public ExploreThenCommit {
      require(trials >= 1, "trials", trials, "1 or more");
    }

    @Override
    public String format() {
      return "ab:" + trials;
    }
  }

  /**
   * Writes it as {@link #parse} reads it.
   *
   * @return its name, and its numbers after colons
   */
  String format();

  /**
   * Reads a policy: {@code uniform}, {@code epsilon-greedy[:epsilon]}, {@code
   * epsilon-decreasing[:c:d]}, {@code ucb1}, {@code thompson[:a:b]} or {@code ab:trials}. What is
   * left out is 0.1, 5 and 0.1, 1 and 1.
   *
   * @param text as above
   * @return the policy
   * @throws IllegalArgumentException if it is not one of those
   */
  static Policy parse(String text) {
    String[] parts = text.strip().toLowerCase(Locale.ROOT).split(":", -1);
    int numbers = parts.length - 1;
    try {
      return switch (parts[0] + "/" + numbers) {
        case "uniform/0" -> new Uniform();
        case "epsilon-greedy/0" -> new EpsilonGreedy(0.1);
        case "epsilon-greedy/1" -> new EpsilonGreedy(Double.parseDouble(parts[1]));
        case "epsilon-decreasing/0" -> new EpsilonDecreasing(5, 0.1);
        case "epsilon-decreasing/2" ->
            new EpsilonDecreasing(Double.parseDouble(parts[1]), Double.parseDouble(parts[2]));
        case "ucb1/0" -> new Ucb1();
        case "thompson/0" -> new Thompson(1, 1);
        case "thompson/2" ->
            new Thompson(Double.parseDouble(parts[1]), Double.parseDouble(parts[2]));
        case "ab/1" -> new ExploreThenCommit(Long.parseLong(parts[1]));
        default -> throw unknown(text);
      };
    } catch (NumberFormatException e) {
      throw unknown(text);
    }
  }

  private static IllegalArgumentException unknown(String text) {
    return new IllegalArgumentException(
        "policy \""
            + text
            + "\", expected uniform, epsilon-greedy[:epsilon], epsilon-decreasing[:c:d], ucb1,"
            + " thompson[:a:b] or ab:trials");
  }

  private static void require(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + "=" + value + ", expected " + expected);
    }
  }
}
