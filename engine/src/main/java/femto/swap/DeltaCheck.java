package femto.swap;

import femto.kernels.RowTable;
import femto.model.Family;
import femto.swap.Delta.CandidateChange;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Says what is wrong with a delta, before anything is done with it. */
final class DeltaCheck {
  private static final int LONGEST_QUOTE = 60;

  private final int features;
  private final int factors;
  private final ExternalIds ids;
  private final Family family;

  DeltaCheck(LiveVersion version) {
    this.features = version.snapshot().model().features().size();
    this.family = version.snapshot().model().family();
    this.factors = version.snapshot().model().rowLength();
    this.ids = version.content().ids();
  }

  /** The first thing that is wrong, or null. */
  @Nullable String problem(Changes changes) {
    Float bias = changes.bias();
    if (bias != null && !(Math.abs(bias) <= RowTable.MAX_MAGNITUDE)) {
      return "bias is " + bias + ", expected a finite number of magnitude at most 1e15";
    }
    String ofFamily = problemOfFamily(changes);
    if (ofFamily != null) {
      return ofFamily;
    }
    String ofWeights = problem(changes.weights());
    if (ofWeights != null) {
      return ofWeights;
    }
    for (Map.Entry<Object, CandidateChange> entry : changes.candidates().entrySet()) {
      String problem = problem(entry.getKey(), entry.getValue().row());
      if (problem != null) {
        return problem;
      }
    }
    return null;
  }

  /**
   * Candidates of a POLY2 have features that no row holds, and a version of it changes in full
   * only; where the fields of features matter, those of a base do.
   */
  private @Nullable String problemOfFamily(Changes changes) {
    boolean biasAlone =
        changes.weights().isEmpty()
            && changes.bindings().isEmpty()
            && changes.candidates().isEmpty();
    if (family == Family.POLY2 && !biasAlone) {
      return "a model of the family POLY2 takes no deltas but of its bias: publish it in full";
    }
    if ((family == Family.FWFM || family == Family.FFM) && !changes.bindings().isEmpty()) {
      return "a model of the family "
          + family
          + " takes no deltas that bind features: publish it in full";
    }
    return null;
  }

  private @Nullable String problem(WeightRows weights) {
    if (weights.isEmpty()) {
      return null;
    }
    int first = weights.feature(0); // they ascend
    int last = weights.feature(weights.size() - 1);
    if (first < 0 || last >= features) {
      int feature = first < 0 ? first : last;
      return "weights of feature " + feature + ", expected 0 to " + (features - 1);
    }
    if (weights.length() != 1 + factors) {
      return "weights of feature "
          + first
          + " have "
          + (weights.length() - 1)
          + " factors, expected "
          + factors;
    }
    float[] numbers = weights.numbers();
    int end = weights.at(weights.size());
    for (int i = 0; i < end; i++) {
      if (!(Math.abs(numbers[i]) <= RowTable.MAX_MAGNITUDE)) {
        int inRow = i % weights.length();
        return "weights of feature "
            + weights.feature(i / weights.length())
            + ": "
            + (inRow == 0 ? "the linear weight" : "factor " + (inRow - 1))
            + " is "
            + numbers[i]
            + ", expected a finite number of magnitude at most 1e15";
      }
    }
    return null;
  }

  private @Nullable String problem(Object id, @Nullable FeatureRow row) {
    if (id instanceof Long == !ids.isLong()) {
      return "candidate " + quote(id) + ": the ids are " + (ids.isLong() ? "longs" : "texts");
    }
    if (id instanceof String text && row != null) {
      String problem = problemOfText(text);
      if (problem != null) {
        return "candidate " + quote(id) + ": the id " + problem;
      }
    }
    String problem = row == null ? null : problem(row);
    return problem == null ? null : "candidate " + quote(id) + " " + problem;
  }

  static @Nullable String problemOfText(String id) {
    if (id.isEmpty()) {
      return "is empty";
    }
    if (Utf8.unpairedSurrogate(id) >= 0) {
      return "has half of a surrogate pair";
    }
    int bytes = id.getBytes(StandardCharsets.UTF_8).length;
    return bytes <= TextIds.MAX_BYTES
        ? null
        : "takes " + bytes + " bytes in UTF-8, expected at most " + TextIds.MAX_BYTES;
  }

  private @Nullable String problem(FeatureRow row) {
    if (row.features().length != row.weights().length) {
      return "has "
          + row.features().length
          + " features and "
          + row.weights().length
          + " weights, expected as many of both";
    }
    int previous = -1;
    for (int i = 0; i < row.features().length; i++) {
      int feature = row.features()[i];
      if (feature <= previous || feature >= features) {
        return "has feature "
            + feature
            + " at "
            + i
            + ", expected "
            + (previous + 1)
            + " to "
            + (features - 1);
      }
      if (!Float.isFinite(row.weights()[i])) {
        return "has the weight "
            + row.weights()[i]
            + " for feature "
            + feature
            + ", expected a finite number";
      }
      previous = feature;
    }
    return null;
  }

  static String quote(Object id) {
    String text = id.toString();
    return text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "...";
  }
}
