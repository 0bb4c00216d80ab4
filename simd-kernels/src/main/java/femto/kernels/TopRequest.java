package femto.kernels;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link TopSearch} is to find, and among which rows. Everything but the query and K may be
 * left out. Reused from request to request by one owner; setting it allocates nothing.
 */
public final class TopRequest {
  /** How to search. */
  public enum Method {
    /** Whatever is fastest by size, K and what the last searches let through. */
    AUTO,
    /** Score every row. */
    PLAIN,
    /** Use the screen, however small the table and however little it helped before. */
    SCREEN
  }

  private float[] query = {};
  private int k;
  private @Nullable Selection selection;
  private long @Nullable [] excluded;
  private @Nullable Bids bids;
  private @Nullable RowPatch patch;
  private float constant;
  private boolean hasDeadline;
  private long deadline;
  private Method method = Method.AUTO;

  /** Makes a request for nothing. */
  public TopRequest() {}

  /**
   * Begins a new request; all settings but these go back to their defaults.
   *
   * @param newQuery the query, kept by reference
   * @param newK how many rows to find, 0 or more
   * @return this
   */
  public TopRequest reset(float[] newQuery, int newK) {
    if (newK < 0) {
      throw new IllegalArgumentException("k=" + newK + ", expected 0 or more");
    }
    query = newQuery;
    k = newK;
    selection = null;
    excluded = null;
    bids = null;
    patch = null;
    constant = 0;
    hasDeadline = false;
    method = Method.AUTO;
    return this;
  }

  /**
   * Finds only rows of a selection.
   *
   * @param only the selection, or null for all rows
   * @return this
   */
  public TopRequest among(@Nullable Selection only) {
    selection = only;
    return this;
  }

  /**
   * Leaves rows out.
   *
   * @param bitmap bit {@code i & 63} of word {@code i >> 6} is set where row i must not be found;
   *     rows past its end are not excluded; null excludes none; kept by reference
   * @return this
   */
  public TopRequest excluding(long @Nullable [] bitmap) {
    excluded = bitmap;
    return this;
  }

  /**
   * Finds the rows as a patch has them: replaced ones by their new numbers, added ones too, removed
   * ones not at all.
   *
   * @param newPatch a patch of the table that is searched, or null for the table as it is
   * @return this
   */
  public TopRequest patchedBy(@Nullable RowPatch newPatch) {
    patch = newPatch;
    return this;
  }

  /**
   * Orders by expected value: {@code bid * sigmoid(constant + score)}, each operation rounded to
   * f32. That product is what is returned.
   *
   * @param newBids the bids
   * @param newConstant what is added to every score first: finite, at most {@link
   *     RowTable#MAX_MAGNITUDE}
   * @return this
   */
  public TopRequest byExpectedValue(Bids newBids, float newConstant) {
    if (!(Math.abs(newConstant) <= RowTable.MAX_MAGNITUDE)) {
      throw new IllegalArgumentException(
          "constant="
              + newConstant
              + ", expected a finite number of magnitude at most "
              + RowTable.MAX_MAGNITUDE);
    }
    bids = newBids;
    constant = newConstant;
    return this;
  }

  /**
   * Stops at a time. It is looked at between blocks of about a thousand rows; what has been found
   * by then is returned, and {@link TopSearch#wasTruncated} says so.
   *
   * @param nanoTime a time of {@link System#nanoTime}
   * @return this
   */
  public TopRequest until(long nanoTime) {
    hasDeadline = true;
    deadline = nanoTime;
    return this;
  }

  /**
   * Forces how to search; the answer is the same.
   *
   * @param newMethod the method
   * @return this
   */
  public TopRequest by(Method newMethod) {
    method = newMethod;
    return this;
  }

  /**
   * What the request orders by.
   *
   * @return true for expected values, false for scores
   */
  public boolean isByExpectedValue() {
    return bids != null;
  }

  float[] query() {
    return query;
  }

  int k() {
    return k;
  }

  @Nullable Selection selection() {
    return selection;
  }

  @Nullable Bids bids() {
    return bids;
  }

  @Nullable RowPatch patch() {
    return patch;
  }

  float constant() {
    return constant;
  }

  Method method() {
    return method;
  }

  boolean isLate() {
    return hasDeadline && System.nanoTime() - deadline >= 0;
  }

  /** Whether nothing is asked for that a search of many queries at once does not do. */
  boolean canShareBlocks() {
    return bids == null && selection == null && !hasDeadline && method == Method.AUTO;
  }

  /** Whether a row may be found with the numbers that the table has. */
  boolean acceptsOfTable(int index) {
    return (patch == null || !patch.changes(index)) && accepts(index);
  }

  /** Whether a row is among those that may be found. */
  boolean accepts(int index) {
    return (selection == null || selection.contains(index))
        && (excluded == null || !Checks.isSet(excluded, index))
        && (bids == null || index < bids.size());
  }
}
