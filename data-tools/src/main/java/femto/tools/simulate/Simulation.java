package femto.tools.simulate;

import femto.policy.Bandit;
import femto.policy.Chooser;
import femto.policy.Policy;
import femto.tools.experiment.Mean;
import femto.tools.train.Parallel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Policies that compete on arms of known rates, each many times over.
 *
 * <p>The regret of a policy is what it lost against always knowing the best arm, by the rates and
 * not by the successes that came: the sum over rounds of the best rate less that of the arm chosen
 * (the pseudo-regret of Bubeck and Cesa-Bianchi, <i>Regret analysis of stochastic and nonstochastic
 * multi-armed bandit problems</i>, 2012, section 1.2). Repetitions are seeded one by one, so the
 * figures are the same on any number of threads.
 *
 * @param rates probability of a success of each arm
 * @param rounds choices in a repetition
 * @param repetitions how often each policy begins anew
 * @param seed decides everything
 * @param delay rounds until the outcome of one is known, 0 or more
 * @param batch outcomes are reported after so many rounds, together
 * @param discount as {@link Bandit} takes it
 */
public record Simulation(
    double[] rates, int rounds, int repetitions, long seed, int delay, int batch, double discount) {
  /** Points of a curve, if there are as many rounds. */
  private static final int POINTS = 100;

  private static final int LAST_PART = 10;

  /**
   * Checks it.
   *
   * @throws IllegalArgumentException if a number is out of its range
   */
  public Simulation {
    require(rates.length >= 2, "arms=" + rates.length + ", expected 2 or more");
    for (double rate : rates) {
      require(rate >= 0 && rate <= 1, "a rate of " + rate + ", expected 0 to 1");
    }
    require(rounds >= LAST_PART, "rounds=" + rounds + ", expected " + LAST_PART + " or more");
    require(repetitions >= 1, "repetitions=" + repetitions + ", expected 1 or more");
    require(delay >= 0, "delay=" + delay + ", expected 0 or more");
    require(batch >= 1, "batch=" + batch + ", expected 1 or more");
    require(
        discount > 0 && discount <= 1, "discount=" + discount + ", expected above 0, at most 1");
    rates = rates.clone();
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }

  /**
   * How a policy did.
   *
   * @param policy the policy
   * @param regret what it lost in all rounds
   * @param bestShare part of the choices that were a best arm, in the last tenth of the rounds
   * @param shares part of all choices that were each arm
   * @param at rounds after which the curve is known
   * @param curve regret until then
   */
  public record Outcome(
      Policy policy, Mean regret, Mean bestShare, double[] shares, int[] at, List<Mean> curve) {}

  /** Is told of each decision of a repetition, once its outcome is there. */
  @FunctionalInterface
  public interface DecisionLog {
    /**
     * Takes a decision.
     *
     * @param round from 0
     * @param arm what was chosen
     * @param propensity gives the probability that it had, which may take a while; during the call
     *     only
     * @param success how it ended
     */
    void decided(int round, int arm, DoubleSupplier propensity, boolean success);
  }

  /** One repetition. */
  private record Repetition(double[] regretAt, double bestShare, long[] chosen) {}

  /**
   * Lets policies compete.
   *
   * @param policies the policies
   * @param threads how many repetitions at a time
   * @param done is told of each repetition that has ended
   * @return one outcome for each policy
   */
  public List<Outcome> run(List<Policy> policies, int threads, Runnable done) {
    int[] at = points();
    try (Parallel<Repetition> all = new Parallel<>(threads)) {
      for (Policy policy : policies) {
        // The same repetition of all policies draws from one seed: what differs is the policy.
        SplittableRandom seeds = new SplittableRandom(seed);
        for (int i = 0; i < repetitions; i++) {
          SplittableRandom random = seeds.split();
          all.submit(
              () -> {
                Repetition repetition = repeat(policy, random, at, null);
                done.run();
                return repetition;
              });
        }
      }
      List<Repetition> repeated = all.join();
      List<Outcome> outcomes = new ArrayList<>();
      for (int p = 0; p < policies.size(); p++) {
        int first = p * repetitions;
        outcomes.add(outcome(policies.get(p), at, repeated.subList(first, first + repetitions)));
      }
      return outcomes;
    }
  }

  /**
   * The first repetition of a policy once more, decision by decision.
   *
   * @param policy the policy
   * @param log is told of each
   */
  public void replay(Policy policy, DecisionLog log) {
    repeat(policy, new SplittableRandom(seed).split(), points(), log);
  }

  private int[] points() {
    int count = Math.min(POINTS, rounds);
    int[] at = new int[count];
    Arrays.setAll(at, i -> (int) ((i + 1L) * rounds / count));
    return at;
  }

  private double best() {
    return Arrays.stream(rates).max().orElseThrow();
  }

  private Repetition repeat(
      Policy policy, SplittableRandom random, int[] at, @Nullable DecisionLog log) {
    Bandit bandit = new Bandit(policy, rates.length, discount);
    RandomGenerator answers = random.split();
    Chooser chooser = bandit.newChooser(random);
    int[] arms = new int[rounds];
    boolean[] successes = new boolean[rounds];
    double[] regretAt = new double[at.length];
    long[] chosen = new long[rates.length];
    double best = best();
    double regret = 0;
    int reported = 0;
    int point = 0;
    int bestInLastPart = 0;
    int lastPart = rounds - rounds / LAST_PART;
    for (int round = 0; round < rounds; round++) {
      int arm = chooser.choose();
      arms[round] = arm;
      successes[round] = answers.nextDouble() < rates[arm];
      chosen[arm]++;
      if (log != null) {
        log.decided(round, arm, chooser::propensity, successes[round]);
      }
      regret += best - rates[arm];
      bestInLastPart += round >= lastPart && rates[arm] == best ? 1 : 0;
      if (round + 1 == at[point]) {
        regretAt[point++] = regret;
      }
      if ((round + 1) % batch == 0) {
        for (; reported <= round - delay; reported++) {
          bandit.report(arms[reported], successes[reported]);
        }
      }
    }
    return new Repetition(regretAt, bestInLastPart / (double) (rounds - lastPart), chosen);
  }

  private Outcome outcome(Policy policy, int[] at, List<Repetition> repeated) {
    List<Mean> curve = new ArrayList<>();
    for (int point = 0; point < at.length; point++) {
      int p = point;
      curve.add(Mean.of(repeated.stream().mapToDouble(r -> r.regretAt()[p]).toArray()));
    }
    double[] shares = new double[rates.length];
    for (Repetition repetition : repeated) {
      for (int arm = 0; arm < shares.length; arm++) {
        shares[arm] += repetition.chosen()[arm] / ((double) rounds * repetitions);
      }
    }
    return new Outcome(
        policy,
        curve.get(curve.size() - 1),
        Mean.of(repeated.stream().mapToDouble(Repetition::bestShare).toArray()),
        shares,
        at,
        curve);
  }
}
