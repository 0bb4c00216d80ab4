package femto.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.memory.Slab;
import femto.model.TestModels.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The oracle of the families: plain arrays, scored by the literal double sum over all pairs of
 * features of each family's textbook formula in double precision. It shares nothing with the
 * product but the field of a feature.
 *
 * @param rows of each feature what stands beside its linear weight
 * @param matrix field strengths in full, by rows; empty where there are none
 * @param diagonal of field strengths of low rank; empty where there are none
 * @param scales as diagonal
 * @param vectors as diagonal
 * @param pairs weights of pairs; empty where there are none
 */
public record PlainModel(
    Family family,
    FeatureSpace space,
    int k,
    float bias,
    float[] linear,
    float[][] rows,
    float[] matrix,
    float[] diagonal,
    float[] scales,
    float[] vectors,
    float[] pairs) {

  /** Draws weights; of low rank where rank is above 0. */
  public static PlainModel random(
      Random random, Family family, FeatureSpace space, int k, int rank, double scale) {
    int fields = space.fields().size();
    int length =
        switch (family) {
          case FM, FWFM -> k;
          case FFM -> fields * k;
          case LINEAR, POLY2 -> 0;
        };
    float[][] rows = new float[space.size()][];
    for (int j = 0; j < rows.length; j++) {
      rows[j] = draw(random, length, scale);
    }
    boolean full = family == Family.FWFM && rank == 0;
    boolean low = family == Family.FWFM && rank > 0;
    float[] matrix = draw(random, full ? fields * fields : 0, 1);
    for (int a = 0; full && a < fields; a++) {
      for (int b = 0; b < a; b++) {
        matrix[a * fields + b] = matrix[b * fields + a];
      }
    }
    return new PlainModel(
        family,
        space,
        length == 0 ? 0 : k,
        (float) (random.nextGaussian() * scale),
        draw(random, space.size(), scale),
        rows,
        matrix,
        draw(random, low ? fields : 0, 1),
        draw(random, low ? rank : 0, 1),
        draw(random, low ? rank * fields : 0, 1),
        draw(random, family == Family.POLY2 ? 1 << (1 + random.nextInt(8)) : 0, scale));
  }

  private static float[] draw(Random random, int count, double scale) {
    float[] drawn = new float[count];
    for (int i = 0; i < count; i++) {
      drawn[i] = (float) (random.nextGaussian() * scale);
    }
    return drawn;
  }

  /** The product's model of the same weights. */
  public Model model() {
    return model(Link.IDENTITY);
  }

  /** The product's model of the same weights. */
  public Model model(Link link) {
    int length = rows.length == 0 ? 0 : rows[0].length;
    Slab slab = Slab.allocate(4L * (1 + length) * linear.length);
    for (int j = 0; j < linear.length; j++) {
      slab.segment().set(JAVA_FLOAT, 4L * (1 + length) * j, linear[j]);
      for (int f = 0; f < length; f++) {
        slab.segment().set(JAVA_FLOAT, 4L * (1 + length) * j + 4 + 4L * f, rows[j][f]);
      }
    }
    int fields = space.fields().size();
    Interactions interactions =
        matrix.length > 0
            ? FieldStrengths.full(fields, matrix)
            : scales.length > 0
                ? FieldStrengths.lowRank(fields, diagonal, scales, vectors)
                : pairs.length > 0 ? new PairWeights(pairs.clone()) : null;
    PredictionRange range = PredictionRange.UNBOUNDED;
    return new Model(family, link, range, bias, space, slab, k, interactions, Map.of());
  }

  /**
   * What x_j x_l is multiplied by; or, of magnitudes, the same of the magnitudes of all numbers.
   */
  private double pair(int j, int l, boolean magnitudes) {
    int a = space.fieldOf(j);
    int b = space.fieldOf(l);
    if (family == Family.POLY2) {
      return ofSign(pairs[hash(Math.min(j, l), Math.max(j, l))], magnitudes);
    }
    double sum = 0;
    for (int f = 0; f < k; f++) {
      boolean aware = family == Family.FFM;
      double one = rows[j][aware ? b * k + f : f];
      double other = rows[l][aware ? a * k + f : f];
      sum += ofSign(one * other, magnitudes);
    }
    return family == Family.FWFM ? sum * strength(a, b, magnitudes) : sum;
  }

  private double strength(int a, int b, boolean magnitudes) {
    int fields = space.fields().size();
    if (matrix.length > 0) {
      return ofSign(matrix[a * fields + b], magnitudes);
    }
    double sum = a == b ? ofSign(diagonal[a], magnitudes) : 0;
    for (int p = 0; p < scales.length; p++) {
      double term = (double) scales[p] * vectors[p * fields + a] * vectors[p * fields + b];
      sum += ofSign(term, magnitudes);
    }
    return sum;
  }

  private static double ofSign(double value, boolean magnitude) {
    return magnitude ? Math.abs(value) : value;
  }

  /** As the documentation of the model file has it. */
  private int hash(long lower, long higher) {
    long h = ((lower << 32) + higher) * 0x9e3779b97f4a7c15L;
    h = (h ^ (h >>> 32)) * 0xff51afd7ed558ccdL;
    int bits = Integer.numberOfTrailingZeros(pairs.length);
    return (int) (h >>> (64 - bits));
  }

  /** w0 + sum w_j x_j + sum_{j<l} pair_jl x_j x_l. */
  public double score(Row row) {
    return sum(row, false);
  }

  private double sum(Row row, boolean magnitudes) {
    int[] features = row.features();
    float[] x = row.weights();
    double sum = ofSign(bias, magnitudes);
    for (int j = 0; j < features.length; j++) {
      sum += ofSign((double) linear[features[j]] * x[j], magnitudes);
      for (int l = j + 1; l < features.length; l++) {
        double xs = (double) x[j] * x[l];
        sum += pair(features[j], features[l], magnitudes) * ofSign(xs, magnitudes);
      }
    }
    return sum;
  }

  /**
   * How far an f32 score may be from {@link #score}. With n features of F fields, rank R and folded
   * length L each term of the double sum goes through at most 3n + 3F + F R + k + L + 20 roundings
   * (its products; additions to the sum of its field, over fields or over ranks and fields, to the
   * pairs and to the constant; those of the factors; the chain), and of pairs with weights of their
   * own through n^2; each is of relative size 2^-24, so the error is at most gamma times the sum of
   * magnitudes (Higham, "Accuracy and Stability of Numerical Algorithms", lemma 3.1), plus what
   * underflow may lose.
   */
  public double bound(Row row) {
    int n = row.features().length;
    int fields = space.fields().size();
    int folded = family == Family.FFM ? fields * fields * k : fields * k;
    double roundings = 3.0 * n + 3 * fields + fields * scales.length + k + folded + 20;
    roundings += family == Family.POLY2 ? n * n : 0;
    double gamma = roundings * 0x1p-24 / (1 - roundings * 0x1p-24);
    return gamma * sum(row, true) + roundings * roundings * (double) Float.MIN_NORMAL;
  }

  /** Fields of both sides in any order, of all encodings, with a few values each. */
  public static FeatureSpace space(Random random, int contextFields, int candidateFields) {
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < contextFields + candidateFields; i++) {
      Side side = i < contextFields ? Side.CONTEXT : Side.CANDIDATE;
      fields.add(
          switch (random.nextInt(3)) {
            case 0 -> Field.bucket("f" + i, side, 5);
            case 1 -> Field.multiHot("f" + i, side);
            default -> Field.oneHot("f" + i, side);
          });
    }
    java.util.Collections.shuffle(fields, random);
    return TestModels.space(fields, random.ints(fields.size(), 1, 7).toArray());
  }

  /**
   * A row of one side: of each field nothing, one value or several, whatever its encoding, of real
   * values of both signs or of the weights that encoding gives.
   */
  public static Row row(Random random, FeatureSpace space, Side side) {
    if (random.nextBoolean()) {
      return TestModels.row(random, space, side);
    }
    List<Integer> features = new ArrayList<>();
    double density = random.nextDouble();
    for (int j = 0; j < space.size(); j++) {
      if (space.fields().get(space.fieldOf(j)).side() == side && random.nextDouble() < density) {
        features.add(j);
      }
    }
    float[] x = new float[features.size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return new Row(features.stream().mapToInt(Integer::intValue).toArray(), x);
  }
}
