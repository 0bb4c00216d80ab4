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
  private final boolean same;

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
    this.same = from.size() == targetSize && isSame(targets);
  }

  private static boolean isSame(int[] targets) {
    int feature = 0;
    while (feature < targets.length && targets[feature] == feature) {
      feature++;
    }
    return feature == targets.length;
  }

  /**
   * Carries rows over. Where two values of a row have the same feature in the other space, which
   * hashes do, it has the sum of their weights.
   *
   * @param rows rows of the one space
   * @return as many rows of the other; these themselves, if all features have the same numbers
   */
  public FeatureRows apply(FeatureRows rows) {
    if (same) {
      return rows; // which may be larger than memory
    }
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
        if (at > begin && features[at - 1] == target) {
          weights[at - 1] += rows.weight(entry);
          end--;
          System.arraycopy(features, at + 1, features, at, end - at);
          System.arraycopy(weights, at + 1, weights, at, end - at);
          continue;
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
