package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Builds a {@link Screen}: means, then the order, then boxes and codes. */
final class ScreenBuilder {
  /** Rows that the means are taken over: any center is right, a good one is better. */
  private static final int SAMPLE = 1 << 16;

  /** Rows that one task orders. */
  private static final int ROWS_PER_TASK = 1 << 14;

  /**
   * Bits of a key: 11 of the shell (exponent and 3 bits of the norm's float), 22 signs, 31 index.
   */
  private static final int INDEX_BITS = 31;

  private static final int SIGN_BITS = 22;
  private static final int SHELLS = 1 << 11;
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
  private double scale = 1;

  ScreenBuilder(RowTable rows, ScreenLayout layout, MemorySegment memory) {
    this.rows = rows;
    this.layout = layout;
    this.memory = memory;
    this.dimensions = layout.dimensions();
    this.center = new float[dimensions];
  }

  Screen build() {
    chooseSpace();
    long[] keys = new long[rows.rows()];
    double radius = fillKeys(keys);
    Arrays.parallelSort(keys);
    boolean usable = radius > 0;
    scale = usable ? Math.scalb(1.0, -Math.getExponent(radius)) : 1;
    double leastRadius = usable ? radius * scale * LEAST_RADIUS : 1;
    // A task fills the groups of one supergroup, whose node only it writes.
    IntStream.range(0, layout.supergroups())
        .parallel()
        .forEach(supergroup -> new Filler(keys, leastRadius).fill(supergroup));
    return new Screen(layout, memory, center, biasWeight, scale, usable);
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

  private double coordinate(float value, int dimension) {
    double centered = (double) value - center[dimension];
    return dimension == 0 ? centered / biasWeight : centered;
  }

  /** Returns the greatest norm. */
  private double fillKeys(long[] keys) {
    int tasks = (int) ((keys.length + (long) ROWS_PER_TASK - 1) / ROWS_PER_TASK);
    return IntStream.range(0, tasks)
        .parallel()
        .mapToDouble(
            task -> {
              float[] row = new float[dimensions];
              double[] point = new double[dimensions];
              double greatest = 0;
              int first = task * ROWS_PER_TASK;
              int end = (int) Math.min(keys.length, first + (long) ROWS_PER_TASK);
              for (int i = first; i < end; i++) {
                read(i, row);
                double squares = 0;
                for (int d = 0; d < dimensions; d++) {
                  point[d] = coordinate(row[d], d);
                  squares += point[d] * point[d];
                }
                double norm = Math.sqrt(squares);
                greatest = Math.max(greatest, norm);
                keys[i] = key(norm, point, i);
              }
              return greatest;
            })
        .max()
        .orElse(0);
  }

  /**
   * The farthest shell first; inside a shell the signs as a Gray code, so that neighbours differ in
   * one sign; then the index.
   */
  private long key(double norm, double[] point, int index) {
    long shell = SHELLS - 1L - (Float.floatToRawIntBits((float) norm) >>> SHELL_SHIFT);
    long rank = 0;
    long parity = 0;
    for (int axis : axes) {
      parity ^= point[axis] > 0 ? 1 : 0;
      rank = rank << 1 | parity;
    }
    return (shell << SIGN_BITS | rank) << INDEX_BITS | index;
  }

  /** Fills supergroups; one a task. */
  private final class Filler {
    private final long[] keys;
    private final double leastRadius;
    private final float[] row = new float[dimensions];

    /** The points of a group, dimension by dimension. */
    private final float[] points = new float[dimensions * ScreenLayout.GROUP_ROWS];

    private final double[] radii = new double[ScreenLayout.GROUP_ROWS];

    /** Squared distances of the points from those that their codes stand for. */
    private final double[] errors = new double[ScreenLayout.GROUP_ROWS];

    Filler(long[] keys, double leastRadius) {
      this.keys = keys;
      this.leastRadius = leastRadius;
    }

    void fill(int supergroup) {
      long node = layout.supergroupOffset(supergroup);
      for (int child = 0; child < ScreenLayout.CHILDREN; child++) {
        int group = supergroup * ScreenLayout.CHILDREN + child;
        if (group < layout.groups()) {
          fillGroup(group, node, child);
        } else {
          fillEmpty(node, child);
        }
      }
    }

    private void fillGroup(int group, long parent, int place) {
      int first = group * ScreenLayout.GROUP_ROWS;
      int count = Math.min(ScreenLayout.GROUP_ROWS, keys.length - first);
      readPoints(first, count);
      long node = layout.groupOffset(group);
      for (int child = 0; child < ScreenLayout.CHILDREN; child++) {
        int from = child * ScreenLayout.LEAF_ROWS;
        if (from < count) {
          fillChild(node, child, from, Math.min(from + ScreenLayout.LEAF_ROWS, count));
        } else {
          fillEmpty(node, child);
        }
      }
      double radius = fillChild(parent, place, 0, count);
      fillFrame(group, count, radius);
    }

    private void readPoints(int first, int count) {
      for (int c = 0; c < count; c++) {
        int index = (int) (keys[first + c] & Integer.MAX_VALUE);
        memory.set(JAVA_INT, layout.indexOffset(first + (long) c), index);
        read(index, row);
        double squares = 0;
        for (int d = 0; d < dimensions; d++) {
          float x = (float) (coordinate(row[d], d) * scale);
          points[d * ScreenLayout.GROUP_ROWS + c] = x;
          squares += (double) x * x;
        }
        radii[c] = Math.sqrt(squares);
      }
    }

    /** Box and radius of some of the points become those of a child; returns the radius. */
    private double fillChild(long node, int child, int from, int to) {
      for (int d = 0; d < dimensions; d++) {
        int line = d * ScreenLayout.GROUP_ROWS;
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (int c = line + from; c < line + to; c++) {
          low = Math.min(low, points[c]);
          high = Math.max(high, points[c]);
        }
        memory.set(JAVA_FLOAT, node + ScreenLayout.lowOffset(d, child), low);
        memory.set(JAVA_FLOAT, node + ScreenLayout.highOffset(d, child), high);
      }
      double radius = 0;
      for (int c = from; c < to; c++) {
        radius = Math.max(radius, radii[c]);
      }
      radius = Math.max(radius * RADIUS_MARGIN, leastRadius);
      memory.set(JAVA_FLOAT, node + layout.radiusOffset(child), (float) radius);
      return radius;
    }

    /** A child without points: the point 0. */
    private void fillEmpty(long node, int child) {
      for (int d = 0; d < dimensions; d++) {
        memory.set(JAVA_FLOAT, node + ScreenLayout.lowOffset(d, child), 0);
        memory.set(JAVA_FLOAT, node + ScreenLayout.highOffset(d, child), 0);
      }
      memory.set(JAVA_FLOAT, node + layout.radiusOffset(child), (float) leastRadius);
    }

    private void fillFrame(int group, int count, double radius) {
      long frame = layout.frameOffset(group);
      memory.asSlice(frame, layout.frameBytes()).fill((byte) 0);
      int firstLeaf = group * ScreenLayout.CHILDREN;
      int leaves = Math.min(ScreenLayout.CHILDREN, layout.leaves() - firstLeaf);
      memory.asSlice(layout.codesOffset(firstLeaf), leaves * layout.leafBytes()).fill((byte) 0);
      Arrays.fill(errors, 0);
      for (int d = 0; d < dimensions; d++) {
        fillCodes(frame, firstLeaf, d, count);
      }
      double error = Math.sqrt(Arrays.stream(errors).max().orElse(0));
      memory.set(JAVA_FLOAT, frame + layout.frameRadiusOffset(), (float) radius);
      memory.set(
          JAVA_FLOAT,
          frame + layout.frameRadiusOffset() + Float.BYTES,
          (float) (error * RADIUS_MARGIN + TINY));
    }

    private void fillCodes(long frame, int firstLeaf, int dimension, int count) {
      int line = dimension * ScreenLayout.GROUP_ROWS;
      float low = Float.POSITIVE_INFINITY;
      float high = Float.NEGATIVE_INFINITY;
      for (int c = line; c < line + count; c++) {
        low = Math.min(low, points[c]);
        high = Math.max(high, points[c]);
      }
      float step = (high - low) * KernelSupport.PER_STEP;
      memory.set(JAVA_FLOAT, frame + (long) dimension * Float.BYTES, low);
      memory.set(JAVA_FLOAT, frame + layout.stepOffset(dimension), step);
      for (int c = 0; c < count; c++) {
        double x = points[line + c];
        long nearest = step > 0 ? Math.round((x - low) / step) : 0;
        int code = Math.clamp(nearest, 0, KernelSupport.MAX_CODE);
        double rest = x - (low + code * (double) step);
        errors[c] += rest * rest;
        int inLeaf = c % ScreenLayout.LEAF_ROWS;
        long at =
            layout.codesOffset(firstLeaf + c / ScreenLayout.LEAF_ROWS)
                + ScalarKernels.codeOffset(dimension, inLeaf);
        int bits = code << ScalarKernels.codeShift(inLeaf);
        memory.set(JAVA_BYTE, at, (byte) (memory.get(JAVA_BYTE, at) | bits));
      }
    }
  }
}
