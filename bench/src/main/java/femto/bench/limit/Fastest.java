package femto.bench.limit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The least time that any of some ways of doing a thing takes here and now. To be asked again and
 * again, just before what is held against it is measured: the machine's memory does not answer
 * equally fast everywhere and at all times. Which way is the fastest is found out while things warm
 * up; from then on that one alone is tried.
 */
public final class Fastest {
  /** Times that all ways are tried. */
  private static final int TRIALS = 2;

  /**
   * How long a way is done at least before it is measured: some are compiled only after ten calls,
   * and six times as slow until then.
   */
  private static final long WARM_NANOS = 300_000_000;

  /** Ways that this JVM has done for as long. */
  private static final Set<Object> WARM = ConcurrentHashMap.newKeySet();

  /** What is read goes here, so that the compiler does not leave it out. */
  @SuppressWarnings("UnusedVariable") // written to, and that is all
  private static volatile long read;

  private final List<?> ways;
  private final List<Callable<? extends Number>> calls;
  private final int times;
  private final long[] nanos;
  private int asked;

  private Fastest(List<?> ways, List<Callable<? extends Number>> calls, int times) {
    this.ways = ways;
    this.calls = calls;
    this.times = times;
    this.nanos = new long[ways.size()];
    Arrays.fill(nanos, Long.MAX_VALUE);
  }

  /**
   * What a way does.
   *
   * @param <W> the kind of way
   */
  @FunctionalInterface
  public interface Doing<W> {
    /**
     * Does it.
     *
     * @param way how
     * @return something of what it has read
     * @throws Exception if it fails
     */
    Number by(W way) throws Exception;
  }

  /**
   * Takes the ways.
   *
   * @param <W> the kind of way
   * @param ways all of them, at least one
   * @param doing what each does
   * @param times how often in a row, so that it takes long enough to be measured
   * @return the fastest of them
   */
  public static <W> Fastest of(W[] ways, Doing<W> doing, int times) {
    List<Callable<? extends Number>> calls = new ArrayList<>();
    for (W way : ways) {
      calls.add(() -> doing.by(way));
    }
    return new Fastest(List.of(ways), calls, times);
  }

  /**
   * Does each way for a while, unless this JVM has done so already.
   *
   * @return this
   * @throws IllegalStateException if a way fails
   */
  public Fastest warmedUp() {
    for (int way = 0; way < nanos.length; way++) {
      if (WARM.add(ways.get(way))) {
        warmUp(way);
      }
    }
    return this;
  }

  private void warmUp(int way) {
    for (long done = 0; done < WARM_NANOS; ) {
      done += Math.max(1, times * measure(way));
    }
  }

  /**
   * Does it once more.
   *
   * @return nanoseconds of the fastest way, each time
   * @throws IllegalStateException if a way fails
   */
  public long nanos() {
    if (asked++ < TRIALS) {
      for (int way = 0; way < nanos.length; way++) {
        nanos[way] = measure(way);
      }
    } else {
      int best = best();
      nanos[best] = measure(best);
    }
    return nanos[best()];
  }

  private int best() {
    int best = 0;
    for (int way = 1; way < nanos.length; way++) {
      best = nanos[way] < nanos[best] ? way : best;
    }
    return best;
  }

  private long measure(int way) {
    long begin = System.nanoTime();
    long sum = 0;
    try {
      for (int i = 0; i < times; i++) {
        sum += calls.get(way).call().longValue();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    read = sum;
    return (System.nanoTime() - begin) / times;
  }
}
