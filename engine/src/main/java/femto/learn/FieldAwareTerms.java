package femto.learn;

import femto.model.Interactions;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Pairs of an FFM. With {@code S_ab = sum_{j in a} x_j v_jb} they sum to {@code sum_{a<b} <S_ab,
 * S_ba>} and the pairs inside fields, and the derivatives are
 *
 * <pre>{@code
 * by v_jb of field a    x_j S_ba
 * by v_ja of field a    x_j (S_aa - x_j v_ja)
 * }</pre>
 *
 * for each field b that the example has. Factors for a field that no other feature of the example
 * is of are left alone, by the penalty too.
 */
final class FieldAwareTerms extends FieldTerms {
  FieldAwareTerms(int fields, int factors, Stepper stepper, float initialState) {
    super(fields, factors, fields * factors, 0, stepper, initialState);
  }

  @Override
  void initialise(RandomGenerator random) {
    // There is nothing besides the rows.
  }

  @Override
  int ownBlock(int field) {
    return field * factors;
  }

  @Override
  float sumOfFields() {
    float all = 0;
    for (int a = 0; a < presentCount; a++) {
      all += inside[a];
      for (int b = 0; b < a; b++) {
        all += dot(sums[a], present[b] * factors, sums[b], present[a] * factors);
      }
    }
    return all;
  }

  @Override
  int blocks(int feature, int[] into) {
    int found = 0;
    for (int place = 0; place < presentCount; place++) {
      if (present[place] != fields[feature] || counts[place] > 1) {
        into[found++] = present[place] * factors;
      }
    }
    return found;
  }

  @Override
  int mostBlocks() {
    return present.length;
  }

  @Override
  void direction(int feature, int block, float[] into) {
    int field = fields[feature];
    float[] other = sums[places[block / factors]];
    int toOwn = field * factors;
    boolean inside = block == toOwn;
    int row = feature * length + block;
    for (int f = 0; f < factors; f++) {
      into[f] = x[feature] * (other[toOwn + f] - (inside ? scaled[row + f] : 0));
    }
  }

  @Override
  void stepNumbers(Stepper stepper, float slope, float[] factorL2) {
    // There is nothing besides the rows.
  }

  @Override
  @Nullable Interactions interactions() {
    return null;
  }
}
