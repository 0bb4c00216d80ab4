package femto.kernels;

import org.jspecify.annotations.Nullable;

/**
 * What each row is worth if it succeeds; a search by expected value orders by bid times
 * probability. Immutable; safe to share. Rows past its end may not be found.
 *
 * <p>A bid is a finite number, 0 or more, so that no expected value can be infinite or NaN. -0.0
 * counts as 0.
 */
public final class Bids {
  /** Largest bid. */
  public static final float MAX_BID = RowTable.MAX_MAGNITUDE;

  private final float[] values;
  private final @Nullable Screen screen;
  private final float greatest;

  /** The greatest bid of each group and of each leaf of the screen; empty without one. */
  private final float[] groupCeilings;

  private final float[] leafCeilings;

  private Bids(float[] values, @Nullable Screen screen) {
    this.values = values;
    this.screen = screen;
    float max = 0;
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0 && values[i] <= MAX_BID)) {
        throw new IllegalArgumentException(
            "bid " + i + " is " + values[i] + ", expected a finite number from 0 to " + MAX_BID);
      }
      values[i] += 0f; // -0.0 becomes 0.0
      max = Math.max(max, values[i]);
    }
    this.greatest = max;
    int groups = screen == null ? 0 : screen.layout().supergroups() * ScreenLayout.CHILDREN;
    this.groupCeilings = new float[groups];
    this.leafCeilings = new float[groups * ScreenLayout.CHILDREN];
    if (screen != null) {
      fillCeilings(screen);
    }
  }

  private void fillCeilings(Screen of) {
    int rows = of.layout().rows();
    for (int place = 0; place < rows; place++) {
      int index = of.index(place);
      if (index < values.length) {
        int leaf = place / ScreenLayout.LEAF_ROWS;
        int group = leaf / ScreenLayout.CHILDREN;
        leafCeilings[leaf] = Math.max(leafCeilings[leaf], values[index]);
        groupCeilings[group] = Math.max(groupCeilings[group], values[index]);
      }
    }
  }

  /**
   * Copies bids.
   *
   * @param values the bid of row i at i, 0 to {@value #MAX_BID}
   * @return the bids
   * @throws IllegalArgumentException naming the first bid that is out of range, infinite or NaN
   */
  public static Bids copyOf(float[] values) {
    return new Bids(values.clone(), null);
  }

  /**
   * Copies bids and notes the greatest of each part of a screen, which makes searches through that
   * screen pass over more. Costs a look at every row, about 10 ns each.
   *
   * @param values as for {@link #copyOf(float[])}
   * @param screen the screen that will be searched
   * @return the bids
   * @throws IllegalArgumentException as for {@link #copyOf(float[])}
   */
  public static Bids copyOf(float[] values, Screen screen) {
    return new Bids(values.clone(), screen);
  }

  /**
   * The bid of a row.
   *
   * @param index row index
   * @return its bid
   * @throws IndexOutOfBoundsException if it has none
   */
  public float get(int index) {
    return values[index];
  }

  /**
   * How many rows have a bid.
   *
   * @return those from 0 to one less than this
   */
  public int size() {
    return values.length;
  }

  float[] values() {
    return values;
  }

  float groupCeiling(Screen of, int group) {
    return of == screen ? groupCeilings[group] : greatest;
  }

  float leafCeiling(Screen of, int leaf) {
    return of == screen ? leafCeilings[leaf] : greatest;
  }
}
