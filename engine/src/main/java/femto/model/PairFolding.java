package femto.model;

import femto.kernels.RowTable;

/**
 * Folding of {@link Family#POLY2}: linear terms and the pairs inside the row, in the order of the
 * features, to a constant alone. What a context's features add together with a candidate's is in no
 * vector; {@link #residual} goes through the pairs.
 */
final class PairFolding extends Folding {
  private final RowTable table;
  private final PairWeights pairs;
  private int[] features = {};
  private float[] weights = {};
  private int count;

  PairFolding(Model model) {
    this.table = model.weights();
    this.pairs = model.pairWeights();
  }

  @Override
  float fold(float start, int[] rowFeatures, float[] rowWeights, int rowCount, float[] vector) {
    if (features.length < rowCount) {
      features = new int[2 * rowCount];
      weights = new float[2 * rowCount];
    }
    count = rowCount;
    float constant = start;
    for (int i = 0; i < count; i++) {
      int feature = java.util.Objects.checkIndex(rowFeatures[i], table.rows());
      features[i] = feature;
      weights[i] = rowWeights[i];
      float linear = patch == null ? table.bias(feature) : patch.bias(feature);
      constant = Math.fma(linear, weights[i], constant);
      for (int j = 0; j < i; j++) {
        constant = Math.fma(pairs.of(features[j], feature), weights[j] * weights[i], constant);
      }
    }
    return constant;
  }

  @Override
  float residual(FeatureRows rows, int row) {
    float sum = 0;
    long end = rows.offset(row + 1);
    for (long entry = rows.offset(row); entry < end; entry++) {
      int feature = rows.feature(entry);
      float x = rows.weight(entry);
      for (int j = 0; j < count; j++) {
        sum = Math.fma(pairs.of(features[j], feature), weights[j] * x, sum);
      }
    }
    return sum;
  }
}
