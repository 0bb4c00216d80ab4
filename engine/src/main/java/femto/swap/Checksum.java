package femto.swap;

import femto.kernels.RowLayout;
import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.kernels.RowTasks;
import femto.model.Interactions;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The checksum of a version without its dictionary: the sum of a hash of its bias, of each row of
 * weights, of the model's interactions and of each row of a candidate that it has. A sum, so that a
 * version's is that of the one before, less the hashes of the rows that have changed, plus those of
 * the new ones. A candidate's hash is of its id and not of its index, so that versions of the same
 * content have the same checksum in every process, whatever came and went before. It tells versions
 * apart and finds damage; it is no guard against forgery.
 *
 * <p>The hash of a row is the sum of its numbers' bits, each times an odd number of its place
 * (multilinear hashing: Lemire and Kaser, "Strongly universal string hashing is fast", 2014), mixed
 * at the end. The products do not wait for one another, as the steps of a chained hash would.
 */
final class Checksum {
  /** Which table a row is of. */
  private static final int WEIGHTS = 1;

  private static final int CANDIDATES = 2;
  private static final int INTERACTIONS = 3;
  private static final int NUMBERS_PER_ROW = 4096;

  private static final int ROWS_PER_TASK = 4096;
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  /** An odd number for each place of a row. */
  private static final long[] MULTIPLIERS = multipliers(1 + RowLayout.MAX_LENGTH);

  private Checksum() {}

  private static long[] multipliers(int count) {
    long[] multipliers = new long[count];
    for (int i = 0; i < count; i++) {
      multipliers[i] = mix((i + 1) * GOLDEN) | 1;
    }
    return multipliers;
  }

  /** As SplitMix64 does (Steele, Lea and Flood 2014). */
  private static long mix(long state) {
    long mixed = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  static long ofBias(float bias) {
    return row(0, 0, bias, new float[0], 0, 0);
  }

  /**
   * Of a row of weights.
   *
   * @param numbers has the linear weight and then the factors
   * @param at where in it they begin
   * @param factors how many there are
   */
  static long ofWeights(int feature, float[] numbers, int at, int factors) {
    return row(WEIGHTS, feature, numbers[at], numbers, at + 1, factors);
  }

  /** Of what a model has besides rows of weights, in rows of some of its numbers. */
  static long ofInteractions(@Nullable Interactions interactions) {
    if (interactions == null) {
      return 0;
    }
    long sum = 0;
    float[] row = new float[NUMBERS_PER_ROW];
    for (int at = 0; at < interactions.size(); at += NUMBERS_PER_ROW) {
      int count = Math.min(NUMBERS_PER_ROW, interactions.size() - at);
      for (int i = 0; i < count; i++) {
        row[i] = interactions.number(at + i);
      }
      sum += row(INTERACTIONS, at, count, row, 0, count);
    }
    return sum;
  }

  /** Of the row of the candidate at an index. */
  static long ofCandidate(ExternalIds ids, int index, float bias, float[] factors, int length) {
    return row(CANDIDATES, ids.fingerprint(index), bias, factors, 0, length);
  }

  /** The same of a row as it lies in memory: its bias and then its factors. */
  static long ofCandidate(ExternalIds ids, int index, float[] numbers) {
    return row(CANDIDATES, ids.fingerprint(index), numbers[0], numbers, 1, numbers.length - 1);
  }

  private static long row(int table, long key, float bias, float[] factors, int at, int length) {
    long hash = ((long) table << 32) + key + product(bias, 0);
    for (int f = 0; f < length; f++) {
      hash += product(factors[at + f], 1 + f);
    }
    return mix(hash * GOLDEN);
  }

  private static long product(float number, int place) {
    return (Float.floatToRawIntBits(number) & 0xffffffffL) * MULTIPLIERS[place];
  }

  /** Of the weights of a model. */
  static long ofWeights(RowTable weights) {
    return sum(weights.rows(), total -> addingWeights(weights, total));
  }

  /** Of candidates, the ones of all ids from the first on. */
  static long ofCandidates(ExternalIds ids, RowTable rows) {
    return sum(rows.rows(), total -> addingCandidates(ids, rows, index -> true, total));
  }

  private static long sum(int rows, Function<LongAdder, Supplier<RowTasks.Range>> adding) {
    LongAdder total = new LongAdder();
    Supplier<RowTasks.Range> made = adding.apply(total);
    RowTasks.run(rows, ROWS_PER_TASK, (first, end) -> made.get().accept(first, end));
    return total.sum();
  }

  /** Adds up that of rows of weights; each one made is for one thread. */
  static Supplier<RowTasks.Range> addingWeights(RowTable weights, LongAdder total) {
    return adding(
        weights.length(),
        index -> true,
        (index, row) -> {
          weights.copyRow(index, row);
          return ofWeights(index, row, 0, row.length - 1);
        },
        total);
  }

  /** Adds up that of those rows of candidates that count; each one made is for one thread. */
  static Supplier<RowTasks.Range> addingCandidates(
      ExternalIds ids, RowTable rows, IntPredicate counts, LongAdder total) {
    return adding(
        rows.length(),
        counts,
        (index, row) -> {
          rows.copyRow(index, row);
          return ofCandidate(ids, index, row);
        },
        total);
  }

  private interface RowHash {
    long of(int index, float[] row);
  }

  private static Supplier<RowTasks.Range> adding(
      int length, IntPredicate counts, RowHash hash, LongAdder total) {
    return () -> {
      float[] row = new float[1 + length];
      return (first, end) -> {
        long sum = 0;
        for (int index = first; index < end; index++) {
          sum += counts.test(index) ? hash.of(index, row) : 0;
        }
        total.add(sum);
      };
    };
  }

  /** Of a version, from its tables. */
  static long of(LiveVersion version) {
    RowPatch weights = version.weights();
    RowPatch rows = version.rows();
    ExternalIds ids = version.content().ids();
    RowHash ofWeights =
        (index, row) -> {
          weights.copyRow(index, row);
          return ofWeights(index, row, 0, row.length - 1);
        };
    RowHash ofRows =
        (index, row) -> {
          rows.copyRow(index, row);
          return ofCandidate(ids, index, row);
        };
    return ofBias(version.snapshot().bias())
        + ofInteractions(version.base().model().interactions())
        + sum(weights.size(), sum -> adding(weights.length(), index -> true, ofWeights, sum))
        + sum(rows.size(), sum -> adding(rows.length(), rows::contains, ofRows, sum));
  }
}
