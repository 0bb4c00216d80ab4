package femto.kernels;

import femto.kernels.TopRequest.Method;
import femto.kernels.impl.KernelSupport;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Finds the best K rows of a table, exactly: the same rows in the same order with the same floats
 * as scoring every row by the chain of {@link RowScores} and sorting, highest first, the lower
 * index first among equals. How it searches (through a {@link Screen} or row by row), the width of
 * the vectors and the number of threads change the time it takes and nothing else.
 *
 * <p>One owner at a time; allocates nothing once its buffers have grown to K.
 */
public final class TopSearch {
  private static final KernelSupport KERNELS = Kernels.SUPPORT;

  /** Fewer rows than these are as quick to score as to screen. */
  private static final int LEAST_SCREENED = 1 << 13;

  /** A selection of one row in this many, or fewer, is scored row by row. */
  private static final int SPARSE = 32;

  /** The most searches in a row that do without a screen which was given up. */
  private static final int MOST_SKIPPED = 64;

  private final RowTable rows;
  private final RowScores rowScores;
  private final RowBatch batch;
  private final @Nullable Screen screen;
  private final @Nullable ScreenSearch screened;
  private final int[] positions = new int[RowBatch.SIZE];
  private final int[] slots = new int[RowBatch.SIZE];
  private final float[] listedResiduals = new float[RowBatch.SIZE];
  private boolean usedScreen;
  private int skips;
  private int skipsAfterGivingUp = 1;

  /**
   * Makes a search.
   *
   * @param rows the table
   * @param screen a screen of that table, or null to score every row
   * @throws IllegalArgumentException if the screen is of another size
   */
  public TopSearch(RowTable rows, @Nullable Screen screen) {
    if (screen != null
        && (screen.layout().rows() != rows.rows() || screen.layout().length() != rows.length())) {
      throw new IllegalArgumentException(
          "screen of "
              + screen.layout().rows()
              + " rows of "
              + screen.layout().length()
              + " factors, expected "
              + rows.rows()
              + " of "
              + rows.length());
    }
    this.rows = rows;
    this.rowScores = new RowScores(rows);
    this.batch = new RowBatch(rowScores);
    this.screen = screen;
    this.screened = screen == null ? null : new ScreenSearch(screen, batch);
  }

  /**
   * Finds the best rows of the table.
   *
   * @param request what to find; each number of its query bounded as {@link
   *     RowTable#requireBounded} says
   * @param intoIndexes receives the row indexes, best first
   * @param intoValues receives what they were ordered by: scores, or expected values
   * @return how many were found: K, or fewer if fewer rows may be found
   * @throws IndexOutOfBoundsException if an array is too short for what was found
   * @throws IllegalArgumentException if the query is too short or a number in it out of bounds
   */
  public int top(TopRequest request, int[] intoIndexes, float[] intoValues) {
    begin(request);
    search(request, null, 0, 1);
    return batch.heap().drain(intoIndexes, intoValues);
  }

  /**
   * Finds the best of listed rows. The request's method does not matter.
   *
   * @param request what to find, as in {@link #top(TopRequest, int[], float[])}
   * @param listed row indexes, each at most once; those that the request's patch has removed are
   *     passed over
   * @param count how many of them
   * @param residuals added to the score of each listed row (its chain plus this, rounded to f32):
   *     what a candidate owes to features of the pair of context and candidate, which no folded row
   *     can hold; null adds nothing
   * @param intoIndexes as in {@link #top(TopRequest, int[], float[])}
   * @param intoValues as in {@link #top(TopRequest, int[], float[])}
   * @return how many were found
   * @throws IndexOutOfBoundsException if there is no such row, or an array is too short
   * @throws IllegalArgumentException as for {@link #top(TopRequest, int[], float[])}, or if a
   *     residual is not finite or too large ({@link RowTable#MAX_MAGNITUDE})
   */
  public int top(
      TopRequest request,
      int[] listed,
      int count,
      float @Nullable [] residuals,
      int[] intoIndexes,
      float[] intoValues) {
    RowPatch patch = request.patch();
    Checks.indexes(listed, 0, count, size(request));
    if (residuals != null) {
      Checks.length("residuals", residuals.length, count);
      RowTable.requireBounded(0, residuals, count);
    }
    begin(request);
    for (int first = 0; first < count && !batch.isLate(); first += RowBatch.SIZE) {
      int size = Math.min(RowBatch.SIZE, count - first);
      System.arraycopy(listed, first, batch.indexes, 0, size);
      if (residuals != null) {
        System.arraycopy(residuals, first, listedResiduals, 0, size);
      }
      if (patch != null && patch.absentRows() > 0) {
        size = dropRemoved(patch, size);
      }
      batch.scorePatched(size);
      if (residuals != null) {
        for (int i = 0; i < size; i++) {
          batch.values[i] += listedResiduals[i];
        }
      }
      batch.evaluate(size);
      batch.offer(size);
    }
    return batch.heap().drain(intoIndexes, intoValues);
  }

  /** Drops listed rows that are not there, with their residuals; returns how many are left. */
  private int dropRemoved(RowPatch patch, int size) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (patch.contains(batch.indexes[i])) {
        batch.indexes[kept] = batch.indexes[i];
        listedResiduals[kept++] = listedResiduals[i];
      }
    }
    return kept;
  }

  /**
   * Whether the last search met its deadline before it had looked everywhere.
   *
   * @return true if what it found may not be the best
   */
  public boolean wasTruncated() {
    return batch.wasTruncated();
  }

  /**
   * Whether the last search used the screen to its end.
   *
   * @return false if it scored every row
   */
  public boolean usedScreen() {
    return usedScreen;
  }

  /**
   * How many rows the last search looked at in the screen's codes; the others were passed over by
   * bounds.
   *
   * @return rows
   */
  public long scannedRows() {
    return screened == null ? 0 : screened.scanned();
  }

  /**
   * How many rows the last search scored by the chain.
   *
   * @return rows
   */
  public long scoredRows() {
    return batch.scored();
  }

  /**
   * Searches the table by queries made of its own rows until the compiler is done with the kernels:
   * the first calls are interpreted and thousands of times slower. It is done once searches have
   * not become faster for as long as it took until they last did, a quarter of a second at least.
   * Ends with a comparison against scalar code, and logs a warning if that is clearly faster.
   *
   * @param budget how long at most, a second or two
   * @return what was found
   */
  public WarmUp warmUp(Duration budget) {
    return new WarmUpRun(rows, this).run(budget);
  }

  /** Checks what a caller may have got wrong. */
  void check(TopRequest request) {
    Checks.length("query", request.query().length, rows.length());
    RowTable.requireBounded(0, request.query(), rows.length());
    RowPatch patch = request.patch();
    if (patch != null && patch.table() != rows) {
      throw new IllegalArgumentException("the patch is one of another table");
    }
  }

  /** Row indexes of a request are below it. */
  private int size(TopRequest request) {
    RowPatch patch = request.patch();
    return patch == null ? rows.rows() : patch.size();
  }

  /** K of the last search, or the number of rows if that is less. */
  int limit() {
    return batch.heap().limit();
  }

  private void begin(TopRequest request) {
    check(request);
    batch.begin(request, Math.min(request.k(), size(request)));
    usedScreen = false;
    if (screened != null) {
      screened.begin();
    }
  }

  /** Whether this part of a search would use the screen: all parts must, or none. */
  boolean wouldScreen(TopRequest request) {
    begin(request);
    return shouldScreen(request);
  }

  /** Prepares a part of a search that several share; {@link #drainInto} takes what it finds. */
  void searchPart(TopRequest request, SharedFloor floor, int part, int parts) {
    begin(request);
    search(request, floor, part, parts);
  }

  void drainInto(TopK other) {
    batch.heap().offerAllTo(other);
  }

  /** Ends a search whose best rows of the table are known. */
  int finish(TopRequest request, Reservoir ofTable, int[] intoIndexes, float[] intoValues) {
    batch.begin(request, Math.min(request.k(), size(request)));
    ofTable.offerAllTo(batch.heap());
    RowPatch patch = request.patch();
    if (patch != null && request.k() > 0) {
      searchPatch(request, patch, null);
    }
    return batch.heap().drain(intoIndexes, intoValues);
  }

  private void search(TopRequest request, @Nullable SharedFloor floor, int part, int parts) {
    if (batch.heap().limit() == 0) {
      return;
    }
    Selection selection = request.selection();
    if (selection != null && selection.count() <= rows.rows() / SPARSE) {
      selected(selection, size(request), part, parts);
      return;
    }
    searchTable(request, floor, part, parts);
    RowPatch patch = request.patch();
    // After the table: a row of the patch may have any index, so that an equal value is looked at.
    if (patch != null && part == parts - 1) {
      searchPatch(request, patch, floor);
    }
  }

  private void searchTable(TopRequest request, @Nullable SharedFloor floor, int part, int parts) {
    float least = Float.NEGATIVE_INFINITY;
    boolean screening = floor == null ? shouldScreen(request) : floor.screening;
    if (screened != null && screening && screened.prepare()) {
      if (screened.run(floor, part, parts)) {
        usedScreen = true;
        skipsAfterGivingUp = 1;
        return;
      }
      skips = skipsAfterGivingUp;
      skipsAfterGivingUp = Math.min(MOST_SKIPPED, 2 * skipsAfterGivingUp);
      if (parts > 1) {
        return; // it has looked at its part of the screen, which is no run of the table
      }
      // What has been found is a floor under the answer; everything is looked at again.
      least = Math.nextDown(batch.heap().threshold());
      batch.heap().reset(batch.heap().limit());
    }
    plain(request, floor, least, part, parts);
  }

  private boolean shouldScreen(TopRequest request) {
    if (screen == null || !screen.isUsable() || request.method() == Method.PLAIN) {
      return false;
    }
    if (request.method() == Method.SCREEN) {
      return true;
    }
    if (skips > 0) {
      skips--;
      return false;
    }
    return rows.rows() >= LEAST_SCREENED && batch.heap().limit() <= rows.rows() / SPARSE;
  }

  private void selected(Selection selection, int size, int part, int parts) {
    RowPatch patch = batch.request().patch();
    int end = end(size, part, parts);
    int next = selection.next(end(size, part - 1, parts));
    while (next >= 0 && next < end && !batch.isLate()) {
      int count = 0;
      while (count < RowBatch.SIZE && next >= 0 && next < end) {
        if (patch == null || patch.contains(next)) {
          batch.indexes[count++] = next;
        }
        next = selection.next(next + 1);
      }
      batch.scorePatched(count);
      batch.evaluate(count);
      batch.offer(count);
    }
  }

  /** Where a part of so many rows ends; the parts are of equal size. */
  private static int end(int size, int part, int parts) {
    return (int) ((long) size * (part + 1) / parts);
  }

  /**
   * Scores every row in the order of the indexes.
   *
   * @param least only what is above it can be in the answer
   */
  private void plain(
      TopRequest request, @Nullable SharedFloor floor, float least, int part, int parts) {
    Bids bids = request.bids();
    int end = end(rows.rows(), part, parts);
    if (bids != null) {
      end = Math.min(end, bids.size());
    }
    for (int first = end(rows.rows(), part - 1, parts);
        first < end && !batch.isLate();
        first += RowBatch.SIZE) {
      int count = Math.min(RowBatch.SIZE, end - first);
      rowScores.upperBounds(request.query(), first, count, batch.indexes, batch.values);
      if (bids != null) {
        KERNELS.expectedValues(
            batch.values, request.constant(), bids.values(), first, count, batch.values);
      }
      // An equal value of a higher index is not better: only what is above the threshold counts.
      float above = Math.max(least, batch.heap().threshold());
      if (floor != null) {
        above = Math.max(above, Math.nextDown(floor.get()));
      }
      int found = KERNELS.above(batch.values, count, above, positions);
      int kept = 0;
      for (int i = 0; i < found; i++) {
        int index = first + positions[i];
        if (request.acceptsOfTable(index)) {
          batch.indexes[kept++] = index;
        }
      }
      if (kept > 0) {
        batch.scoreAndOffer(kept);
      }
      if (floor != null) {
        floor.raise(batch.heap().threshold());
      }
    }
  }

  /** Scores the rows that a patch has in place of the table's, in the order of their slots. */
  private void searchPatch(TopRequest request, RowPatch patch, @Nullable SharedFloor floor) {
    Bids bids = request.bids();
    int end = patch.usedSlots();
    for (int first = 0; first < end && !batch.isLate(); first += RowBatch.SIZE) {
      int count = Math.min(RowBatch.SIZE, end - first);
      rowScores.upperBoundsOfSlots(
          patch, request.query(), first, count, batch.indexes, batch.values);
      if (bids != null) {
        for (int i = 0; i < count; i++) {
          batch.indexes[i] = patch.rowOf(first + i);
        }
        batch.evaluate(count);
      }
      float least = batch.heap().threshold();
      if (floor != null) {
        least = Math.max(least, floor.get());
      }
      int found = KERNELS.above(batch.values, count, Math.nextDown(least), positions);
      int kept = 0;
      for (int i = 0; i < found; i++) {
        int slot = first + positions[i];
        int row = patch.rowOf(slot);
        if (patch.isCurrent(slot) && request.accepts(row)) {
          slots[kept] = slot;
          batch.indexes[kept++] = row;
        }
      }
      batch.scoreSlots(patch, slots, kept);
      batch.evaluate(kept);
      batch.offer(kept);
    }
  }
}
