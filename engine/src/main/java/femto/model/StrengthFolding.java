package femto.model;

import java.util.Arrays;

/**
 * Folding of {@link Family#FWFM}. What the fields a of the context and b of the candidate add
 * together is {@code sum_ab r_ab <S_a, S_b>}.
 *
 * <p>Field by field, with the side of fewer fields as it is (here the candidate's) and the other
 * one weighted, the vectors have a block of k for each of its fields:
 *
 * <pre>{@code
 * s block b = S_b        q block b = sum_a r_ab S_a
 * }</pre>
 *
 * By rank, {@code r_ab = sum_p e_p u_pa u_pb} for fields of different sides, whose diagonal does
 * not matter, gives a block for each p:
 *
 * <pre>{@code
 * s block p = sum_b u_pb S_b        q block p = e_p sum_a u_pa S_a
 * }</pre>
 *
 * Whichever is shorter is used. Inside a row the pairs of fields are added up as the sums grow,
 * each field against those before it, so that nothing cancels.
 */
final class StrengthFolding extends FieldFolding {
  private final boolean byRank;

  /** By rank: how many of it, e, and u by rank and field. */
  private final int rank;

  private final float[] scales;
  private final float[][] vectors;
  private final float[][] grown;

  /** Field by field: r by the places of this side's fields; and by theirs and the other side's. */
  private final float[][] inside;

  private final float[][] across;

  /** By place in the row: r of a field with itself. */
  private final float[] diagonal;

  private final boolean weighted;
  private final float[] before;

  StrengthFolding(Model model, Side side) {
    super(model, side);
    FieldStrengths strengths = model.fieldStrengths();
    this.byRank = model.foldsByRank();
    this.rank = byRank ? strengths.rank() : 0;
    this.scales = new float[rank];
    this.vectors = new float[rank][own.length];
    this.grown = new float[rank][factors];
    for (int p = 0; p < rank; p++) {
      scales[p] = strengths.scale(p);
      for (int a = 0; a < own.length; a++) {
        vectors[p][a] = strengths.vector(p, own[a]);
      }
    }
    int full = byRank ? 0 : own.length;
    this.inside = new float[full][full];
    this.across = new float[full][others.length];
    this.diagonal = new float[own.length];
    for (int a = 0; a < own.length; a++) {
      diagonal[a] = (float) strengths.of(own[a], own[a]);
      for (int b = 0; b < full; b++) {
        inside[a][b] = (float) strengths.of(own[a], own[b]);
      }
      for (int b = 0; !byRank && b < others.length; b++) {
        across[a][b] = (float) strengths.of(own[a], others[b]);
      }
    }
    this.weighted = side == Side.CONTEXT ? others.length <= own.length : others.length < own.length;
    this.before = new float[factors];
  }

  @Override
  void addPairsInside(int place, float[] scaled) {
    float strength = diagonal[place];
    float[] sum = sums[place];
    for (int f = 0; f < factors; f++) {
      pairs[f] = Math.fma(strength * scaled[1 + f], sum[f], pairs[f]);
    }
  }

  @Override
  void addPairsOfFields() {
    if (byRank) {
      addByRank();
    } else {
      addByFields();
    }
  }

  private void addByFields() {
    for (int a = 1; a < own.length; a++) {
      if (counts[a] == 0) {
        continue;
      }
      Arrays.fill(before, 0);
      for (int b = 0; b < a; b++) {
        if (counts[b] > 0) {
          addTimes(inside[a][b], sums[b], before);
        }
      }
      float[] sum = sums[a];
      for (int f = 0; f < factors; f++) {
        pairs[f] = Math.fma(sum[f], before[f], pairs[f]);
      }
    }
  }

  private void addByRank() {
    for (int p = 0; p < rank; p++) {
      float[] all = grown[p];
      Arrays.fill(all, 0);
      for (int a = 0; a < own.length; a++) {
        if (counts[a] > 0) {
          float u = vectors[p][a];
          float scale = scales[p] * u;
          float[] sum = sums[a];
          for (int f = 0; f < factors; f++) {
            pairs[f] = Math.fma(scale * sum[f], all[f], pairs[f]);
          }
          addTimes(u, sum, all);
        }
      }
    }
  }

  private static void addTimes(float times, float[] what, float[] to) {
    for (int f = 0; f < to.length; f++) {
      to[f] = Math.fma(times, what[f], to[f]);
    }
  }

  @Override
  void vector(float[] into) {
    if (byRank) {
      for (int p = 0; p < rank; p++) {
        float scale = isContext() ? scales[p] : 1;
        for (int f = 0; f < factors; f++) {
          into[p * factors + f] = scale * grown[p][f];
        }
      }
    } else if (weighted) {
      for (int b = 0; b < others.length; b++) {
        Arrays.fill(before, 0);
        for (int a = 0; a < own.length; a++) {
          if (counts[a] > 0) {
            addTimes(across[a][b], sums[a], before);
          }
        }
        System.arraycopy(before, 0, into, b * factors, factors);
      }
    } else {
      for (int a = 0; a < own.length; a++) {
        System.arraycopy(sums[a], 0, into, a * factors, factors);
      }
    }
  }
}
