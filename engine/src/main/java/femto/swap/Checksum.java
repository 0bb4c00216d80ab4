package femto.swap;

import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.kernels.StagedWork;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntPredicate;

/**
 * The checksum of a version: the sum of a hash of its bias, of each row of weights and of each row
 * of a candidate that it has. A sum, so that a version's is that of the one before, less the hashes
 * of the rows that have changed, plus those of the new ones. It tells versions apart and finds
 * damage; it is no guard against forgery.
 */
final class Checksum {
  /** Which table a row is of. */
  static final int WEIGHTS = 1;

  static final int CANDIDATES = 2;

  private static final int ROWS_PER_TASK = 4096;
  private static final long PRIME = 0x9e3779b97f4a7c15L;

  private Checksum() {}

  static long ofBias(float bias) {
    return row(0, 0, bias, new float[0], 0);
  }

  static long row(int table, int index, float bias, float[] factors, int length) {
    long hash = (((long) table << 32) + index + 1) * PRIME;
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

  /** Of a table as a patch has it. */
  static long of(int table, RowPatch rows) {
    LongAdder total = new LongAdder();
    summing(
            rows.size(),
            rows.length(),
            rows::contains,
            (index, factors) -> {
              rows.copyFactors(index, factors);
              return row(table, index, rows.bias(index), factors, factors.length);
            },
            total)
        .run();
    return total.sum();
  }

  /** Of all rows of a table. */
  static long of(int table, RowTable rows) {
    LongAdder total = new LongAdder();
    summing(table, rows, index -> true, total).run();
    return total.sum();
  }

  /** Adds up that of the rows of a table that count, piece by piece. */
  static StagedWork summing(int table, RowTable rows, IntPredicate counts, LongAdder total) {
    return summing(
        rows.rows(),
        rows.length(),
        counts,
        (index, factors) -> {
          rows.copyFactors(index, factors);
          return row(table, index, rows.bias(index), factors, factors.length);
        },
        total);
  }

  private interface RowHash {
    long of(int index, float[] factors);
  }

  private static StagedWork summing(
      int rows, int length, IntPredicate counts, RowHash hash, LongAdder total) {
    return new StagedWork()
        .rows(
            rows,
            ROWS_PER_TASK,
            ROWS_PER_TASK,
            () -> {
              float[] factors = new float[length];
              return (first, end) -> {
                long sum = 0;
                for (int index = first; index < end; index++) {
                  sum += counts.test(index) ? hash.of(index, factors) : 0;
                }
                total.add(sum);
              };
            });
  }

  /** Of a whole version, from its tables. */
  static long of(LiveVersion version) {
    return ofBias(version.snapshot().bias())
        + of(WEIGHTS, version.weights())
        + of(CANDIDATES, version.rows());
  }
}
