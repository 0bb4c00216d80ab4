package femto.model;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.kernels.RowTasks;
import femto.kernels.Screen;
import femto.kernels.ScreenLayout;
import femto.memory.Slab;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * All candidates folded for scoring: a row of b and s a candidate, off-heap, and for a catalogue of
 * {@value #LEAST_SCREENED} or more a screen, with which the best are found without looking at most
 * of them. Immutable and safe to share until {@link #close}.
 */
public final class FoldedCandidates implements AutoCloseable {
  /** Rows that one task folds: enough to hide the cost of a task. */
  private static final int ROWS_PER_TASK = 4096;

  /** A smaller catalogue is as quick to score as to screen. */
  public static final int LEAST_SCREENED = 8192;

  private final RowTable table;
  private final @Nullable Screen screen;
  private final Slab memory;
  private final @Nullable Slab screenMemory;
  private final @Nullable FeatureRows unfolded;

  private FoldedCandidates(
      RowTable table,
      Slab memory,
      @Nullable Screen screen,
      @Nullable Slab screenMemory,
      @Nullable FeatureRows unfolded) {
    this.unfolded = unfolded;
    this.table = table;
    this.memory = memory;
    this.screen = screen;
    this.screenMemory = screenMemory;
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
    return fold(model, candidates, Slab::allocate);
  }

  /**
   * Folds every row, into memory from a source.
   *
   * @param model as in {@link #fold(Model, FeatureRows)}
   * @param candidates as there
   * @param source gives slabs of so many bytes, all zero
   * @return the table, of which the caller is the owner
   * @throws IllegalArgumentException as there
   */
  public static FoldedCandidates fold(
      Model model, FeatureRows candidates, LongFunction<Slab> source) {
    int rows = candidates.rows();
    int length = model.foldedLength();
    Slab memory = source.apply(new RowLayout(length).tableBytes(rows));
    RowTable table = RowTable.over(memory.segment(), rows, length);
    try {
      RowTasks.run(
          rows,
          ROWS_PER_TASK,
          (first, end) -> {
            Folding folding = Folding.of(model, Side.CANDIDATE);
            float[] vector = new float[length];
            for (int row = first; row < end; row++) {
              float bias = fold(folding, candidates, row, vector);
              setRow(table, row, bias, vector);
            }
          });
      FeatureRows unfolded = model.family() == Family.POLY2 ? candidates.copy() : null;
      return withScreen(table, memory, source, unfolded);
    } catch (Throwable failure) {
      memory.close();
      throw failure;
    }
  }

  /**
   * Takes rows that are folded already.
   *
   * @param table the rows
   * @param memory what they are in, owned by the new object
   * @param screen a screen of them, or null
   * @param screenMemory what it is in, owned by the new object; null if there is none
   * @return the candidates
   */
  public static FoldedCandidates over(
      RowTable table, Slab memory, @Nullable Screen screen, @Nullable Slab screenMemory) {
    return new FoldedCandidates(table, memory, screen, screenMemory, null);
  }

  private static FoldedCandidates withScreen(
      RowTable table, Slab memory, LongFunction<Slab> source, @Nullable FeatureRows unfolded) {
    if (table.rows() < LEAST_SCREENED || unfolded != null) {
      return new FoldedCandidates(table, memory, null, null, unfolded);
    }
    Slab screenMemory = source.apply(new ScreenLayout(table.rows(), table.length()).bytes());
    try {
      return new FoldedCandidates(
          table, memory, Screen.build(table, screenMemory.segment()), screenMemory, null);
    } catch (Throwable failure) {
      screenMemory.close();
      throw failure;
    }
  }

  private static float fold(Folding folding, FeatureRows candidates, int row, float[] vector) {
    try {
      return folding.fold(0, candidates, row, vector);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("candidate " + row + ": " + e.getMessage(), e);
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
   * What lets a search pass over most of the rows.
   *
   * @return the screen of the rows, or null if there are too few
   */
  public @Nullable Screen screen() {
    return screen;
  }

  /**
   * The candidates' features, where what they add together with a context's is in no row: of a
   * {@link Family#POLY2}. See {@link FoldedContext#residual}.
   *
   * @return a copy of what was folded, or null where the rows are all
   */
  public @Nullable FeatureRows unfolded() {
    return unfolded;
  }

  /**
   * Number of candidates.
   *
   * @return 0 or more
   */
  public int size() {
    return table.rows();
  }

  /** Frees the memory. A second call does nothing. */
  @Override
  public void close() {
    memory.close();
    if (screenMemory != null) {
      screenMemory.close();
    }
  }
}
