package femto.learn;

import femto.kernels.RowTable;
import femto.memory.Slab;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Link;
import femto.model.Model;
import femto.model.PredictionRange;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What the learners of rankings share about weights. */
final class RankingWeights {
  private RankingWeights() {}

  static void penalties(
      FeatureSpace features, List<LearnerOptions.L2> l2, float[] linear, float[] factors) {
    requireFields(features, l2.size());
    for (int feature = 0; feature < linear.length; feature++) {
      int field = features.isHashed() ? 0 : features.fieldOf(feature);
      if (field != FeatureSpace.UNKNOWN) {
        linear[feature] = (float) l2.get(field).linear();
        factors[feature] = (float) l2.get(field).factors();
      }
    }
  }

  static void requireFields(FeatureSpace features, int l2) {
    if (l2 != features.fields().size()) {
      throw new IllegalArgumentException(
          "L2 of " + l2 + " fields, expected " + features.fields().size());
    }
  }

  /** Which features learning touches: those of contexts with a positive pair, and of candidates. */
  static boolean[] used(int size, PlainRows contexts, int[] pairOffsets, PlainRows candidates) {
    boolean[] used = new boolean[size];
    for (int context = 0; context < contexts.rows(); context++) {
      if (pairOffsets[context + 1] > pairOffsets[context]) {
        for (int e = contexts.offsets[context]; e < contexts.offsets[context + 1]; e++) {
          used[contexts.features[e]] = true;
        }
      }
    }
    for (int feature : candidates.features) {
      used[feature] = true;
    }
    return used;
  }

  static boolean isFinite(float[] numbers) {
    for (float number : numbers) {
      if (!Float.isFinite(number)) {
        return false;
      }
    }
    return true;
  }

  /** A model of no bias, from a linear weight and a row of factors a feature. */
  static Model toModel(
      FeatureSpace features,
      float[] linear,
      float[] vectors,
      int factors,
      Map<String, String> notes) {
    Slab memory = Slab.allocate(Model.weightBytes(features.size(), factors));
    try {
      RowTable table = RowTable.over(memory.segment(), features.size(), factors);
      for (int feature = 0; feature < features.size(); feature++) {
        int from = feature * factors;
        table.setRow(feature, linear[feature], Arrays.copyOfRange(vectors, from, from + factors));
      }
      return new Model(
          Family.FM, Link.IDENTITY, PredictionRange.UNBOUNDED, 0, features, memory, factors, notes);
    } catch (Throwable failure) {
      memory.close();
      throw failure;
    }
  }
}
