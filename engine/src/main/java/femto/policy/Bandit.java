package femto.policy;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;

/**
 * What is known of the arms, and the policy that chooses among them.
 *
 * <pre>{@code
 * Bandit bandit = new Bandit(new Policy.Thompson(1, 1), 3);
 * Chooser chooser = bandit.newChooser(new SplittableRandom());   // one for each thread
 * int arm = chooser.choose();                                    // serves the request
 * bandit.report(arm, clicked);                                   // by any thread, also much later
 * }</pre>
 *
 * <p>An outcome is reported once it is known: a click at once, no click when the click can no
 * longer come. Nothing is assumed of what is not reported yet.
 *
 * <p>Where arms drift, what is long ago counts less: with a discount of g an outcome counts g^m
 * after m others (Garivier and Moulines, <i>On upper-confidence bound policies for switching bandit
 * problems</i>, ALT 2011; for Thompson sampling Raj and Kalyani, <i>Taming non-stationary
 * bandits</i>, 2017), so about the last 1 / (1 - g) outcomes are what is known.
 *
 * <p>Thread-safe: any thread may report at any time; a choice is by one state of all arms.
 */
public final class Bandit {
  private static final String SCHEMA_KEY = "femto.schema";
  private static final String SCHEMA = "femto-bandit/1";
  private static final String POLICY_KEY = "femto.bandit.policy";
  private static final String DISCOUNT_KEY = "femto.bandit.discount";
  private static final String COMMITTED_KEY = "femto.bandit.committed";
  private static final String TRIALS = "trials";
  private static final String SUCCESSES = "successes";

  /** Far more than anybody compares; propensities take time of its square. */
  private static final int MOST_ARMS = 1000;

  private final Policy policy;
  private final double discount;
  private final AtomicReference<Known> known;

  /**
   * What is known at one time; not written to once made.
   *
   * @param total sum of the trials
   * @param committed the arm that an {@link Policy.ExploreThenCommit} has come to, or -1
   */
  record Known(double[] trials, double[] successes, double total, int committed) {}

  /**
   * What is known of an arm. Whole numbers unless outcomes are discounted.
   *
   * @param trials reported outcomes, n
   * @param successes those of them that were a success, s
   */
  public record Arm(double trials, double successes) {
    /**
     * The rate of success.
     *
     * @return s / n; NaN if it was never tried
     */
    public double rate() {
      return successes / trials;
    }
  }

  /**
   * Begins with nothing known, and outcomes that count for ever.
   *
   * @param policy how to choose
   * @param arms how many there are, 1 to 1000
   */
  public Bandit(Policy policy, int arms) {
    this(policy, arms, 1);
  }

  /**
   * Begins with nothing known.
   *
   * @param policy how to choose
   * @param arms how many there are, 1 to 1000
   * @param discount what an outcome counts after another one, above 0; 1 if it counts for ever
   */
  public Bandit(Policy policy, int arms, double discount) {
    this(policy, discount, new Known(new double[arms(arms)], new double[arms], 0, -1));
  }

  private Bandit(Policy policy, double discount, Known known) {
    if (!(discount > 0 && discount <= 1)) {
      throw new IllegalArgumentException("discount=" + discount + ", expected above 0, at most 1");
    }
    this.policy = policy;
    this.discount = discount;
    this.known = new AtomicReference<>(known);
  }

  private static int arms(int arms) {
    if (arms < 1 || arms > MOST_ARMS) {
      throw new IllegalArgumentException("arms=" + arms + ", expected 1 to " + MOST_ARMS);
    }
    return arms;
  }

  /**
   * How it chooses.
   *
   * @return the policy
   */
  public Policy policy() {
    return policy;
  }

  /**
   * Number of arms.
   *
   * @return 1 or more
   */
  public int arms() {
    return known.get().trials().length;
  }

  /**
   * What is known of an arm now.
   *
   * @param arm from 0
   * @return its outcomes
   * @throws IndexOutOfBoundsException if there is no such arm
   */
  public Arm arm(int arm) {
    Known now = known.get();
    return new Arm(now.trials()[arm], now.successes()[arm]);
  }

  Known known() {
    return known.get();
  }

  // ---- Choosing and reporting ----

  /**
   * Makes something that chooses.
   *
   * @param random decides ties, explores, draws; used by the chooser alone from now on
   * @return a chooser for one thread
   */
  public Chooser newChooser(RandomGenerator random) {
    return new Chooser(this, random);
  }

  /**
   * Takes an outcome.
   *
   * @param arm which arm had it, from 0
   * @param success whether it was a success
   * @throws IndexOutOfBoundsException if there is no such arm
   */
  public void report(int arm, boolean success) {
    report(arm, 1, success ? 1 : 0);
  }

  /**
   * Takes outcomes of an arm together, as if the last had come at once.
   *
   * @param arm which arm had them, from 0
   * @param trials how many, 0 or more
   * @param successes how many of them were a success; or how much in all, where one trial is worth
   *     0 to 1
   * @throws IndexOutOfBoundsException if there is no such arm
   * @throws IllegalArgumentException if there are more successes than trials, or fewer than none
   */
  public void report(int arm, double trials, double successes) {
    java.util.Objects.checkIndex(arm, arms());
    if (!(successes >= 0 && trials >= successes && trials < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          successes + " successes of " + trials + " trials, expected 0 to as many");
    }
    Known before;
    Known after;
    do {
      before = known.get();
      after = with(before, arm, trials, successes);
    } while (!known.compareAndSet(before, after));
  }

  private Known with(Known before, int arm, double trials, double successes) {
    double[] allTrials = before.trials().clone();
    double[] allSuccesses = before.successes().clone();
    if (discount < 1) {
      double left = Math.pow(discount, trials);
      for (int a = 0; a < allTrials.length; a++) {
        allTrials[a] *= left;
        allSuccesses[a] *= left;
      }
    }
    allTrials[arm] += trials;
    allSuccesses[arm] += successes;
    double total = 0;
    for (double ofArm : allTrials) {
      total += ofArm;
    }
    int committed = before.committed();
    if (committed < 0
        && policy instanceof Policy.ExploreThenCommit test
        && total >= test.trials()) {
      committed = leader(allTrials, allSuccesses);
    }
    return new Known(allTrials, allSuccesses, total, committed);
  }

  /** The first of the arms with the highest rate. */
  private static int leader(double[] trials, double[] successes) {
    int leader = 0;
    double highest = Double.NEGATIVE_INFINITY;
    for (int arm = 0; arm < trials.length; arm++) {
      double rate = trials[arm] > 0 ? successes[arm] / trials[arm] : Double.NEGATIVE_INFINITY;
      if (rate > highest) {
        highest = rate;
        leader = arm;
      }
    }
    return leader;
  }

  // ---- Going on later ----

  /**
   * Writes what is known: to a temporary name, synced, renamed.
   *
   * @param path final name of the file
   * @throws IOException if writing fails; an old file of that name is then untouched
   */
  public void write(Path path) throws IOException {
    Known now = known.get();
    new SafetensorsWriter()
        .metadata(SCHEMA_KEY, SCHEMA)
        .metadata(POLICY_KEY, policy.format())
        .metadata(DISCOUNT_KEY, Double.toString(discount))
        .metadata(COMMITTED_KEY, Integer.toString(now.committed() + 1))
        .tensor(TRIALS, Dtype.F64, MemorySegment.ofArray(now.trials()), now.trials().length)
        .tensor(SUCCESSES, Dtype.F64, MemorySegment.ofArray(now.successes()), now.trials().length)
        .write(path);
  }

  /**
   * Goes on from what {@link #write} wrote.
   *
   * @param path the file
   * @return a bandit that knows what that one knew
   * @throws MalformedFileException if it is no such file, or not whole
   * @throws IOException if it cannot be read
   */
  public static Bandit read(Path path) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.read(path)) {
      String schema = file.requireMetadata(SCHEMA_KEY);
      if (!schema.equals(SCHEMA)) {
        throw malformed(file, SCHEMA_KEY, "is \"" + schema + "\", expected \"" + SCHEMA + "\"");
      }
      double[] trials = file.require(TRIALS, Dtype.F64, -1).toArray(JAVA_DOUBLE);
      double[] successes = file.require(SUCCESSES, Dtype.F64, trials.length).toArray(JAVA_DOUBLE);
      double total = 0;
      for (int arm = 0; arm < trials.length; arm++) {
        if (!(successes[arm] >= 0
            && trials[arm] >= successes[arm]
            && trials[arm] < Double.POSITIVE_INFINITY)) {
          throw new MalformedFileException(
              path,
              "tensor " + SUCCESSES,
              "arm %d has %s successes of %s trials, expected 0 to as many"
                  .formatted(arm, successes[arm], trials[arm]));
        }
        total += trials[arm];
      }
      long committed = file.requireCount(COMMITTED_KEY);
      if (committed > arms(trials.length)) {
        throw malformed(file, COMMITTED_KEY, "is " + committed + ", of " + trials.length + " arms");
      }
      return new Bandit(
          Policy.parse(file.requireMetadata(POLICY_KEY)),
          Double.parseDouble(file.requireMetadata(DISCOUNT_KEY)),
          new Known(trials, successes, total, (int) committed - 1));
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(path, "metadata", String.valueOf(e.getMessage()));
    }
  }

  private static MalformedFileException malformed(
      SafetensorsFile file, String key, String problem) {
    return new MalformedFileException(file.path(), "metadata " + key, problem);
  }
}
