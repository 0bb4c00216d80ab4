package femto.learn;

import femto.model.FeatureSpace;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Step size and L2 penalty of features, which are those of their fields. Where all fields have the
 * same, no feature is looked up: that would be one more cache line each.
 */
final class FieldSettings {
  private static final short NO_FIELD = -1;

  private final float[] stepScales;
  private final float[] linearL2;
  private final float[] factorL2;
  private final short @Nullable [] fieldOf;

  FieldSettings(FeatureSpace features, LearnerOptions options) {
    if (features.isHashed() && !options.sameForAllFields()) {
      throw new IllegalArgumentException(
          "L2 or step of one field differs from another's, expected the same where features are"
              + " hashes");
    }
    int fields = options.l2().size();
    stepScales = new float[fields];
    linearL2 = new float[fields];
    factorL2 = new float[fields];
    for (int field = 0; field < fields; field++) {
      stepScales[field] = (float) options.stepScale(field);
      linearL2[field] = (float) options.l2().get(field).linear();
      factorL2[field] = (float) options.l2().get(field).factors();
    }
    fieldOf = options.sameForAllFields() ? null : new short[features.size()];
    if (fieldOf != null) {
      for (int feature = 0; feature < fieldOf.length; feature++) {
        set(feature, features.fieldOf(feature));
      }
    }
  }

  /** A feature's field, from now on; {@link FeatureSpace#UNKNOWN} for none. */
  void set(int feature, int field) {
    if (fieldOf != null) {
      fieldOf[feature] = field == FeatureSpace.UNKNOWN ? NO_FIELD : (short) field;
    }
  }

  boolean areSame() {
    return fieldOf == null;
  }

  /** Fills in what is the same for all features. */
  void fill(float[] intoScales, float[] intoLinear, float[] intoFactors) {
    if (stepScales.length > 0) {
      Arrays.fill(intoScales, stepScales[0]);
      Arrays.fill(intoLinear, linearL2[0]);
      Arrays.fill(intoFactors, factorL2[0]);
    }
  }

  /** Looks up what belongs to each of some features. */
  void look(
      int[] features, int count, float[] intoScales, float[] intoLinear, float[] intoFactors) {
    short[] fields = Objects.requireNonNull(fieldOf);
    for (int i = 0; i < count; i++) {
      short field = fields[features[i]];
      boolean known = field != NO_FIELD;
      intoScales[i] = known ? stepScales[field] : 1;
      intoLinear[i] = known ? linearL2[field] : 0;
      intoFactors[i] = known ? factorL2[field] : 0;
    }
  }
}
