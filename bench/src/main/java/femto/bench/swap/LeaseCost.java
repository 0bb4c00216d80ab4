package femto.bench.swap;

import com.sun.management.ThreadMXBean;
import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.swap.Lease;
import femto.swap.LiveModel;
import femto.swap.LiveScorer;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Beginning and ending a lease, beside three uncontended atomic exchanges, in turn. */
final class LeaseCost {
  static final double AIM_NANOS = 20;
  private static final int EXCHANGES = 3;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** As many as take some milliseconds. */
  private static final int CALLS = 500_000;

  private final AtomicLong exchanged = new AtomicLong();
  private final LiveScorer reader;

  private LeaseCost(LiveScorer reader) {
    this.reader = reader;
  }

  /**
   * Nanoseconds a lease and three exchanges in each round, and the bytes that a lease allocated.
   */
  record Outcome(double[] leases, double[] exchanges, double bytesALease) {
    List<Figure> figures() {
      return List.of(
          Figure.of("Femto lease", "ns", leases),
          Figure.of("three uncontended atomic exchanges", "ns", exchanges));
    }

    /** The aim is the greater of the two bounds. */
    Finding finding() {
      double lease = figures().get(0).median();
      double limit = figures().get(1).median();
      boolean isSlow = limit > AIM_NANOS;
      return new Finding(
              "lease",
              "a lease, begun and ended",
              "ns",
              "femto.bench.swap.LeaseCostTest, femto.swap.PublicationTest")
          .measured(lease, limit)
          .allocates(bytesALease)
          .detail("ratio_to_three_exchanges", lease / limit)
          .holds(
              lease / Math.max(AIM_NANOS, limit),
              isSlow ? "three uncontended atomic exchanges" : "20 ns",
              1);
    }
  }

  static Outcome measure(LiveModel live, int rounds) {
    try (LiveScorer reader = live.newScorer("bench-lease")) {
      LeaseCost cost = new LeaseCost(reader);
      for (int i = 0; i < 5; i++) { // compiled after that
        cost.leases();
        cost.exchanges();
      }
      double[] leases = new double[rounds];
      double[] exchanges = new double[rounds];
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round < rounds; round++) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        leases[round] = cost.leases();
        // The least: what else the JVM does on this thread now and then is no lease's.
        bytes = Math.min(bytes, THREADS.getCurrentThreadAllocatedBytes() - before);
        exchanges[round] = cost.exchanges();
      }
      return new Outcome(leases, exchanges, (double) bytes / CALLS);
    }
  }

  private double leases() {
    long versions = 0;
    long begin = System.nanoTime();
    for (int i = 0; i < CALLS; i++) {
      try (Lease lease = reader.lease()) {
        versions += lease.version();
      }
    }
    long end = System.nanoTime();
    return nanosACall(begin, end, versions);
  }

  /** What was read is looked at, so that it has to be read. */
  private static double nanosACall(long begin, long end, long read) {
    if (read < 0) {
      throw new IllegalStateException("the sum of what was read is " + read);
    }
    return (double) (end - begin) / CALLS;
  }

  private double exchanges() {
    long values = 0;
    long begin = System.nanoTime();
    for (int i = 0; i < CALLS; i++) {
      for (int each = 0; each < EXCHANGES; each++) {
        values += exchanged.getAndSet(i);
      }
    }
    long end = System.nanoTime();
    return nanosACall(begin, end, values);
  }
}
