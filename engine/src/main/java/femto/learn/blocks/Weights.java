package femto.learn.blocks;

import femto.kernels.RowTable;
import femto.memory.Slab;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Link;
import femto.model.Model;
import femto.model.PredictionRange;
import java.util.Map;

/**
 * The weights of a factorization machine, in doubles.
 *
 * <pre>
 *   linear[j]      w of feature j
 *   factors[f][j]  factor f of feature j: a factor's weights are swept together
 * </pre>
 */
final class Weights {
  double bias;
  final double[] linear;
  final double[][] factors;

  Weights(int features, int factorCount) {
    this.linear = new double[features];
    this.factors = new double[factorCount][features];
  }

  /** Adds a multiple of other weights, from a row of factors on. */
  void add(double scale, Weights other, double factorScale, int firstFactor) {
    bias += scale * other.bias;
    for (int j = 0; j < linear.length; j++) {
      linear[j] += scale * other.linear[j];
    }
    for (int f = 0; f < other.factors.length; f++) {
      double[] into = factors[firstFactor + f];
      double[] from = other.factors[f];
      for (int j = 0; j < into.length; j++) {
        into[j] += factorScale * from[j];
      }
    }
  }

  /** The weights as a model, whose memory is its own. */
  Model toModel(
      FeatureSpace features, Link link, PredictionRange range, Map<String, String> notes) {
    int length = factors.length;
    Slab memory = Slab.allocate(Model.weightBytes(linear.length, length));
    try {
      RowTable table = RowTable.over(memory.segment(), linear.length, length);
      float[] row = new float[length];
      for (int j = 0; j < linear.length; j++) {
        for (int f = 0; f < length; f++) {
          row[f] = (float) factors[f][j];
        }
        table.setRow(j, (float) linear[j], row);
      }
      Family family = length == 0 ? Family.LINEAR : Family.FM;
      return new Model(family, link, range, (float) bias, features, memory, length, notes);
    } catch (Throwable failure) {
      memory.close();
      throw failure;
    }
  }
}
