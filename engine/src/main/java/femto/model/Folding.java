package femto.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Sums a row of features into a constant and a vector.
 *
 * <p>With features j in ascending order, {@code x_j} their weights in the row, {@code w_j} and
 * {@code v_j} the model's,
 *
 * <pre>{@code
 * vector[f] = sum_j x_j v_jf
 * constant  = start + sum_j w_j x_j + sum_f sum_{j<l} x_j v_jf x_l v_lf
 * }</pre>
 *
 * The inner pairs are added up as the vector grows (each new feature against the sum of those
 * before it) rather than as a square of the sum less a sum of squares: it costs the same and
 * nothing cancels. All in f32 with one partial sum a factor, added in ascending factor order, so a
 * vector kernel can give the same bits.
 */
final class Folding {
  private int[] features = new int[16];
  private float[] weights = new float[16];
  private final float[] pairs;

  Folding(int length) {
    this.pairs = new float[length];
  }

  float fold(RowTable model, float start, FeatureRows rows, int row, float[] vector) {
    long begin = rows.offset(row);
    int count = Math.toIntExact(rows.offset(row + 1) - begin);
    if (features.length < count) {
      features = new int[count];
      weights = new float[count];
    }
    for (int i = 0; i < count; i++) {
      features[i] = rows.feature(begin + i);
      weights[i] = rows.weight(begin + i);
    }
    return fold(model, start, features, weights, count, vector);
  }

  float fold(
      RowTable model,
      float start,
      int[] rowFeatures,
      float[] rowWeights,
      int count,
      float[] vector) {
    int length = pairs.length;
    MemorySegment segment = model.segment();
    Arrays.fill(pairs, 0);
    Arrays.fill(vector, 0, length, 0);
    float constant = start;
    for (int i = 0; i < count; i++) {
      float x = rowWeights[i];
      long offset = model.layout().rowOffset(rowFeatures[i]);
      constant = Math.fma(segment.get(JAVA_FLOAT, offset + RowLayout.BIAS_OFFSET), x, constant);
      long factor = offset + RowLayout.FACTORS_OFFSET;
      for (int f = 0; f < length; f++, factor += Float.BYTES) {
        float xv = x * segment.get(JAVA_FLOAT, factor);
        pairs[f] = Math.fma(xv, vector[f], pairs[f]);
        vector[f] += xv;
      }
    }
    for (int f = 0; f < length; f++) {
      constant += pairs[f];
    }
    return constant;
  }
}
