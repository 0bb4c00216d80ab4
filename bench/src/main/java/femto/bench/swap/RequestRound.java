package femto.bench.swap;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One round: a thread that answers requests, and a trainer on another that does a step and
 * publishes it, each on a schedule.
 *
 * <p>Requests are due one every {@code period}, and each is answered when it is due or as soon as
 * the former ones are: what counts is the time from when it was due, so a pause is felt by every
 * request that comes in it (nothing is omitted). The thread waits by spinning and does not leave
 * its core. The trainer sleeps when it has nothing to do; one that is late does not catch up.
 */
final class RequestRound {
  /** Candidates a request. */
  static final int LISTED = 5000;

  /** How many of them are wanted. */
  static final int TOP = 20;

  private static final long HIGHEST = Duration.ofSeconds(100).toNanos();
  private static final int DIGITS = 3;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final SyntheticAds ads;
  private final Requests requests;
  private final Trainer trainer;

  RequestRound(SyntheticAds ads, Requests requests, Trainer trainer) {
    this.ads = ads;
    this.requests = requests;
    this.trainer = trainer;
  }

  /**
   * What a round came to. Nanoseconds.
   *
   * @param responses from when a request was due until it was answered
   * @param services from when it was begun until it was answered
   * @param longestWait for a lease or a lock
   * @param publishes how many there were
   * @param coalesced how many publishes were put off, to be shown with a later one
   * @param publishNanos what the publishes took together
   * @param seconds how long the round took
   * @param share of this time that the thread which answers had a core
   */
  record Outcome(
      Histogram responses,
      Histogram services,
      long longestWait,
      int publishes,
      long coalesced,
      long publishNanos,
      double seconds,
      double share) {
    double p99() {
      return services.getValueAtPercentile(99);
    }

    double p99FromDue() {
      return responses.getValueAtPercentile(99);
    }

    double publishesASecond() {
      return publishes / seconds;
    }
  }

  /**
   * Runs a round.
   *
   * @throws IllegalStateException if a publish fails
   */
  Outcome run(Service service, PublishRate rate, Duration length, Duration period)
      throws InterruptedException {
    long coalescedBefore = service.coalesced();
    Publishing publishing = new Publishing(service, rate, length, System.nanoTime());
    Thread thread = Thread.ofPlatform().name("bench-trainer").start(publishing);
    Histogram responses = new Histogram(HIGHEST, DIGITS);
    Histogram services = new Histogram(HIGHEST, DIGITS);
    long longestWait = 0;
    long begin = System.nanoTime();
    long cpuBefore = THREADS.getCurrentThreadCpuTime();
    long nanos;
    long cpuNanos;
    try (Service.Client client = service.newClient()) {
      int[] found = new int[TOP];
      float[] scores = new float[TOP];
      long end = begin + length.toNanos();
      for (long due = begin; due < end; due += period.toNanos()) {
        while (System.nanoTime() < due) {
          Thread.onSpinWait();
        }
        int number = requests.next();
        long started = System.nanoTime();
        client.top(requests.context(number), requests.listed(number), TOP, found, scores);
        long done = System.nanoTime();
        responses.recordValue(done - due);
        services.recordValue(done - started);
        longestWait = Math.max(longestWait, client.waitedNanos());
      }
      nanos = System.nanoTime() - begin;
      cpuNanos = THREADS.getCurrentThreadCpuTime() - cpuBefore;
    } finally {
      publishing.stop();
      LockSupport.unpark(thread);
      thread.join();
    }
    publishing.throwFailure();
    return new Outcome(
        responses,
        services,
        longestWait,
        publishing.publishes,
        service.coalesced() - coalescedBefore,
        publishing.nanos,
        nanos / 1e9,
        (double) cpuNanos / nanos);
  }

  /** What the trainer does. */
  private final class Publishing implements Runnable {
    private final Service service;
    private final PublishRate rate;
    private final long first;
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private volatile boolean stopped;

    // Read when the thread has ended.
    private int publishes;
    private long nanos;

    /** The first is due early in the round, so that what it sets off falls into it. */
    Publishing(Service service, PublishRate rate, Duration length, long begin) {
      this.service = service;
      this.rate = rate;
      this.first = begin + Math.min(rate.periodNanos(), length.toNanos()) / 4;
    }

    void stop() {
      stopped = true;
    }

    void throwFailure() {
      RuntimeException thrown = failure.get();
      if (thrown != null) {
        throw thrown;
      }
    }

    @Override
    public void run() {
      long due = first;
      try {
        while (true) {
          while (!stopped && System.nanoTime() < due) {
            LockSupport.parkNanos(due - System.nanoTime());
          }
          if (stopped) {
            return;
          }
          Trainer.Step step = trainer.step(rate.ads(ads.count()));
          long started = System.nanoTime();
          service.publish(step);
          long done = System.nanoTime();
          nanos += done - started;
          publishes++;
          due = Math.max(due + rate.periodNanos(), done);
        }
      } catch (RuntimeException thrown) {
        failure.set(thrown);
      }
    }
  }
}
