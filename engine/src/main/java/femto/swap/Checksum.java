package femto.swap;

import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.kernels.RowTasks;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/**
 * The checksum of a version without its dictionary: the sum of a hash of its bias, of each row of
 * weights and of each row of a candidate that it has. A sum, so that a version's is that of the one
 * before, less the hashes of the rows that have changed, plus those of the new ones. It tells
 * versions apart and finds damage; it is no guard against forgery.
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
    RowHash hash =
        (index, factors) -> {
          rows.copyFactors(index, factors);
          return row(table, index, rows.bias(index), factors, factors.length);
        };
    addAll(rows.size(), adding(rows.length(), rows::contains, hash, total));
    return total.sum();
  }

  /** Of all rows of a table. */
  static long of(int table, RowTable rows) {
    LongAdder total = new LongAdder();
    addAll(rows.rows(), adding(table, rows, index -> true, total));
    return total.sum();
  }

  private static void addAll(int rows, Supplier<RowTasks.Range> adding) {
    RowTasks.run(rows, ROWS_PER_TASK, (first, end) -> adding.get().accept(first, end));
  }

  /** Adds up that of those rows of a table that count; each one made is for one thread. */
  static Supplier<RowTasks.Range> adding(
      int table, RowTable rows, IntPredicate counts, LongAdder total) {
    RowHash hash =
        (index, factors) -> {
          rows.copyFactors(index, factors);
          return row(table, index, rows.bias(index), factors, factors.length);
        };
    return adding(rows.length(), counts, hash, total);
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
    return ofBias(version.snapshot().bias())
        + of(WEIGHTS, version.weights())
        + of(CANDIDATES, version.rows());
  }
}
