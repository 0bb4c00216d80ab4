package femto.model;

/**
 * Folding of {@link Family#FFM}. A field a of the context sums to {@code S_ab = sum_{j in a} x_j
 * v_jb} for every field b, which is all of the rows of weights added up; what it adds together with
 * the field b of the candidate is {@code <S_ab, S_ba>}. So the vectors have a block of k for each
 * pair of a field a of the context and a field b of the candidate, the a's one after the other:
 *
 * <pre>{@code
 * q block ab = S_ab        s block ab = S_ba
 * }</pre>
 */
final class FieldAwareFolding extends FieldFolding {
  FieldAwareFolding(Model model, Side side) {
    super(model, side);
  }

  @Override
  void addPairsInside(int place, float[] scaled) {
    int block = own[place] * factors;
    float[] sum = sums[place];
    for (int f = 0; f < factors; f++) {
      pairs[f] = Math.fma(scaled[1 + block + f], sum[block + f], pairs[f]);
    }
  }

  @Override
  void addPairsOfFields() {
    for (int a = 1; a < own.length; a++) {
      for (int b = 0; b < a; b++) {
        if (counts[a] > 0 && counts[b] > 0) {
          int ofA = own[b] * factors;
          int ofB = own[a] * factors;
          for (int f = 0; f < factors; f++) {
            pairs[f] = Math.fma(sums[a][ofA + f], sums[b][ofB + f], pairs[f]);
          }
        }
      }
    }
  }

  @Override
  void vector(float[] into) {
    int stride = isContext() ? others.length : 1; // from a field of this side to the next
    int step = isContext() ? 1 : own.length; // from one of the other side to the next
    for (int a = 0; a < own.length; a++) {
      for (int b = 0; b < others.length; b++) {
        int block = (a * stride + b * step) * factors;
        System.arraycopy(sums[a], others[b] * factors, into, block, factors);
      }
    }
  }
}
