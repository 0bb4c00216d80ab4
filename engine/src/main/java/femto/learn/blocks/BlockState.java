package femto.learn.blocks;

import femto.model.FeatureRows;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a sweep keeps of one block. For a factor f, with q the row's sum of the factor, s the sum of
 * the other blocks' rows and e the error (score less target) of each of the row's examples, before
 * the factor's weights of this block change, each counting as much as its example does:
 *
 * <pre>
 *   row r, at r * STRIDE
 *   +----------+-------+---------+-------+--------+---+-------------------+--------------------+
 *   | counts   | sum s | sum s^2 | sum e | sum es | q | change of q since | change of score    |
 *   |          |       |         |       |        |   |                   | but that through s |
 *   +----------+-------+---------+-------+--------+---+-------------------+--------------------+
 *     N          S1      S2        E0      E1       Q   MOVED               OWN
 * </pre>
 *
 * <p>A weight v of feature j changes the score of a row's example by {@code h = x (r + s)}, {@code
 * r = q - x v}, times its own change; and by now the errors are {@code e + OWN + MOVED s}. So the
 * sums over examples that a step needs are
 *
 * <pre>{@code
 * sum h^2 = sum_rows x^2 (r a + b),  a = N r + S1,  b = S1 r + S2
 * sum h e = sum_rows x (r E0 + E1 + OWN a + MOVED b)
 * }</pre>
 *
 * and a change d of v leaves {@code q += d x, MOVED += d x, OWN += d x r} (after Rendle, "Scaling
 * Factorization Machines to Relational Data", VLDB 2013, section 4). The errors themselves are
 * brought up to date once a factor and block.
 */
final class BlockState {
  private static final int STRIDE = 8; // a cache line
  private static final int N = 0;
  private static final int S1 = 1;
  private static final int S2 = 2;
  private static final int E0 = 3;
  private static final int E1 = 4;
  private static final int Q = 5;
  private static final int MOVED = 6;
  private static final int OWN = 7;

  private final int rows;

  /** Examples row by row: those of row r are {@code order[rowOffsets[r]] ..}. */
  final int[] order;

  final int[] rowOffsets;

  /** Of each example in that order, how much it counts; none if all count alike. */
  private final double @Nullable [] counts;

  /** The same of each row's examples together. */
  private final double[] rowCounts;

  /** Of each example in that order, its row of each other block. */
  private final int[][] otherRows;

  /** By feature of the block, its rows; rows without examples are left out. */
  final int[] features;

  private final int[] entryOffsets;
  private final int[] entryBases;
  private final double[] entryWeights;

  private final double[] state;
  private final double[] s;

  /** Of each factor, of each row. */
  private final double[][] q;

  /** What the last {@link #sum} or {@link #sumLinear} came to. */
  double squares;

  double products;

  BlockState(BlockData data, int block, int factors) {
    Block own = data.blocks().get(block);
    FeatureRows shared = own.rows();
    this.rows = shared.rows();
    this.state = new double[rows * STRIDE];
    this.s = new double[data.size()];
    this.q = new double[factors][rows];
    this.rowOffsets = offsets(own.rowOf(), rows);
    this.order = new int[data.size()];
    int[] next = rowOffsets.clone();
    for (int example = 0; example < order.length; example++) {
      order[next[own.rowOf()[example]]++] = example;
    }
    this.counts =
        data.isWeighted()
            ? Arrays.stream(order).mapToDouble(example -> data.weights()[example]).toArray()
            : null;
    this.rowCounts = new double[rows];
    for (int row = 0; row < rows; row++) {
      for (int at = rowOffsets[row]; at < rowOffsets[row + 1]; at++) {
        rowCounts[row] += data.weights()[order[at]];
      }
    }
    List<Block> others = new java.util.ArrayList<>(data.blocks());
    others.remove(block);
    this.otherRows = new int[others.size()][];
    for (int other = 0; other < otherRows.length; other++) {
      int[] rowOf = others.get(other).rowOf();
      otherRows[other] = Arrays.stream(order).map(example -> rowOf[example]).toArray();
    }
    int[] uses = new int[data.features().size() + 1];
    for (int row = 0; row < rows; row++) {
      for (long entry = shared.offset(row); entry < shared.offset(row + 1); entry++) {
        uses[shared.feature(entry) + 1] += isUsed(row) ? 1 : 0;
      }
    }
    Arrays.parallelPrefix(uses, Integer::sum);
    int[] place = uses.clone();
    int[] bases = new int[uses[uses.length - 1]];
    double[] weights = new double[bases.length];
    for (int row = 0; row < rows; row++) {
      for (long entry = shared.offset(row);
          entry < shared.offset(row + 1) && isUsed(row);
          entry++) {
        int at = place[shared.feature(entry)]++;
        bases[at] = row * STRIDE;
        weights[at] = shared.weight(entry);
      }
    }
    this.entryBases = bases;
    this.entryWeights = weights;
    int[] used = new int[data.features().size()];
    int[] starts = new int[used.length + 1];
    int count = 0;
    for (int feature = 0; feature < used.length; feature++) {
      if (uses[feature + 1] > uses[feature]) {
        starts[count] = uses[feature];
        used[count++] = feature;
      }
    }
    starts[count] = bases.length;
    this.features = Arrays.copyOf(used, count);
    this.entryOffsets = Arrays.copyOf(starts, count + 1);
  }

  private static int[] offsets(int[] rowOf, int rows) {
    int[] offsets = new int[rows + 1];
    for (int row : rowOf) {
      offsets[row + 1]++;
    }
    for (int row = 0; row < rows; row++) {
      offsets[row + 1] += offsets[row];
    }
    return offsets;
  }

  private boolean isUsed(int row) {
    return rowOffsets[row + 1] > rowOffsets[row];
  }

  /** Computes the rows' sums of a factor from its weights. */
  void fold(int factor, double[] weights) {
    double[] sums = q[factor];
    Arrays.fill(sums, 0);
    for (int i = 0; i < features.length; i++) {
      double v = weights[features[i]];
      for (int entry = entryOffsets[i]; entry < entryOffsets[i + 1]; entry++) {
        sums[entryBases[entry] / STRIDE] += entryWeights[entry] * v;
      }
    }
  }

  /** The rows' sums of a factor. */
  double[] sums(int factor) {
    return q[factor];
  }

  /** Sums up examples for the linear weights. */
  void startLinear(double[] errors) {
    for (int row = 0; row < rows; row++) {
      double e0 = 0;
      for (int at = rowOffsets[row]; at < rowOffsets[row + 1]; at++) {
        double error = errors[order[at]];
        e0 += counts == null ? error : counts[at] * error;
      }
      int base = row * STRIDE;
      state[base + N] = rowCounts[row];
      state[base + E0] = e0;
      state[base + OWN] = 0;
    }
  }

  /** Leaves in {@link #squares} and {@link #products} the sums for the i-th feature. */
  void sumLinear(int i) {
    double squared = 0;
    double product = 0;
    for (int entry = entryOffsets[i]; entry < entryOffsets[i + 1]; entry++) {
      int base = entryBases[entry];
      double x = entryWeights[entry];
      squared += x * x * state[base + N];
      product += x * state[base + E0];
    }
    squares = squared;
    products = product;
  }

  /** Adds to the linear weight of the i-th feature. */
  void addLinear(int i, double change) {
    for (int entry = entryOffsets[i]; entry < entryOffsets[i + 1]; entry++) {
      int base = entryBases[entry];
      double step = change * entryWeights[entry];
      state[base + E0] += step * state[base + N];
      state[base + OWN] += step;
    }
  }

  /** Brings errors up to date. */
  void endLinear(double[] errors) {
    for (int row = 0; row < rows; row++) {
      double own = state[row * STRIDE + OWN];
      for (int at = rowOffsets[row]; at < rowOffsets[row + 1]; at++) {
        errors[order[at]] += own;
      }
    }
  }

  /**
   * Sums up examples for the weights of a factor.
   *
   * @param others the sums of the factor of the other blocks' rows
   */
  void start(int factor, List<double[]> others, double[] errors) {
    double[] own = q[factor];
    sumOthers(others);
    for (int row = 0; row < rows; row++) {
      double s1 = 0;
      double s2 = 0;
      double e0 = 0;
      double e1 = 0;
      for (int at = rowOffsets[row]; at < rowOffsets[row + 1]; at++) {
        double other = s[at];
        double error = errors[order[at]];
        double counted = other;
        double countedError = error;
        if (counts != null) {
          counted *= counts[at];
          countedError *= counts[at];
        }
        s1 += counted;
        s2 += counted * other;
        e0 += countedError;
        e1 += counted * error;
      }
      int base = row * STRIDE;
      state[base + N] = rowCounts[row];
      state[base + S1] = s1;
      state[base + S2] = s2;
      state[base + E0] = e0;
      state[base + E1] = e1;
      state[base + Q] = own[row];
      state[base + MOVED] = 0;
      state[base + OWN] = 0;
    }
  }

  private void sumOthers(List<double[]> others) {
    if (others.isEmpty()) {
      return;
    }
    int[] first = otherRows[0];
    double[] sums = others.get(0);
    for (int at = 0; at < s.length; at++) {
      s[at] = sums[first[at]];
    }
    for (int other = 1; other < otherRows.length; other++) {
      int[] row = otherRows[other];
      double[] more = others.get(other);
      for (int at = 0; at < s.length; at++) {
        s[at] += more[row[at]];
      }
    }
  }

  /** Leaves in {@link #squares} and {@link #products} the sums for the i-th feature. */
  void sum(int i, double v) {
    double squared = 0;
    double product = 0;
    for (int entry = entryOffsets[i]; entry < entryOffsets[i + 1]; entry++) {
      int base = entryBases[entry];
      double x = entryWeights[entry];
      double s1 = state[base + S1];
      double r = Math.fma(-x, v, state[base + Q]);
      double a = Math.fma(state[base + N], r, s1);
      double b = Math.fma(s1, r, state[base + S2]);
      double errors = Math.fma(r, state[base + E0], state[base + E1]);
      errors = Math.fma(state[base + OWN], a, errors);
      errors = Math.fma(state[base + MOVED], b, errors);
      squared = Math.fma(x * x, Math.fma(r, a, b), squared);
      product = Math.fma(x, errors, product);
    }
    squares = squared;
    products = product;
  }

  /**
   * Adds to the weight of the i-th feature.
   *
   * @param v the weight before
   */
  void add(int i, double v, double change) {
    for (int entry = entryOffsets[i]; entry < entryOffsets[i + 1]; entry++) {
      int base = entryBases[entry];
      double x = entryWeights[entry];
      double q = state[base + Q];
      double r = Math.fma(-x, v, q);
      double step = change * x;
      state[base + Q] = q + step;
      state[base + MOVED] += step;
      state[base + OWN] = Math.fma(step, r, state[base + OWN]);
    }
  }

  /** Brings errors, and the rows' sums of the factor, up to date. */
  void end(int factor, double[] errors) {
    double[] sums = q[factor];
    for (int row = 0; row < rows; row++) {
      int base = row * STRIDE;
      double own = state[base + OWN];
      double through = state[base + MOVED];
      sums[row] = state[base + Q];
      for (int at = rowOffsets[row]; at < rowOffsets[row + 1]; at++) {
        errors[order[at]] += own + through * s[at];
      }
    }
  }
}
