package femto.learn;

import femto.model.FeatureRows;
import java.util.Arrays;
import java.util.function.IntPredicate;

/** Sparse rows of features in arrays, for loops that run over them again and again. */
final class PlainRows {
  /** Row r has the entries {@code offsets[r]} to {@code offsets[r + 1] - 1}. */
  final int[] offsets;

  final int[] features;
  final float[] weights;

  private PlainRows(int[] offsets, int[] features, float[] weights) {
    this.offsets = offsets;
    this.features = features;
    this.weights = weights;
  }

  static PlainRows of(FeatureRows rows) {
    int entries = Math.toIntExact(rows.offset(rows.rows()));
    int[] offsets = new int[rows.rows() + 1];
    for (int row = 0; row < offsets.length; row++) {
      offsets[row] = (int) rows.offset(row);
    }
    int[] features = new int[entries];
    float[] weights = new float[entries];
    for (int entry = 0; entry < entries; entry++) {
      features[entry] = rows.feature(entry);
      weights[entry] = rows.weight(entry);
    }
    return new PlainRows(offsets, features, weights);
  }

  int rows() {
    return offsets.length - 1;
  }

  /** The same with no entries in the rows that a predicate does not keep. */
  PlainRows where(IntPredicate keep) {
    int[] kept = new int[offsets.length];
    int[] ofFeatures = new int[features.length];
    float[] ofWeights = new float[features.length];
    for (int row = 0; row < rows(); row++) {
      int size = keep.test(row) ? offsets[row + 1] - offsets[row] : 0;
      System.arraycopy(features, offsets[row], ofFeatures, kept[row], size);
      System.arraycopy(weights, offsets[row], ofWeights, kept[row], size);
      kept[row + 1] = kept[row] + size;
    }
    int size = kept[rows()];
    return new PlainRows(kept, Arrays.copyOf(ofFeatures, size), Arrays.copyOf(ofWeights, size));
  }

  /** The entry of a row that has a feature, or -1. */
  int entryOf(int row, int feature) {
    for (int entry = offsets[row]; entry < offsets[row + 1]; entry++) {
      if (features[entry] == feature) {
        return entry;
      }
    }
    return -1;
  }

  /**
   * The same the other way round: row j has the rows that feature j is in as its features, in
   * ascending order, and {@code entries} receives where each of its entries was.
   */
  PlainRows transposed(int featureCount, int[] entries) {
    int[] begin = new int[featureCount + 1];
    for (int feature : features) {
      begin[feature + 1]++;
    }
    for (int feature = 0; feature < featureCount; feature++) {
      begin[feature + 1] += begin[feature];
    }
    int[] next = begin.clone();
    int[] rowOf = new int[features.length];
    float[] weightOf = new float[features.length];
    for (int row = 0; row < rows(); row++) {
      for (int entry = offsets[row]; entry < offsets[row + 1]; entry++) {
        int at = next[features[entry]]++;
        rowOf[at] = row;
        weightOf[at] = weights[entry];
        entries[at] = entry;
      }
    }
    return new PlainRows(begin, rowOf, weightOf);
  }
}
