package femto.bench;

import femto.bench.data.Distribution;
import femto.bench.data.SyntheticTable;
import femto.kernels.RowTable;
import femto.kernels.Screen;
import femto.kernels.ScreenLayout;
import femto.memory.Slab;
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
  private static @Nullable Slab screenMemory;
  private static @Nullable Screen screen;

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
      screen = null;
      Slab memory = screenMemory;
      if (memory != null) {
        screenMemory = null;
        memory.close();
      }
      current.close();
    }
    SyntheticTable made = SyntheticTable.create(kind, candidates, factors, SEED);
    table = made;
    key = asked;
    return made;
  }

  /** The screen of the table that is alive, made when it is first asked for. */
  static synchronized Screen screen(SyntheticTable of) {
    if (of != table) {
      throw new IllegalStateException("another table has taken its place");
    }
    Screen current = screen;
    if (current != null) {
      return current;
    }
    RowTable rows = of.table();
    Slab memory = Slab.allocate(new ScreenLayout(rows.rows(), rows.length()).bytes());
    Screen made = Screen.build(rows, memory.segment());
    screenMemory = memory;
    screen = made;
    return made;
  }
}
