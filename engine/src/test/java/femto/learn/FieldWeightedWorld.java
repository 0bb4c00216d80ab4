package femto.learn;

import femto.learn.Sources.Plain;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Impressions of one-hot fields, the values of each by Zipf's law, and clicks by a planted truth:
 * linear weights, and 4 factors a value, whose products count by a symmetric matrix of field
 * strengths of either sign, most of them weak. The best possible log loss is known.
 */
final class FieldWeightedWorld {
  private static final int FACTORS = 4;
  private static final double BIAS = -1.5;
  private static final double LINEAR = 0.2;
  private static final double PAIRS = 1.6;

  final FeatureSpace space;
  private final int[] first;
  private final double[][] cumulated;
  private final double[] linear;
  private final double[][] factors;
  private final double[][] strengths;
  private final Random random;

  /**
   * Draws a truth.
   *
   * @param contextFields how many fields the context has
   * @param candidateFields how many the candidate
   * @param least values of the smallest field
   * @param most values of the largest; those between grow geometrically
   */
  FieldWeightedWorld(long seed, int contextFields, int candidateFields, int least, int most) {
    this.random = new Random(seed);
    int fields = contextFields + candidateFields;
    List<Field> all = new ArrayList<>();
    int[] sizes = new int[fields];
    for (int a = 0; a < fields; a++) {
      all.add(Field.oneHot("f" + a, a < contextFields ? Side.CONTEXT : Side.CANDIDATE));
      double at = fields == 1 ? 0 : (a * 5 % fields) / (fields - 1.0);
      sizes[a] = (int) Math.round(least * Math.pow((double) most / least, at));
    }
    FeatureSpace.Builder builder = new FeatureSpace.Builder(all);
    this.first = new int[fields];
    this.cumulated = new double[fields][];
    int features = 0;
    for (int a = 0; a < fields; a++) {
      first[a] = features;
      features += sizes[a];
      cumulated[a] = new double[sizes[a]];
      double sum = 0;
      for (int value = 0; value < sizes[a]; value++) {
        builder.add(a, "v" + value);
        sum += 1.0 / (value + 1);
        cumulated[a][value] = sum;
      }
    }
    this.space = builder.build();
    this.linear = random.doubles(features, -1, 1).map(w -> LINEAR * w).toArray();
    this.factors = new double[features][FACTORS];
    for (double[] row : factors) {
      Arrays.setAll(row, f -> random.nextGaussian());
    }
    this.strengths = new double[fields][fields];
    double squares = 0;
    for (int a = 0; a < fields; a++) {
      for (int b = 0; b < a; b++) {
        double weak = random.nextInt(4) > 0 ? 0.1 : 1;
        double strength = weak * random.nextGaussian();
        strengths[a][b] = strength;
        strengths[b][a] = strength;
        squares += strength * strength * FACTORS; // the variance of what the two add
      }
    }
    double scale = PAIRS / Math.sqrt(squares);
    for (double[] row : strengths) {
      for (int b = 0; b < fields; b++) {
        row[b] *= scale;
      }
    }
  }

  private double score(int[] features) {
    double score = BIAS;
    for (int a = 0; a < features.length; a++) {
      score += linear[features[a]];
      for (int b = 0; b < a; b++) {
        double dot = 0;
        for (int f = 0; f < FACTORS; f++) {
          dot += factors[features[a]][f] * factors[features[b]][f];
        }
        score += strengths[a][b] * dot;
      }
    }
    return score;
  }

  /** Draws impressions; adds what each costs at best to the sum. */
  List<Plain> draw(int count, double[] bestLoss) {
    List<Plain> drawn = new ArrayList<>(count);
    float[] ones = new float[first.length];
    Arrays.fill(ones, 1);
    for (int i = 0; i < count; i++) {
      int[] features = new int[first.length];
      for (int a = 0; a < features.length; a++) {
        double[] sums = cumulated[a];
        int at = Arrays.binarySearch(sums, random.nextDouble() * sums[sums.length - 1]);
        features[a] = first[a] + Math.min(sums.length - 1, at >= 0 ? at + 1 : -at - 1);
      }
      double p = 1 / (1 + Math.exp(-score(features)));
      bestLoss[0] -= p * Math.log(p) + (1 - p) * Math.log(1 - p);
      drawn.add(new Plain(features, ones, random.nextDouble() < p ? 1 : 0));
    }
    return drawn;
  }
}
