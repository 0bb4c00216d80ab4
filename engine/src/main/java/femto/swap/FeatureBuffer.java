package femto.swap;

import java.util.Arrays;

/** Room for the features of one candidate after the other. One owner. */
final class FeatureBuffer {
  int[] features = new int[16];
  float[] weights = new float[16];
  int count;

  void room(int entries) {
    if (features.length < entries) {
      features = new int[2 * entries];
      weights = new float[2 * entries];
    }
    count = entries;
  }

  FeatureRow toRow() {
    return new FeatureRow(Arrays.copyOf(features, count), Arrays.copyOf(weights, count));
  }
}
