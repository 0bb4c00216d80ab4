package femto.learn.blocks;

import femto.model.FeatureRows;
import java.util.Arrays;
import java.util.List;

/**
 * Scores of examples: each row that an example has is folded once, and an example costs a sum over
 * its blocks. In doubles, by the formula of Rendle, "Factorization Machines" (ICDM 2010), lemma
 * 3.1:
 *
 * <pre>{@code
 * score = w0 + sum_b K_b(row) + 1/2 sum_f ((sum_b q_bf)^2 - sum_b q_bf^2)
 * K_b   = sum_j w_j x_j + 1/2 sum_f (q_bf^2 - sum_j (v_jf x_j)^2),  q_bf = sum_j v_jf x_j
 * }</pre>
 */
final class BlockScores {
  private final int examples;
  private final List<Part> parts;

  /** A block's rows as arrays; rows that no example has are left empty. */
  private static final class Part {
    final int[] rowOf;
    final int[] offsets;
    final int[] features;
    final double[] weights;

    /** Of each row: K, then q. */
    double[] folded = {};

    Part(Block block) {
      FeatureRows rows = block.rows();
      rowOf = block.rowOf();
      boolean[] used = new boolean[rows.rows()];
      for (int row : rowOf) {
        used[row] = true;
      }
      offsets = new int[rows.rows() + 1];
      for (int row = 0; row < rows.rows(); row++) {
        long entries = used[row] ? rows.offset(row + 1) - rows.offset(row) : 0;
        offsets[row + 1] = Math.toIntExact(offsets[row] + entries);
      }
      features = new int[offsets[rows.rows()]];
      weights = new double[features.length];
      for (int row = 0; row < rows.rows(); row++) {
        for (int entry = offsets[row]; entry < offsets[row + 1]; entry++) {
          long from = rows.offset(row) + entry - offsets[row];
          features[entry] = rows.feature(from);
          weights[entry] = rows.weight(from);
        }
      }
    }

    /**
     * Folds the rows.
     *
     * @param features of each feature {@code w, sum_f v_f^2 / 2, v_0 .. v_(k-1)}
     */
    void fold(double[] features, int factors) {
      int stride = 1 + factors;
      int rows = offsets.length - 1;
      if (folded.length != rows * stride) {
        folded = new double[rows * stride];
      }
      double[] q = new double[factors];
      for (int row = 0; row < rows; row++) {
        Arrays.fill(q, 0);
        double constant = 0;
        for (int entry = offsets[row]; entry < offsets[row + 1]; entry++) {
          double x = weights[entry];
          int base = this.features[entry] * (2 + factors);
          constant += x * (features[base] - x * features[base + 1]);
          for (int f = 0; f < factors; f++) {
            q[f] += x * features[base + 2 + f];
          }
        }
        for (int f = 0; f < factors; f++) {
          constant += 0.5 * q[f] * q[f];
        }
        folded[row * stride] = constant;
        System.arraycopy(q, 0, folded, row * stride + 1, factors);
      }
    }
  }

  BlockScores(BlockData data) {
    this.examples = data.size();
    this.parts = data.blocks().stream().map(Part::new).toList();
  }

  /** Writes the score of each example. */
  void score(Weights model, double[] into) {
    int factors = model.factors.length;
    int stride = 1 + factors;
    double[] sums = new double[stride];
    double[] features = featureByFeature(model);
    for (Part part : parts) {
      part.fold(features, factors);
    }
    for (int example = 0; example < examples; example++) {
      Arrays.fill(sums, 0);
      double crossed = 0;
      for (Part part : parts) {
        int base = part.rowOf[example] * stride;
        sums[0] += part.folded[base];
        for (int f = 1; f < stride; f++) {
          double q = part.folded[base + f];
          crossed += sums[f] * q;
          sums[f] += q;
        }
      }
      into[example] = model.bias + sums[0] + crossed;
    }
  }

  /** A feature's numbers together, as rows are folded; a sweep has a factor's together. */
  private static double[] featureByFeature(Weights model) {
    int stride = 2 + model.factors.length;
    double[] all = new double[model.linear.length * stride];
    for (int j = 0; j < model.linear.length; j++) {
      all[j * stride] = model.linear[j];
    }
    for (int f = 0; f < model.factors.length; f++) {
      double[] v = model.factors[f];
      for (int j = 0; j < v.length; j++) {
        all[j * stride + 1] += 0.5 * v[j] * v[j];
        all[j * stride + 2 + f] = v[j];
      }
    }
    return all;
  }
}
