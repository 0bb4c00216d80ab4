package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import femto.kernels.impl.Touch;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.concurrent.atomic.DoubleAccumulator;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Builds a {@link Screen}: means, then the order, then boxes and codes. */
final class ScreenBuilder {
  /** Rows that the means are taken over: any center is right, a good one is better. */
  private static final int SAMPLE = 1 << 16;

  /** Rows whose keys one task makes. */
  private static final int ROWS_PER_TASK = 1 << 13;

  private static final int ROWS_PER_PIECE = 1 << 12;

  /** Rows of a table that are copied to the heap together. */
  private static final int TILE = ScreenLayout.LEAF_ROWS;

  /**
   * Bits of a key: 11 of the shell (exponent and 3 bits of the norm's float), 22 signs, 31 index.
   */
  private static final int INDEX_BITS = 31;

  private static final int SIGN_BITS = 22;
  private static final int SHELL_BITS = 11;
  private static final int SHELLS = 1 << SHELL_BITS;
  private static final int SHELL_SHIFT = 20;

  /** Least radius, in parts of the greatest: keeps every quotient by a radius in range. */
  private static final double LEAST_RADIUS = 1e-6;

  /** More than what is lost where a square underflows, in a space whose greatest radius is 1. */
  private static final double TINY = 1e-30;

  /** More than what rounding a norm to f32 can take away. */
  private static final double RADIUS_MARGIN = 1 + 1e-6;

  private final RowTable rows;
  private final ScreenLayout layout;
  private final MemorySegment memory;
  private final int dimensions;
  private final float[] center;
  private double biasWeight = 1;
  private int[] axes = {};
  private final DoubleAccumulator radius = new DoubleAccumulator(Math::max, 0);
  private long[] keys = {};
  private RadixSort sort = new RadixSort(keys);
  private double scale = 1;
  private double leastRadius = 1;

  ScreenBuilder(RowTable rows, ScreenLayout layout, MemorySegment memory) {
    this.rows = rows;
    this.layout = layout;
    this.memory = memory;
    this.dimensions = layout.dimensions();
    this.center = new float[dimensions];
  }

  /** The work; its last piece hands the screen over. */
  StagedWork work(Consumer<Screen> made) {
    return new StagedWork()
        .step(this::chooseSpace)
        .step(() -> keys = new long[rows.rows()])
        .rows(rows.rows(), ROWS_PER_TASK, ROWS_PER_PIECE, () -> this::fillKeys)
        .step(() -> sort = new RadixSort(keys))
        .then(() -> sort.sorting(INDEX_BITS, SIGN_BITS + SHELL_BITS))
        .step(this::chooseScale)
        // A task fills the groups of one supergroup, whose node only it writes.
        .rows(layout.groups(), ScreenLayout.CHILDREN, 1, Filler::new)
        .step(() -> made.accept(screen()));
  }

  private void chooseScale() {
    if (isUsable()) {
      scale = Math.scalb(1.0, -Math.getExponent(radius.get()));
      leastRadius = radius.get() * scale * LEAST_RADIUS;
    }
  }

  private boolean isUsable() {
    return radius.get() > 0;
  }

  private Screen screen() {
    return new Screen(layout, memory, center, biasWeight, scale, isUsable());
  }

  /** Means, the weight of the bias, and the dimensions in the order of their variances. */
  private void chooseSpace() {
    int count = rows.rows();
    int step = Math.max(1, count / SAMPLE);
    double[] sums = new double[dimensions];
    double[] squares = new double[dimensions];
    float[] row = new float[dimensions];
    long sampled = 0;
    for (long i = 0; i < count; i += step, sampled++) {
      read((int) i, row);
      for (int d = 0; d < dimensions; d++) {
        sums[d] += row[d];
      }
    }
    for (int d = 0; d < dimensions; d++) {
      center[d] = (float) (sums[d] / Math.max(1, sampled));
    }
    for (long i = 0; i < count; i += step) {
      read((int) i, row);
      for (int d = 0; d < dimensions; d++) {
        squares[d] += Math.pow((double) row[d] - center[d], 2);
      }
    }
    double factors = 0;
    for (int d = 1; d < dimensions; d++) {
      factors += squares[d] / (dimensions - 1);
    }
    if (factors > 0) {
      biasWeight = Math.max(1e-6, Math.sqrt(squares[0] / factors));
    }
    squares[0] /= biasWeight * biasWeight;
    axes =
        IntStream.range(0, dimensions)
            .boxed()
            .sorted(Comparator.comparingDouble(d -> -squares[d]))
            .limit(SIGN_BITS)
            .mapToInt(Integer::intValue)
            .toArray();
  }

  private void read(int index, float[] into) {
    MemorySegment.copy(
        rows.segment(), JAVA_FLOAT, rows.layout().rowOffset(index), into, 0, dimensions);
  }

  private void fillKeys(int first, int end) {
    float[] tile = new float[TILE * dimensions];
    double perBias = 1 / biasWeight;
    double greatest = 0;
    for (int from = first; from < end; from += TILE) {
      int count = Math.min(TILE, end - from);
      MemorySegment.copy(
          rows.segment(), JAVA_FLOAT, rows.layout().rowOffset(from), tile, 0, count * dimensions);
      for (int i = 0; i < count; i++) {
        int row = i * dimensions;
        double bias = ((double) tile[row] - center[0]) * perBias;
        double squares = bias * bias;
        for (int d = 1; d < dimensions; d++) {
          double x = (double) tile[row + d] - center[d];
          squares += x * x;
        }
        double norm = Math.sqrt(squares);
        greatest = Math.max(greatest, norm);
        keys[from + i] = key(norm, tile, row, from + i);
      }
    }
    radius.accumulate(greatest);
  }

  /**
   * The farthest shell first; inside a shell the signs as a Gray code, so that neighbours differ in
   * one sign; then the index.
   */
  private long key(double norm, float[] tile, int row, int index) {
    long shell = SHELLS - 1L - (Float.floatToRawIntBits((float) norm) >>> SHELL_SHIFT);
    int signs = 0;
    for (int axis : axes) {
      signs = signs << 1 | (tile[row + axis] > center[axis] ? 1 : 0);
    }
    // Each bit becomes the parity of those from the first to it.
    signs ^= signs >>> 1;
    signs ^= signs >>> 2;
    signs ^= signs >>> 4;
    signs ^= signs >>> 8;
    signs ^= signs >>> 16;
    return (shell << SIGN_BITS | signs) << INDEX_BITS | index;
  }

  /**
   * Fills the groups of a supergroup.
   *
   * <p>Candidate c of a group is at slot {@code c % 64 * 16 + c / 64}: the leaves lie side by side,
   * so that all loops over slots are long ones, which the compiler makes vectors of. Where a leaf
   * ends early, its last candidate takes the slots that are left.
   */
  final class Filler implements RowTasks.Range {
    private static final int SLOTS = ScreenLayout.GROUP_ROWS;
    private static final int HALF = SLOTS / 2;
    private static final int QUARTER = SLOTS / 4;
    private static final int LEAVES = ScreenLayout.CHILDREN;

    /** Not a power of two, so that the dimensions of a slot do not share a set of the cache. */
    private static final int LINE = SLOTS + 16;

    /** Candidates and leaves of the group that is filled. */
    private int count;

    private int leaves;

    /** Keeps the compiler from leaving out what touches the rows. */
    int touched;

    /** Row indexes in the screen's order, and slot by slot. */
    private final int[] indexes = new int[SLOTS];

    private final int[] slots = new int[SLOTS];
    private final float[] tile = new float[TILE * dimensions];

    /** The points of the group, dimension by dimension. */
    private final float[] points = new float[dimensions * LINE];

    /** Squares of their distances from the center. */
    private final double[] squares = new double[SLOTS];

    /** Squares of their distances from the points that their codes stand for. */
    private final double[] errors = new double[SLOTS];

    private final float[] least = new float[HALF];
    private final float[] greatest = new float[HALF];
    private final float[] radii = new float[LEAVES];
    private final int[] codes = new int[SLOTS];
    private final byte[] packed = new byte[(int) (LEAVES * layout.leafBytes())];

    @Override
    public void accept(int first, int end) {
      for (int group = first; group < end; group++) {
        long node = layout.supergroupOffset(group / ScreenLayout.CHILDREN);
        fillGroup(group, node, group % ScreenLayout.CHILDREN);
      }
      if (end == layout.groups()) {
        long node = layout.supergroupOffset(layout.supergroups() - 1);
        for (int empty = end; empty % ScreenLayout.CHILDREN != 0; empty++) {
          fillEmpty(node, empty % ScreenLayout.CHILDREN);
        }
      }
    }

    /** A child without points: the point 0. */
    private void fillEmpty(long node, int child) {
      for (int d = 0; d < dimensions; d++) {
        setBox(node, d, child, 0, 0);
      }
      setRadius(node, child, (float) leastRadius);
    }

    private void setBox(long node, int dimension, int child, float low, float high) {
      long at = node + ScreenLayout.sideOffset(dimension, child);
      memory.set(JAVA_INT, at, KernelSupport.side(low, high));
    }

    private void setRadius(long node, int child, float radius) {
      memory.set(JAVA_FLOAT, node + layout.radiusOffset(child), radius);
    }

    private void fillGroup(int group, long parent, int place) {
      readPoints(group);
      long node = layout.groupOffset(group);
      long frame = layout.frameOffset(group);
      memory.asSlice(frame, layout.frameBytes()).fill((byte) 0);
      Arrays.fill(packed, (byte) 0);
      Arrays.fill(errors, 0);
      for (int d = 0; d < dimensions; d++) {
        findBoxes(d * LINE);
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (int leaf = 0; leaf < leaves; leaf++) {
          low = Math.min(low, least[leaf]);
          high = Math.max(high, greatest[leaf]);
        }
        copyBoxes(node, d);
        setBox(parent, d, place, low, high);
        float step = (high - low) * KernelSupport.PER_STEP;
        memory.set(JAVA_FLOAT, frame + (long) d * Float.BYTES, low);
        memory.set(JAVA_FLOAT, frame + layout.stepOffset(d), step);
        code(d * LINE, low, step);
        pack(d);
      }
      float radius = fillRadii(node);
      setRadius(parent, place, radius);
      memory.set(JAVA_FLOAT, frame + layout.frameRadiusOffset(), radius);
      memory.set(JAVA_FLOAT, frame + layout.frameRadiusOffset() + Float.BYTES, error());
      MemorySegment.copy(
          packed,
          0,
          memory,
          JAVA_BYTE,
          layout.codesOffset(group * LEAVES),
          (int) (leaves * layout.leafBytes()));
    }

    private void readPoints(int group) {
      long[] order = sort.numbers();
      int first = group * SLOTS;
      count = Math.min(SLOTS, order.length - first);
      leaves = (count + ScreenLayout.LEAF_ROWS - 1) / ScreenLayout.LEAF_ROWS;
      for (int c = 0; c < count; c++) {
        indexes[c] = (int) (order[first + c] & Integer.MAX_VALUE);
      }
      MemorySegment.copy(indexes, 0, memory, JAVA_INT, layout.indexOffset(first), count);
      for (int slot = 0; slot < SLOTS; slot++) {
        slots[slot] = indexes[Math.min(candidate(slot), count - 1)];
      }
      touched += Touch.rows(rows.segment(), dimensions - 1, 0, dimensions - 1, indexes, 0, count);
      Arrays.fill(squares, 0);
      for (int slot = 0; slot < SLOTS; slot += TILE) {
        readTile(slot);
      }
    }

    private void readTile(int first) {
      for (int i = 0; i < TILE; i++) {
        MemorySegment.copy(
            rows.segment(),
            JAVA_FLOAT,
            rows.layout().rowOffset(slots[first + i]),
            tile,
            i * dimensions,
            dimensions);
      }
      for (int d = 0; d < dimensions; d++) {
        double factor = d == 0 ? scale / biasWeight : scale;
        double middle = center[d];
        int line = d * LINE + first;
        for (int i = 0; i < TILE; i++) {
          float x = (float) ((tile[i * dimensions + d] - middle) * factor);
          points[line + i] = x;
          squares[first + i] += (double) x * x;
        }
      }
    }

    /** Least and greatest numbers of each leaf in a dimension. */
    private void findBoxes(int line) {
      for (int i = 0; i < HALF; i++) {
        least[i] = Math.min(points[line + i], points[line + HALF + i]);
        greatest[i] = Math.max(points[line + i], points[line + HALF + i]);
      }
      for (int half = HALF / 2; half >= LEAVES; half /= 2) {
        for (int i = 0; i < half; i++) {
          least[i] = Math.min(least[i], least[half + i]);
          greatest[i] = Math.max(greatest[i], greatest[half + i]);
        }
      }
    }

    private void copyBoxes(long node, int dimension) {
      Arrays.fill(least, leaves, LEAVES, 0);
      Arrays.fill(greatest, leaves, LEAVES, 0);
      for (int leaf = 0; leaf < LEAVES; leaf++) {
        setBox(node, dimension, leaf, least[leaf], greatest[leaf]);
      }
    }

    /** Radii of the leaves; returns that of the group. */
    private float fillRadii(long node) {
      float least = (float) leastRadius;
      float radius = least;
      Arrays.fill(radii, least);
      for (int leaf = 0; leaf < leaves; leaf++) {
        double most = 0;
        for (int slot = leaf; slot < SLOTS; slot += LEAVES) {
          most = Math.max(most, squares[slot]);
        }
        radii[leaf] = Math.max(least, (float) (Math.sqrt(most) * RADIUS_MARGIN));
        radius = Math.max(radius, radii[leaf]);
      }
      MemorySegment.copy(radii, 0, memory, JAVA_FLOAT, node + layout.radiusOffset(0), LEAVES);
      return radius;
    }

    private float error() {
      double most = 0;
      for (double error : errors) {
        most = Math.max(most, error);
      }
      return (float) (Math.sqrt(most) * RADIUS_MARGIN + TINY);
    }

    private void code(int line, float low, float step) {
      double perStep = step > 0 ? 1.0 / step : 0;
      double wideLow = low;
      double wideStep = step;
      for (int i = 0; i < SLOTS; i++) {
        double x = points[line + i] - wideLow;
        // Not negative, so that this rounds to the nearest.
        int code = Math.min((int) (x * perStep + 0.5), KernelSupport.MAX_CODE);
        double rest = x - code * wideStep;
        errors[i] += rest * rest;
        codes[i] = code;
      }
    }

    /** Writes the codes of a dimension where {@link ScreenLayout} has them. */
    private void pack(int dimension) {
      clearUnused();
      int leafBytes = (int) layout.leafBytes();
      int first = (int) ScalarKernels.codeOffset(dimension, 0);
      for (int leaf = 0; leaf < leaves; leaf++) {
        int at = leaf * leafBytes + first;
        for (int slot = leaf; slot < QUARTER; slot += LEAVES, at += Short.BYTES) {
          packed[at] = (byte) (codes[slot] | codes[QUARTER + slot] << 4);
          packed[at + 1] = (byte) (codes[HALF + slot] | codes[HALF + QUARTER + slot] << 4);
        }
      }
    }

    private void clearUnused() {
      for (int slot = 0; count < SLOTS && slot < SLOTS; slot++) {
        codes[slot] = candidate(slot) < count ? codes[slot] : 0;
      }
    }

    private static int candidate(int slot) {
      return slot % LEAVES * ScreenLayout.LEAF_ROWS + slot / LEAVES;
    }
  }
}
