package femto.bench;

import femto.bench.data.Distribution;
import femto.bench.data.SyntheticTable;
import org.jspecify.annotations.Nullable;

/**
 * The one table that is alive in this JVM: making it takes longer than measuring on it, so
 * benchmarks that run one after the other on the same kind of table share it.
 */
final class KernelTables {
  private static final long SEED = 1;

  private record Key(Distribution kind, int candidates, int factors) {}

  private static @Nullable Key key;
  private static @Nullable SyntheticTable table;

  private KernelTables() {}

  /** The table, valid until another one is asked for. */
  static synchronized SyntheticTable get(Distribution kind, int candidates, int factors) {
    Key asked = new Key(kind, candidates, factors);
    SyntheticTable current = table;
    if (current != null && asked.equals(key)) {
      return current;
    }
    if (current != null) {
      table = null; // before the next one is made: there may not be room for two
      current.close();
    }
    SyntheticTable made = SyntheticTable.create(kind, candidates, factors, SEED);
    table = made;
    key = asked;
    return made;
  }
}
