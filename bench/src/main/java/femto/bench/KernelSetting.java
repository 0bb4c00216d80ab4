package femto.bench;

import femto.bench.data.Distribution;
import femto.bench.data.SyntheticTable;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What all benchmarks of kernels, peers and limits have in common: the table and the queries. */
@State(Scope.Thread)
public abstract class KernelSetting {
  /** LOG_NORMAL is the common case, GAUSSIAN the hardest one that occurs. */
  @Param({"GAUSSIAN", "LOG_NORMAL", "HEAVY_TAILS", "EQUAL"})
  public Distribution kind = Distribution.GAUSSIAN;

  /** Both larger than any cache; the first for a quick run. */
  @Param({"4000000", "10000000"})
  public int candidates = 4_000_000;

  /** 16 is the common case. */
  @Param({"16"})
  public int factors = 16;

  /** How many of the best are wanted. */
  @Param({"100"})
  public int top = 100;

  private int next;

  /** For subclasses. */
  protected KernelSetting() {}

  /**
   * The table and the queries.
   *
   * @return what this JVM shares, valid until another kind or size is asked for
   */
  protected final SyntheticTable synthetic() {
    return KernelTables.get(kind, candidates, factors);
  }

  /**
   * The next query.
   *
   * @return a number; they repeat after {@link SyntheticTable#QUERIES}
   */
  protected final int nextQuery() {
    return next++;
  }
}
