package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What lets a search for the best rows of a {@link RowTable} pass over most of them: the same rows
 * in 4-bit codes, in an order of their own, with bounds over every 64, 1,024 and 16,384 of them.
 *
 * <p>A row is a point x of {@code length + 1} dimensions: its bias and factors, less their means
 * over the table, the bias also divided by a weight beta. A query is the point y = (beta, q), and a
 * score is {@code C + <y, x>}, where C is the score of the means. The order puts points of like
 * distance from the mean together (eight shells an octave, the farthest first), and among those the
 * ones with the same signs, the dimensions of the largest variance first, so that a run of points
 * lies in a small box and in a thin shell. Over all points x with {@code low <= x <= high} and
 * {@code |x| <= R}, and for any lambda above 0,
 *
 * <pre>{@code
 * <y, x> <= lambda R^2 / 2 + sum_d max over t in [low_d, high_d] of (y_d t - lambda t^2 / 2)
 * }</pre>
 *
 * (Lagrangian duality for the one constraint on the norm). The bound is tightest near {@code lambda
 * = T / R^2} when it is close to T, and so that is the lambda with which a threshold T is compared.
 * The bounds and the codes take into account every rounding of their own and of the chain of {@link
 * RowScores}; a row whose chain reaches a threshold is never passed over.
 *
 * <p>A view over memory that somebody else owns; immutable once built, and safe to share.
 */
public final class Screen {
  private final ScreenLayout layout;
  private final MemorySegment segment;
  private final float[] center;
  private final double biasWeight;
  private final double scale;
  private final double centerNorm;
  private final boolean usable;

  Screen(
      ScreenLayout layout,
      MemorySegment segment,
      float[] center,
      double biasWeight,
      double scale,
      boolean usable) {
    this.layout = layout;
    this.segment = segment;
    this.center = center;
    this.biasWeight = biasWeight;
    this.scale = scale;
    this.usable = usable;
    double squares = Math.pow(center[0] / biasWeight, 2);
    for (int d = 1; d < center.length; d++) {
      squares += (double) center[d] * center[d];
    }
    this.centerNorm = Math.sqrt(squares);
  }

  /**
   * Builds the screen of a table, on the common pool or on the fork-join pool of the calling
   * thread. Takes 16 bytes of heap a row meanwhile.
   *
   * @param rows the table, which must not change afterwards
   * @param memory where the screen goes: {@code new ScreenLayout(rows, length).bytes()} bytes,
   *     aligned to 64
   * @return the screen
   * @throws IllegalArgumentException if the memory has another size
   */
  public static Screen build(RowTable rows, MemorySegment memory) {
    AtomicReference<@Nullable Screen> screen = new AtomicReference<>();
    building(rows, memory, screen::set).run();
    return Objects.requireNonNull(screen.get());
  }

  /**
   * The same as work that can be done piece by piece.
   *
   * @param rows as in {@link #build}
   * @param memory as there
   * @param made receives the screen when the work is done
   * @return the work; a piece takes well under a millisecond for common lengths, but for a few that
   *     take as long as it takes to fill 8 bytes a row with zeros
   * @throws IllegalArgumentException as there
   */
  public static StagedWork building(RowTable rows, MemorySegment memory, Consumer<Screen> made) {
    ScreenLayout layout = new ScreenLayout(rows.rows(), rows.length());
    if (memory.byteSize() != layout.bytes()) {
      throw new IllegalArgumentException(
          "memory of "
              + memory.byteSize()
              + " bytes, expected "
              + layout.bytes()
              + " for a screen of "
              + rows.rows()
              + " rows of "
              + rows.length()
              + " factors and a bias");
    }
    return new ScreenBuilder(rows, layout, memory).work(made);
  }

  /**
   * Where the numbers stand.
   *
   * @return the layout
   */
  public ScreenLayout layout() {
    return layout;
  }

  /**
   * The memory under the screen.
   *
   * @return the segment given to {@link #build}
   */
  public MemorySegment segment() {
    return segment;
  }

  /**
   * Whether the screen can tell rows apart.
   *
   * @return false if all rows are equal, or there is none
   */
  public boolean isUsable() {
    return usable;
  }

  /** The row at a place in the screen's order. */
  int index(long place) {
    return segment.get(JAVA_INT, layout.indexOffset(place));
  }

  /** The mean of the bias (0) and of the factors (from 1). */
  float center(int dimension) {
    return center[dimension];
  }

  /** Beta. */
  double biasWeight() {
    return biasWeight;
  }

  /** A power of two; points are multiplied by it, so that the greatest radius is about 1. */
  double scale() {
    return scale;
  }

  /** Norm of the means, in units of a point before scaling. */
  double centerNorm() {
    return centerNorm;
  }
}
