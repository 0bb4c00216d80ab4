package femto.tools.live;

import femto.model.FeatureRows;
import femto.score.Scorer;
import femto.swap.Lease;
import femto.swap.LiveModel;
import femto.swap.LiveScorer;
import femto.tools.data.DataSet;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/**
 * Ranks for one context after another, each at the time it is due. How long a request takes counts
 * from then, so that those that had to wait for a slow one count as slow too. One owner at a time.
 */
final class RequestThread implements AutoCloseable {
  private static final long LONGEST_NANOS = 60_000_000_000L;
  private static final int DIGITS = 3;

  private final LiveScorer reader;
  private final FeatureRows contexts;
  private final VersionCheck check;
  private final SplittableRandom random;
  private final int[] indexes = new int[HotSwap.TOP];
  private final float[] scores = new float[HotSwap.TOP];
  private final Histogram quiet = new Histogram(LONGEST_NANOS, DIGITS);
  private final Histogram publishing = new Histogram(LONGEST_NANOS, DIGITS);
  private final BitSet versions = new BitSet();
  private long requests;
  private long newest;
  private long checked;
  private long torn;

  RequestThread(LiveModel live, DataSet data, int number, long seed) {
    this.reader = live.newScorer("scorer-" + number);
    this.contexts = data.contexts();
    this.check = new VersionCheck(data.contexts(), data.candidates());
    this.random = new SplittableRandom(seed);
  }

  /**
   * Serves as fast as it can from the beginning of a plan to its end.
   *
   * @return how many requests a second that is while versions are published, in the second half of
   *     the plan: in the first the code may not be compiled
   */
  double serveFast(Plan plan) {
    long served = 0;
    long half = plan.windowBegin(Plan.WINDOWS / 2);
    for (long now = System.nanoTime(); now - plan.end() < 0; now = serve()) {
      served += now - half >= 0 && plan.isPublishing(now) ? 1 : 0;
    }
    return served / (plan.publishingSeconds() / 2);
  }

  /** Serves one request after another from the beginning of a plan to its end. */
  RequestThread serve(Plan plan, long offsetNanos, double nanosBetween) {
    long due = plan.begin() + offsetNanos;
    for (long request = 1; due - plan.end() < 0; request++) {
      long now = System.nanoTime();
      while (now - due < 0) {
        Thread.onSpinWait();
        now = System.nanoTime();
      }
      // Whoever was not served when the plan ends has waited until then.
      long done = now - plan.end() < 0 ? serve() : plan.end();
      Histogram times = plan.isPublishing(due) ? publishing : quiet;
      times.recordValue(Math.clamp(done - due, 0, LONGEST_NANOS));
      due = plan.begin() + offsetNanos + (long) (request * nanosBetween);
    }
    return this;
  }

  /** Serves a request; returns when it was done, without the check. */
  private long serve() {
    try (Lease lease = reader.lease()) {
      Scorer scorer = lease.scorer();
      int context = random.nextInt(contexts.rows());
      scorer.fold(contexts, context);
      int found = scorer.top(HotSwap.TOP, null, indexes, scores);
      final long done = System.nanoTime();
      long version = lease.version();
      torn += version < newest ? 1 : 0;
      newest = version;
      versions.set((int) version);
      if (requests++ % HotSwap.CHECKED == 0 && found > 0) {
        int place = random.nextInt(found);
        float again = check.score(scorer.snapshot(), context, indexes[place]);
        checked++;
        torn += Float.floatToRawIntBits(again) == Float.floatToRawIntBits(scores[place]) ? 0 : 1;
      }
      return done;
    }
  }

  Histogram quiet() {
    return quiet;
  }

  Histogram publishing() {
    return publishing;
  }

  BitSet versions() {
    return versions;
  }

  long checked() {
    return checked;
  }

  long torn() {
    return torn;
  }

  @Override
  public void close() {
    reader.close();
  }
}
