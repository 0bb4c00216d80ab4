package femto.score;

import femto.model.Encoder;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Model;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a score comes from: the bias, a linear part a field and a pairwise part for every pair of
 * fields. The parts are sums in double precision of the textbook formula over the model's f32
 * weights; they add up to {@link #score()}, which differs from a scorer's f32 score by rounding
 * alone.
 *
 * @param bias w0
 * @param linear one part a field, in the order of the model's fields
 * @param pairs one part for every two fields that have features here, and one for a field with
 *     itself where it has several; empty for a linear model
 * @param score the sum of all parts
 * @param prediction the score after the model's link and range
 */
public record Explanation(
    double bias, List<LinearPart> linear, List<PairPart> pairs, double score, double prediction) {

  /** Takes copies of the lists. */
  public Explanation {
    linear = List.copyOf(linear);
    pairs = List.copyOf(pairs);
  }

  /**
   * What one field adds by itself.
   *
   * @param field its name
   * @param values the known values, as the dictionary holds them
   * @param contribution sum of w_j x_j over them
   */
  public record LinearPart(String field, List<String> values, double contribution) {
    /** Takes a copy of the values. */
    public LinearPart {
      values = List.copyOf(values);
    }
  }

  /**
   * What two fields add together.
   *
   * @param field name of the one
   * @param other name of the other, or the same for the pairs inside a field
   * @param contribution sum of {@code x_j x_l} times what the model's family has for the two
   *     ({@link Model#interaction}) over their values
   */
  public record PairPart(String field, String other, double contribution) {}

  private record Feature(int feature, int field, double x) {}

  /**
   * Explains the score of one candidate in one context.
   *
   * @param model the model
   * @param context the context's values
   * @param candidate the candidate's values
   * @return the parts
   */
  public static Explanation of(Model model, Encoder context, Encoder candidate) {
    List<Feature> features = new ArrayList<>();
    addFeatures(features, model.features(), context);
    addFeatures(features, model.features(), candidate);
    List<LinearPart> linear = linearParts(model, features);
    List<PairPart> pairs = model.family() == Family.LINEAR ? List.of() : pairParts(model, features);
    double score = model.bias() + linearSum(linear) + pairsSum(pairs);
    return new Explanation(model.bias(), linear, pairs, score, model.predict(score));
  }

  /**
   * What all fields add by themselves.
   *
   * @return the sum of the linear parts
   */
  public double linearSum() {
    return linearSum(linear);
  }

  /**
   * What all pairs add: the interaction effect.
   *
   * @return the sum of the pairwise parts
   */
  public double pairsSum() {
    return pairsSum(pairs);
  }

  private static double linearSum(List<LinearPart> parts) {
    return parts.stream().mapToDouble(LinearPart::contribution).sum();
  }

  private static double pairsSum(List<PairPart> parts) {
    return parts.stream().mapToDouble(PairPart::contribution).sum();
  }

  private static void addFeatures(List<Feature> into, FeatureSpace space, Encoder encoder) {
    int count = encoder.finish();
    for (int i = 0; i < count; i++) {
      int feature = encoder.features()[i];
      int field = space.fieldOf(feature);
      if (field == FeatureSpace.UNKNOWN) {
        throw new IllegalArgumentException(
            "feature " + feature + " is of no field, as where features are hashes of values");
      }
      into.add(new Feature(feature, field, encoder.weights()[i]));
    }
  }

  private static List<LinearPart> linearParts(Model model, List<Feature> features) {
    FeatureSpace space = model.features();
    List<LinearPart> parts = new ArrayList<>();
    for (int field = 0; field < space.fields().size(); field++) {
      List<String> values = new ArrayList<>();
      double sum = 0;
      for (Feature f : features) {
        if (f.field() == field) {
          values.add(space.value(f.feature()));
          sum += model.weights().bias(f.feature()) * f.x();
        }
      }
      parts.add(new LinearPart(space.fields().get(field).name(), values, sum));
    }
    return parts;
  }

  private static List<PairPart> pairParts(Model model, List<Feature> features) {
    List<Field> fields = model.features().fields();
    double[][] sums = new double[fields.size()][fields.size()];
    boolean[][] present = new boolean[fields.size()][fields.size()];
    for (int i = 0; i < features.size(); i++) {
      for (int j = 0; j < i; j++) {
        Feature a = features.get(i);
        Feature b = features.get(j);
        int low = Math.min(a.field(), b.field());
        int high = Math.max(a.field(), b.field());
        sums[low][high] += model.interaction(a.feature(), b.feature()) * a.x() * b.x();
        present[low][high] = true;
      }
    }
    List<PairPart> parts = new ArrayList<>();
    for (int low = 0; low < fields.size(); low++) {
      for (int high = low; high < fields.size(); high++) {
        if (present[low][high]) {
          String field = fields.get(low).name();
          parts.add(new PairPart(field, fields.get(high).name(), sums[low][high]));
        }
      }
    }
    return parts;
  }
}
