package femto.tools.train;

import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import java.util.Arrays;

/**
 * Carries sparse rows from the features of a data set over to those of a model. Features are
 * matched by field and value; one that the model lacks is left out, as an unknown value is in
 * serving.
 */
public final class Projection {
  private final int[] targets;
  private final int targetSize;

  /**
   * Matches the features of two spaces.
   *
   * @param from the features of the rows
   * @param to the features wanted
   */
  public Projection(FeatureSpace from, FeatureSpace to) {
    this.targets = new int[from.size()];
    this.targetSize = to.size();
    for (int feature = 0; feature < targets.length; feature++) {
      int field = to.fieldIndex(from.fields().get(from.fieldOf(feature)).name());
      targets[feature] =
          field == FeatureSpace.UNKNOWN
              ? FeatureSpace.UNKNOWN
              : to.find(field, from.value(feature));
    }
  }

  /**
   * Carries rows over.
   *
   * @param rows rows of the one space
   * @return as many rows of the other
   */
  public FeatureRows apply(FeatureRows rows) {
    long entries = rows.offset(rows.rows());
    long[] offsets = new long[rows.rows() + 1];
    int[] features = new int[Math.toIntExact(entries)];
    float[] weights = new float[features.length];
    int end = 0;
    for (int row = 0; row < rows.rows(); row++) {
      int begin = end;
      for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
        int target = targets[rows.feature(entry)];
        if (target == FeatureSpace.UNKNOWN) {
          continue;
        }
        int at = end++;
        for (; at > begin && features[at - 1] > target; at--) {
          features[at] = features[at - 1];
          weights[at] = weights[at - 1];
        }
        features[at] = target;
        weights[at] = rows.weight(entry);
      }
      offsets[row + 1] = end;
    }
    return FeatureRows.copyOf(
        offsets, Arrays.copyOf(features, end), Arrays.copyOf(weights, end), targetSize);
  }
}
