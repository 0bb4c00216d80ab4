package femto.kernels;

import java.util.Arrays;

/** Sorts long numbers by some of their bits, stably, on the fork-join pool of the caller. */
final class RadixSort {
  /** Bits a pass: as many streams are written side by side as fit in the second-level TLB. */
  private static final int BITS = 11;

  private static final int BUCKETS = 1 << BITS;

  /** Numbers that one task moves, if that makes no more than {@link #MAX_TASKS}. */
  private static final int LEAST_PER_TASK = 1 << 16;

  private static final int MAX_TASKS = 1 << 10;

  private RadixSort() {}

  /**
   * Sorts.
   *
   * @param numbers what to sort, none negative; used as scratch
   * @param from the lowest bit that counts
   * @param bits how many count
   * @param pause called between pieces of work
   * @return the sorted numbers, in this array or another
   */
  static long[] sort(long[] numbers, int from, int bits, Runnable pause) {
    int perTask = Math.max(LEAST_PER_TASK, numbers.length / MAX_TASKS + 1);
    int tasks = (int) ((numbers.length + (perTask - 1L)) / perTask);
    long[] source = numbers;
    long[] target = new long[numbers.length];
    int[][] counts = new int[tasks][BUCKETS];
    for (int shift = from; shift < from + bits; shift += BITS) {
      int mask = (1 << Math.min(BITS, from + bits - shift)) - 1;
      pass(source, target, counts, perTask, shift, mask, pause);
      long[] sorted = target;
      target = source;
      source = sorted;
    }
    return source;
  }

  private static void pass(
      long[] source,
      long[] target,
      int[][] counts,
      int perTask,
      int shift,
      int mask,
      Runnable pause) {
    RowTasks.run(
        source.length,
        perTask,
        (first, end) -> {
          count(source, first, end, shift, mask, counts[first / perTask]);
          pause.run();
        });
    // From how many to where the first goes.
    int before = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      for (int[] count : counts) {
        int here = count[bucket];
        count[bucket] = before;
        before += here;
      }
    }
    RowTasks.run(
        source.length,
        perTask,
        (first, end) -> {
          move(source, first, end, shift, mask, counts[first / perTask], target);
          pause.run();
        });
  }

  private static void count(long[] source, int first, int end, int shift, int mask, int[] counts) {
    Arrays.fill(counts, 0);
    for (int i = first; i < end; i++) {
      counts[(int) (source[i] >>> shift) & mask]++;
    }
  }

  private static void move(
      long[] source, int first, int end, int shift, int mask, int[] next, long[] target) {
    for (int i = first; i < end; i++) {
      long number = source[i];
      target[next[(int) (number >>> shift) & mask]++] = number;
    }
  }
}
