package femto.learn;

import femto.model.Interactions;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What the pairs of an example's features add to its score by one family's formula, and the
 * derivatives of that by the numbers of each feature's row and by the family's interactions.
 *
 * <p>Used in this order: {@link #clear}, {@link #add} for each feature, {@link #score}; then, for a
 * step, {@link #blocks} and {@link #direction} of each feature, and at last {@link #stepNumbers},
 * which changes what the others are computed from.
 */
abstract class PairTerms {
  /** How many factors there are in a block of a row. */
  final int factors;

  /** How many numbers a row has, without the linear weight. */
  final int length;

  /** The family's interactions, and the optimizer's state of each. */
  final float[] numbers;

  final float[] states;

  // The example.
  int count;
  int[] features = new int[16];
  int[] fields = new int[16];
  float[] x = new float[16];

  /** Of each feature the numbers of its row times x. */
  float[] scaled;

  PairTerms(int factors, int length, int numbers, Stepper stepper, float initialState) {
    this.factors = factors;
    this.length = length;
    this.numbers = new float[numbers];
    this.states = new float[stepper.states(numbers)];
    this.scaled = new float[16 * length];
    Arrays.fill(states, initialState);
  }

  /** Sets interactions to where learning begins. */
  abstract void initialise(RandomGenerator random);

  /** Begins another example. */
  final void clear() {
    count = 0;
  }

  /** Takes a feature; returns where in {@link #scaled} the numbers of its row are to be put. */
  final int add(int feature, int field, float weight) {
    if (count == features.length) {
      features = Arrays.copyOf(features, 2 * count);
      fields = Arrays.copyOf(fields, 2 * count);
      x = Arrays.copyOf(x, 2 * count);
      scaled = Arrays.copyOf(scaled, 2 * count * length);
    }
    features[count] = feature;
    fields[count] = field;
    x[count] = weight;
    return count++ * length;
  }

  /** The sum over all pairs. */
  final float score() {
    for (int i = 0; i < count; i++) {
      for (int f = i * length; f < (i + 1) * length; f++) {
        scaled[f] *= x[i];
      }
    }
    return sum();
  }

  abstract float sum();

  /**
   * Which blocks of a feature's row have anything to do with this example.
   *
   * @param into receives where in the row each begins
   * @return how many they are
   */
  abstract int blocks(int feature, int[] into);

  /** Most blocks that a row has. */
  abstract int mostBlocks();

  /**
   * The derivative of the sum by a block of a feature's row.
   *
   * @param feature which of the example's
   * @param block where in the row it begins
   * @param into receives as many numbers as there are factors
   */
  abstract void direction(int feature, int block, float[] into);

  /**
   * Steps the interactions.
   *
   * @param slope derivative of the loss by the score
   * @param factorL2 by feature, the strength of the penalty on what is no linear weight
   */
  abstract void stepNumbers(Stepper stepper, float slope, float[] factorL2);

  /** The interactions as a model has them, or null if the family has none. */
  abstract @Nullable Interactions interactions();
}
