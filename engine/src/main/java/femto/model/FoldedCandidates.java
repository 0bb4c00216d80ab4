package femto.model;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.memory.Slab;
import java.util.stream.IntStream;

/**
 * All candidates folded for scoring: a row of b and s a candidate, off-heap. Immutable and safe to
 * share until {@link #close}.
 */
public final class FoldedCandidates implements AutoCloseable {
  /** Rows that one task folds: enough to hide the cost of a task. */
  private static final int ROWS_PER_TASK = 4096;

  private final RowTable table;
  private final Slab memory;

  private FoldedCandidates(RowTable table, Slab memory) {
    this.table = table;
    this.memory = memory;
  }

  /**
   * Folds every row, on the common pool or on the fork-join pool of the calling thread.
   *
   * @param model the model
   * @param candidates features of this model, one row a candidate
   * @return the table, of which the caller is the owner
   * @throws IllegalArgumentException naming the candidate, if a folded number is not finite or is
   *     too large ({@link RowTable#MAX_MAGNITUDE})
   */
  public static FoldedCandidates fold(Model model, FeatureRows candidates) {
    int rows = candidates.rows();
    int length = model.foldedLength();
    Slab memory = Slab.allocate(new RowLayout(length).tableBytes(rows));
    RowTable table = RowTable.over(memory.segment(), rows, length);
    int tasks = (int) ((rows + (long) ROWS_PER_TASK - 1) / ROWS_PER_TASK);
    try {
      IntStream.range(0, tasks)
          .parallel()
          .forEach(
              task -> {
                Folding folding = new Folding(length);
                float[] vector = new float[length];
                int first = task * ROWS_PER_TASK;
                int end = (int) Math.min(rows, first + (long) ROWS_PER_TASK);
                for (int row = first; row < end; row++) {
                  float bias = folding.fold(model.weights(), 0, candidates, row, vector);
                  setRow(table, row, bias, vector);
                }
              });
      return new FoldedCandidates(table, memory);
    } catch (Throwable failure) {
      memory.close();
      throw failure;
    }
  }

  private static void setRow(RowTable table, int row, float bias, float[] vector) {
    try {
      table.setRow(row, bias, vector);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("candidate " + row + ": " + e.getMessage(), e);
    }
  }

  /**
   * The rows.
   *
   * @return row i is candidate i: bias b, factors s
   */
  public RowTable table() {
    return table;
  }

  /**
   * Number of candidates.
   *
   * @return 0 or more
   */
  public int size() {
    return table.rows();
  }

  /** Frees the table. A second call does nothing. */
  @Override
  public void close() {
    memory.close();
  }
}
