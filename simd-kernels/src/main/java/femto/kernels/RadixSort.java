package femto.kernels;

import java.util.Arrays;

/** Sorts long numbers by some of their bits, stably. */
final class RadixSort {
  /** Bits a pass: as many streams are written side by side as fit in the second-level TLB. */
  private static final int BITS = 11;

  private static final int BUCKETS = 1 << BITS;

  /** Numbers that one task moves, if that makes no more than {@link #MAX_TASKS}. */
  private static final int LEAST_PER_TASK = 1 << 16;

  private static final int MAX_TASKS = 1 << 10;

  private final int perTask;
  private final int[][] counts;
  private long[] numbers;
  private long[] target;

  /**
   * Takes what to sort.
   *
   * @param numbers the numbers, none negative; used as scratch
   */
  RadixSort(long[] numbers) {
    this.numbers = numbers;
    this.target = new long[numbers.length];
    this.perTask = Math.max(LEAST_PER_TASK, numbers.length / MAX_TASKS + 1);
    this.counts = new int[(int) ((numbers.length + (perTask - 1L)) / perTask)][BUCKETS];
  }

  /** The numbers, in the given array or another. */
  long[] numbers() {
    return numbers;
  }

  /**
   * The work.
   *
   * @param from the lowest bit that counts
   * @param bits how many count
   */
  StagedWork sorting(int from, int bits) {
    StagedWork work = new StagedWork();
    for (int shift = from; shift < from + bits; shift += BITS) {
      addPass(work, shift, (1 << Math.min(BITS, from + bits - shift)) - 1);
    }
    return work;
  }

  private void addPass(StagedWork work, int shift, int mask) {
    work.rows(
            numbers.length, perTask, perTask, () -> (first, end) -> count(first, end, shift, mask))
        .step(this::place)
        .rows(numbers.length, perTask, perTask, () -> (first, end) -> move(first, end, shift, mask))
        .step(this::turn);
  }

  private void count(int first, int end, int shift, int mask) {
    int[] own = counts[first / perTask];
    long[] source = numbers;
    Arrays.fill(own, 0);
    for (int i = first; i < end; i++) {
      own[(int) (source[i] >>> shift) & mask]++;
    }
  }

  /** From how many to where the first goes. */
  private void place() {
    int before = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      for (int[] count : counts) {
        int here = count[bucket];
        count[bucket] = before;
        before += here;
      }
    }
  }

  private void move(int first, int end, int shift, int mask) {
    int[] next = counts[first / perTask];
    long[] source = numbers;
    long[] into = target;
    for (int i = first; i < end; i++) {
      long number = source[i];
      into[next[(int) (number >>> shift) & mask]++] = number;
    }
  }

  private void turn() {
    long[] sorted = target;
    target = numbers;
    numbers = sorted;
  }
}
