package femto.tools.train;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
   * @return as many rows of the other, outside of the heap; these themselves, if all features have
   *     the same numbers
   */
  public FeatureRows apply(FeatureRows rows) {
    if (same) {
      return rows; // which may be larger than memory
    }
    long most = 0;
    for (long entry = 0; entry < rows.offset(rows.rows()); entry++) {
      most += targets[rows.feature(entry)] == FeatureSpace.UNKNOWN ? 0 : 1;
    }
    Arena arena = Arena.ofAuto();
    MemorySegment offsets = arena.allocate(JAVA_LONG, rows.rows() + 1L);
    MemorySegment features = arena.allocate(JAVA_INT, most);
    MemorySegment weights = arena.allocate(JAVA_FLOAT, most);
    int[] rowFeatures = new int[16];
    float[] rowWeights = new float[16];
    long end = 0;
    for (int row = 0; row < rows.rows(); row++) {
      int count = 0;
      for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
        int target = targets[rows.feature(entry)];
        if (target == FeatureSpace.UNKNOWN) {
          continue;
        }
        if (count == rowFeatures.length) {
          rowFeatures = Arrays.copyOf(rowFeatures, 2 * count);
          rowWeights = Arrays.copyOf(rowWeights, 2 * count);
        }
        count = insert(rowFeatures, rowWeights, count, target, rows.weight(entry));
      }
      MemorySegment.copy(rowFeatures, 0, features, JAVA_INT, end * Integer.BYTES, count);
      MemorySegment.copy(rowWeights, 0, weights, JAVA_FLOAT, end * Float.BYTES, count);
      end += count;
      offsets.setAtIndex(JAVA_LONG, row + 1L, end);
    }
    return FeatureRows.over(
        offsets.asReadOnly(),
        features.asSlice(0, end * Integer.BYTES).asReadOnly(),
        weights.asSlice(0, end * Float.BYTES).asReadOnly(),
        targetSize);
  }

  /** Puts a feature where it belongs among ascending ones; returns how many there are then. */
  private static int insert(int[] features, float[] weights, int count, int feature, float weight) {
    int at = count;
    while (at > 0 && features[at - 1] > feature) {
      at--;
    }
    if (at > 0 && features[at - 1] == feature) {
      weights[at - 1] += weight;
      return count;
    }
    System.arraycopy(features, at, features, at + 1, count - at);
    System.arraycopy(weights, at, weights, at + 1, count - at);
    features[at] = feature;
    weights[at] = weight;
    return count + 1;
  }

  /**
   * Whether all that is carried over stays in its order and apart, so that a row may be carried
   * over entry by entry ({@link #targets}).
   */
  boolean keepsOrder() {
    int last = FeatureSpace.UNKNOWN;
    for (int target : targets) {
      if (target != FeatureSpace.UNKNOWN && target <= last) {
        return false;
      }
      last = Math.max(last, target);
    }
    return true;
  }

  /** Whether all features have the same numbers. */
  boolean isSame() {
    return same;
  }

  /** By feature, that of the other space or {@link FeatureSpace#UNKNOWN}; not to be changed. */
  int[] targets() {
    return targets;
  }
}
