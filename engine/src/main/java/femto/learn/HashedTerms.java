package femto.learn;

import femto.model.Interactions;
import femto.model.PairWeights;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Pairs of a POLY2: {@code sum_{j<l} p_{h(j,l)} x_j x_l}, whose derivative by a weight is {@code
 * x_j x_l} summed over the pairs of its place. Two pairs of an example that share a place step it
 * one after the other. The penalty on a pair's weight is the mean of its two features'.
 */
final class HashedTerms extends PairTerms {
  private final int bits;
  private int[] places = {};

  HashedTerms(int bits, Stepper stepper, float initialState) {
    super(0, 0, 1 << bits, stepper, initialState);
    this.bits = bits;
  }

  @Override
  void initialise(RandomGenerator random) {
    // Pairs begin at 0.
  }

  @Override
  float sum() {
    int pairs = Math.multiplyExact(count, Math.max(0, count - 1)) / 2;
    if (places.length < pairs) {
      places = new int[2 * pairs];
    }
    float all = 0;
    int at = 0;
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < i; j++) {
        int place = PairWeights.place(features[j], features[i], bits);
        places[at++] = place;
        all += numbers[place] * (x[i] * x[j]);
      }
    }
    return all;
  }

  @Override
  int blocks(int feature, int[] into) {
    return 0;
  }

  @Override
  int mostBlocks() {
    return 0;
  }

  @Override
  void direction(int feature, int block, float[] into) {
    throw new AssertionError("a row has no factors");
  }

  @Override
  void stepNumbers(Stepper stepper, float slope, float[] factorL2) {
    int at = 0;
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < i; j++) {
        int place = places[at++];
        float l2 = 0.5f * (factorL2[features[i]] + factorL2[features[j]]);
        stepper.step(numbers, states, place, slope * (x[i] * x[j]) + l2 * numbers[place]);
      }
    }
  }

  @Override
  Interactions interactions() {
    return new PairWeights(Arrays.copyOf(numbers, numbers.length));
  }
}
