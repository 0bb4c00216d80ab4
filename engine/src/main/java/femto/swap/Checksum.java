package femto.swap;

import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.kernels.RowTasks;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/**
 * The checksum of a version without its dictionary: the sum of a hash of its bias, of each row of
 * weights and of each row of a candidate that it has. A sum, so that a version's is that of the one
 * before, less the hashes of the rows that have changed, plus those of the new ones. A candidate's
 * hash is of its id and not of its index, so that versions of the same content have the same
 * checksum in every process, whatever came and went before. It tells versions apart and finds
 * damage; it is no guard against forgery.
 */
final class Checksum {
  /** Which table a row is of. */
  private static final int WEIGHTS = 1;

  private static final int CANDIDATES = 2;

  private static final int ROWS_PER_TASK = 4096;
  private static final long PRIME = 0x9e3779b97f4a7c15L;

  private Checksum() {}

  static long ofBias(float bias) {
    return row(0, 0, bias, new float[0], 0);
  }

  static long ofWeights(int feature, float linear, float[] factors, int length) {
    return row(WEIGHTS, feature, linear, factors, length);
  }

  /** Of the row of the candidate at an index. */
  static long ofCandidate(ExternalIds ids, int index, float bias, float[] factors, int length) {
    return row(CANDIDATES, ids.fingerprint(index), bias, factors, length);
  }

  private static long row(int table, long key, float bias, float[] factors, int length) {
    long hash = (((long) table << 32) + key + 1) * PRIME;
    hash = mix(hash, bias);
    for (int f = 0; f < length; f++) {
      hash = mix(hash, factors[f]);
    }
    return hash ^ (hash >>> 29);
  }

  private static long mix(long hash, float next) {
    long mixed = (hash ^ Float.floatToRawIntBits(next)) * 0xd6e8feb86659fd93L;
    return mixed ^ (mixed >>> 32);
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
        (index, factors) -> {
          weights.copyFactors(index, factors);
          return ofWeights(index, weights.bias(index), factors, factors.length);
        },
        total);
  }

  /** Adds up that of those rows of candidates that count; each one made is for one thread. */
  static Supplier<RowTasks.Range> addingCandidates(
      ExternalIds ids, RowTable rows, IntPredicate counts, LongAdder total) {
    return adding(
        rows.length(),
        counts,
        (index, factors) -> {
          rows.copyFactors(index, factors);
          return ofCandidate(ids, index, rows.bias(index), factors, factors.length);
        },
        total);
  }

  private interface RowHash {
    long of(int index, float[] factors);
  }

  private static Supplier<RowTasks.Range> adding(
      int length, IntPredicate counts, RowHash hash, LongAdder total) {
    return () -> {
      float[] factors = new float[length];
      return (first, end) -> {
        long sum = 0;
        for (int index = first; index < end; index++) {
          sum += counts.test(index) ? hash.of(index, factors) : 0;
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
        (index, factors) -> {
          weights.copyFactors(index, factors);
          return ofWeights(index, weights.bias(index), factors, factors.length);
        };
    RowHash ofRows =
        (index, factors) -> {
          rows.copyFactors(index, factors);
          return ofCandidate(ids, index, rows.bias(index), factors, factors.length);
        };
    return ofBias(version.snapshot().bias())
        + sum(weights.size(), sum -> adding(weights.length(), index -> true, ofWeights, sum))
        + sum(rows.size(), sum -> adding(rows.length(), rows::contains, ofRows, sum));
  }
}
