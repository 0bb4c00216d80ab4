package femto.learn;

import femto.model.FieldStrengths;
import femto.model.Interactions;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Pairs of an FwFM. With {@code T_a = sum_{b != a} r_ab S_b} and {@code I_a} the pairs inside a
 * field, they sum to {@code 1/2 sum_a <S_a, T_a> + sum_a r_aa I_a}, and the derivatives are
 *
 * <pre>{@code
 * by v_j of field a    x_j (T_a + r_aa (S_a - x_j v_j))
 * by r_ab              <S_a, S_b>        by r_aa    I_a
 * }</pre>
 *
 * Of low rank, with {@code Q_p = sum_b u_pb S_b}, it is {@code T_a = sum_p e_p u_pa (Q_p - u_pa
 * S_a)}, and the derivatives are
 *
 * <pre>{@code
 * by d_a     I_a
 * by e_p     1/2 sum_a u_pa <S_a, Q_p - u_pa S_a> + sum_a u_pa^2 I_a
 * by u_pa    e_p (<S_a, Q_p - u_pa S_a> + 2 u_pa I_a)
 * }</pre>
 */
final class StrengthTerms extends FieldTerms {
  private final int fieldCount;
  private final int rank;

  /** The penalty on the numbers' distance from those of an FM, and these. */
  private final float l2;

  /** How many times the step size the numbers have. */
  private final float stepScale;

  private final float[] centres;

  /** By place: T, and r of the field with itself. */
  private final float[][] others;

  private final float[] diagonal;

  /** Of low rank: Q, and by rank and place the products with Q less its own part. */
  private final float[][] all;

  private final float[][] products;

  StrengthTerms(
      int fields, int factors, FamilyOptions family, Stepper stepper, float initialState) {
    super(fields, factors, factors, numbers(fields, family.rank()), stepper, initialState);
    this.fieldCount = fields;
    this.rank = family.rank();
    this.l2 = (float) family.strengthL2();
    this.stepScale = (float) family.strengthStep();
    this.centres = new float[numbers.length];
    this.others = new float[fields][factors];
    this.diagonal = new float[fields];
    this.all = new float[rank][factors];
    this.products = new float[rank][fields];
  }

  private static int numbers(int fields, int rank) {
    long numbers = rank == 0 ? (long) fields * fields : fields + rank + (long) rank * fields;
    return Math.toIntExact(numbers);
  }

  /**
   * All strengths begin at 1, as in an FM; of low rank near it, so that no vector stays at 0: the
   * first vector is 1, further ones are small, and every other scale is negative, since a matrix
   * has both.
   */
  @Override
  void initialise(RandomGenerator random) {
    if (rank == 0) {
      Arrays.fill(centres, 1);
    }
    for (int p = 0; p < rank; p++) {
      centres[scale(p)] = p % 2 == 0 ? 1 : -1;
      for (int a = 0; a < fieldCount; a++) {
        centres[vector(p, a)] = p == 0 ? 1 : 0;
      }
    }
    System.arraycopy(centres, 0, numbers, 0, numbers.length);
    for (int p = 1; p < rank; p++) {
      for (int a = 0; a < fieldCount; a++) {
        numbers[vector(p, a)] = (float) (FURTHER_VECTORS * random.nextGaussian());
      }
    }
  }

  /** Deviation of the further vectors at the start. */
  private static final double FURTHER_VECTORS = 0.3;

  private int scale(int p) {
    return fieldCount + p;
  }

  private int vector(int p, int field) {
    return fieldCount + rank + p * fieldCount + field;
  }

  @Override
  int ownBlock(int field) {
    return 0;
  }

  @Override
  float sumOfFields() {
    if (rank == 0) {
      sumOthers();
    } else {
      sumOthersByRank();
    }
    float half = 0;
    float insideAll = 0;
    for (int a = 0; a < presentCount; a++) {
      half += dot(sums[a], 0, others[a], 0);
      insideAll += diagonal[a] * inside[a];
    }
    return 0.5f * half + insideAll;
  }

  private void sumOthers() {
    for (int a = 0; a < presentCount; a++) {
      float[] into = others[a];
      int row = present[a] * fieldCount;
      diagonal[a] = numbers[row + present[a]];
      Arrays.fill(into, 0);
      for (int b = 0; b < presentCount; b++) {
        if (b != a) {
          addTimes(numbers[row + present[b]], sums[b], into);
        }
      }
    }
  }

  private void sumOthersByRank() {
    for (int a = 0; a < presentCount; a++) {
      Arrays.fill(others[a], 0);
      diagonal[a] = numbers[present[a]];
    }
    for (int p = 0; p < rank; p++) {
      float[] ofAll = all[p];
      Arrays.fill(ofAll, 0);
      for (int a = 0; a < presentCount; a++) {
        addTimes(numbers[vector(p, present[a])], sums[a], ofAll);
      }
      for (int a = 0; a < presentCount; a++) {
        float u = numbers[vector(p, present[a])];
        float times = numbers[scale(p)] * u;
        diagonal[a] += times * u;
        float product = 0;
        for (int f = 0; f < factors; f++) {
          float rest = ofAll[f] - u * sums[a][f];
          product += sums[a][f] * rest;
          others[a][f] += times * rest;
        }
        products[p][a] = product;
      }
    }
  }

  private static void addTimes(float times, float[] what, float[] to) {
    for (int f = 0; f < to.length; f++) {
      to[f] += times * what[f];
    }
  }

  @Override
  int blocks(int feature, int[] into) {
    into[0] = 0;
    return 1;
  }

  @Override
  int mostBlocks() {
    return 1;
  }

  @Override
  void direction(int feature, int block, float[] into) {
    int place = places[fields[feature]];
    float own = counts[place] > 1 ? diagonal[place] : 0; // alone it has no pairs inside
    int row = feature * length;
    for (int f = 0; f < factors; f++) {
      into[f] = x[feature] * (others[place][f] + own * (sums[place][f] - scaled[row + f]));
    }
  }

  @Override
  void stepNumbers(Stepper stepper, float slope, float[] factorL2) {
    float stepSize = stepper.size;
    stepper.size = stepScale * stepSize;
    if (rank == 0) {
      stepMatrix(stepper, slope);
    } else {
      stepByRank(stepper, slope);
    }
    stepper.size = stepSize;
  }

  /** Steps a number by its gradient and the penalty. */
  private void step(Stepper stepper, int at, float gradient) {
    stepper.step(numbers, states, at, gradient + l2 * (numbers[at] - centres[at]));
  }

  private void stepMatrix(Stepper stepper, float slope) {
    for (int a = 0; a < presentCount; a++) {
      int row = present[a] * fieldCount;
      if (counts[a] > 1) {
        step(stepper, row + present[a], slope * inside[a]);
      }
      for (int b = 0; b < a; b++) {
        float gradient = slope * dot(sums[a], 0, sums[b], 0);
        int mirrored = present[b] * fieldCount + present[a];
        step(stepper, row + present[b], gradient);
        numbers[mirrored] = numbers[row + present[b]];
        if (states.length > 0) {
          states[mirrored] = states[row + present[b]];
        }
      }
    }
  }

  private void stepByRank(Stepper stepper, float slope) {
    for (int p = 0; p < rank; p++) {
      float scale = numbers[scale(p)];
      float byScale = 0;
      for (int a = 0; a < presentCount; a++) {
        int at = vector(p, present[a]);
        float u = numbers[at];
        byScale += 0.5f * u * products[p][a] + u * u * inside[a];
        float gradient = slope * scale * (products[p][a] + 2 * u * inside[a]);
        step(stepper, at, gradient);
      }
      step(stepper, scale(p), slope * byScale);
    }
    for (int a = 0; a < presentCount; a++) {
      if (counts[a] > 1) {
        step(stepper, present[a], slope * inside[a]);
      }
    }
  }

  @Override
  Interactions interactions() {
    if (rank == 0) {
      return FieldStrengths.full(fieldCount, numbers);
    }
    int vectors = fieldCount + rank;
    return FieldStrengths.lowRank(
        fieldCount,
        Arrays.copyOf(numbers, fieldCount),
        Arrays.copyOfRange(numbers, fieldCount, vectors),
        Arrays.copyOfRange(numbers, vectors, numbers.length));
  }
}
