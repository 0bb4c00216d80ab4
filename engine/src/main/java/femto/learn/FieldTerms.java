package femto.learn;

import java.util.Arrays;

/**
 * Pairs of a family of fields: what each field of the example sums to, {@code S_a = sum_{j in a}
 * x_j v_j}, and what the pairs inside it come to.
 */
abstract class FieldTerms extends PairTerms {
  private static final int ABSENT = -1;

  /** The fields of the example, in the order in which they came. */
  final int[] present;

  int presentCount;

  /** By field, its place in {@link #present}. */
  final int[] places;

  /** By place. */
  final float[][] sums;

  final int[] counts;
  final float[] inside;

  FieldTerms(
      int fields, int factors, int length, int numbers, Stepper stepper, float initialState) {
    super(factors, length, numbers, stepper, initialState);
    this.present = new int[fields];
    this.places = new int[fields];
    Arrays.fill(places, ABSENT);
    this.sums = new float[fields][length];
    this.counts = new int[fields];
    this.inside = new float[fields];
  }

  @Override
  final float sum() {
    for (int place = 0; place < presentCount; place++) {
      places[present[place]] = ABSENT;
    }
    presentCount = 0;
    for (int i = 0; i < count; i++) {
      int place = places[fields[i]];
      if (place == ABSENT) {
        place = presentCount++;
        present[place] = fields[i];
        places[fields[i]] = place;
        counts[place] = 0;
        inside[place] = 0;
        Arrays.fill(sums[place], 0);
      }
      float[] sum = sums[place];
      int row = i * length;
      if (counts[place]++ > 0) {
        int own = ownBlock(fields[i]);
        inside[place] += dot(scaled, row + own, sum, own);
      }
      for (int f = 0; f < length; f++) {
        sum[f] += scaled[row + f];
      }
    }
    return sumOfFields();
  }

  /** Where in a row stand the factors by which features of one field meet. */
  abstract int ownBlock(int field);

  /** The sum over all pairs, from what each field sums to. */
  abstract float sumOfFields();

  final float dot(float[] one, int from, float[] other, int otherFrom) {
    float dot = 0;
    for (int f = 0; f < factors; f++) {
      dot += one[from + f] * other[otherFrom + f];
    }
    return dot;
  }
}
