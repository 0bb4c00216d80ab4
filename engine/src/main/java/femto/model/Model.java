package femto.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.memory.Slab;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A trained model: its features, one row of weights a feature, and what turns a score into a
 * prediction.
 *
 * <p>Immutable and safe to share until {@link #close}, which frees the weights; use after that
 * throws {@link IllegalStateException}.
 */
public final class Model implements AutoCloseable {
  private final Family family;
  private final Link link;
  private final PredictionRange range;
  private final float bias;
  private final FeatureSpace features;
  private final RowTable weights;
  private final int factors;
  private final @Nullable Interactions interactions;
  private final Map<String, String> notes;
  private final Slab memory;

  /**
   * Makes a model without interactions, and owns its memory from now on.
   *
   * @param family which formula the weights belong to
   * @param link what turns a score into a prediction
   * @param range what predictions are clipped to
   * @param bias w0
   * @param features the features, on memory that lives as long as {@code memory} or longer
   * @param memory holds the weights: a {@link RowTable} of one row a feature, its linear weight and
   *     then its factors
   * @param factors number of factors a feature, 0 for a linear model
   * @param notes how the model came to be, for people: key to value
   * @throws IllegalArgumentException if the parts do not fit together or a weight is not finite
   */
  public Model(
      Family family,
      Link link,
      PredictionRange range,
      float bias,
      FeatureSpace features,
      Slab memory,
      int factors,
      Map<String, String> notes) {
    this(family, link, range, bias, features, memory, factors, null, notes);
  }

  /**
   * Makes a model, and owns its memory from now on.
   *
   * @param family which formula the weights belong to
   * @param link what turns a score into a prediction
   * @param range what predictions are clipped to
   * @param bias w0
   * @param features as for the other constructor; of a dictionary where the family is of fields
   * @param memory holds the weights: a {@link RowTable} of one row a feature, its linear weight and
   *     then {@link Family#rowLength} numbers; for {@link Family#FFM} the factors for field 0, then
   *     those for field 1 and so on
   * @param factors number of factors a feature (and field), k; 0 where there are none
   * @param interactions {@link FieldStrengths} for {@link Family#FWFM}, {@link PairWeights} for
   *     {@link Family#POLY2}, otherwise null
   * @param notes how the model came to be, for people: key to value
   * @throws IllegalArgumentException if the parts do not fit together, a weight is not finite, or
   *     the model would fold to more than {@value RowLayout#MAX_LENGTH} numbers
   */
  public Model(
      Family family,
      Link link,
      PredictionRange range,
      float bias,
      FeatureSpace features,
      Slab memory,
      int factors,
      @Nullable Interactions interactions,
      Map<String, String> notes) {
    if (factors < 0 || family.hasFactors() == (factors == 0)) {
      throw new IllegalArgumentException("family " + family + " with factors=" + factors);
    }
    requireInteractions(family, features, interactions);
    this.family = family;
    this.link = link;
    this.range = range;
    this.bias = bias;
    this.features = features;
    this.factors = factors;
    this.interactions = interactions;
    requireLengths(family, features.fields(), factors, rankOf(interactions));
    int length = Math.toIntExact(family.rowLength(features.fields().size(), factors));
    this.weights = RowTable.over(memory.segment(), features.size(), length);
    this.notes = java.util.Collections.unmodifiableMap(new TreeMap<>(notes));
    this.memory = memory;
    checkWeights();
  }

  private Model(Model like, float bias, Slab memory) {
    this.family = like.family;
    this.link = like.link;
    this.range = like.range;
    this.bias = bias;
    this.features = like.features;
    this.factors = like.factors;
    this.interactions = like.interactions;
    this.weights = RowTable.over(memory.segment(), features.size(), like.rowLength());
    this.notes = like.notes;
    this.memory = memory;
  }

  /**
   * The same model with other weights, which are not looked at: those of this one, and of a {@link
   * femto.kernels.RowPatch} of it, which takes none that a model would refuse.
   *
   * @param newBias w0
   * @param checked holds the weights, as for the constructor; owned by the new model
   * @return the model
   */
  public Model withChecked(float newBias, Slab checked) {
    return new Model(this, newBias, checked);
  }

  /**
   * A copy whose scores are the old ones times a slope, plus an intercept, and with another link:
   * what calibration makes of a model. The weights take it up ({@code w0} becomes {@code slope w0 +
   * intercept}, linear weights and those of pairs {@code slope w}, factors {@code sqrt(slope) v},
   * while field strengths stay), so that it costs nothing to serve.
   *
   * @param slope what scores are multiplied by, above 0, so that their order stays
   * @param intercept what is added then, finite
   * @param newLink what turns the new scores into predictions
   * @return the model, of which the caller is the owner; it needs the features of this one, but not
   *     its weights
   * @throws IllegalArgumentException if a number is out of range, or a weight becomes too large
   */
  public Model calibrated(double slope, double intercept, Link newLink) {
    if (!(slope > 0 && slope <= Double.MAX_VALUE && Math.abs(intercept) <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "slope=%s, intercept=%s, expected finite numbers and a slope above 0"
              .formatted(slope, intercept));
    }
    Slab copy = Slab.allocate(weightBytes(features.size(), rowLength()));
    try {
      double root = Math.sqrt(slope);
      MemorySegment rows = copy.segment();
      for (int feature = 0; feature < features.size(); feature++) {
        long row = weights.layout().rowOffset(feature);
        rows.set(JAVA_FLOAT, row, (float) (slope * weights.bias(feature)));
        for (int f = 0; f < rowLength(); f++) {
          long at = row + RowLayout.FACTORS_OFFSET + (long) f * Float.BYTES;
          rows.set(JAVA_FLOAT, at, (float) (root * weights.factor(feature, f)));
        }
      }
      float newBias = (float) (slope * bias + intercept);
      return new Model(
          family, newLink, range, newBias, features, copy, factors, scaled(slope), notes);
    } catch (Throwable failure) {
      copy.close();
      throw failure;
    }
  }

  private @Nullable Interactions scaled(double slope) {
    if (!(interactions instanceof PairWeights pairs) || slope == 1) {
      return interactions;
    }
    float[] numbers = new float[pairs.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) (slope * pairs.number(i));
    }
    return new PairWeights(numbers);
  }

  private static void requireInteractions(
      Family family, FeatureSpace features, @Nullable Interactions interactions) {
    boolean fits =
        switch (family) {
          case LINEAR, FM, FFM -> interactions == null;
          case FWFM ->
              interactions instanceof FieldStrengths strengths
                  && strengths.fields() == features.fields().size();
          case POLY2 -> interactions instanceof PairWeights;
        };
    if (!fits) {
      String found =
          interactions == null
              ? "none"
              : interactions instanceof FieldStrengths strengths
                  ? "the strengths of " + strengths.fields() + " fields"
                  : "pair weights";
      String expected =
          switch (family) {
            case LINEAR, FM, FFM -> "none";
            case FWFM -> "the strengths of " + features.fields().size() + " fields";
            case POLY2 -> "pair weights";
          };
      throw new IllegalArgumentException(
          "family " + family + " with interactions: " + found + ", expected " + expected);
    }
    if (family.isOfFields() && features.isHashed()) {
      throw new IllegalArgumentException(
          "family " + family + " with hashed features, whose fields are not known");
    }
  }

  /**
   * Checks that a model would have rows and vectors that the kernels take, before anything of it is
   * allocated.
   *
   * @param family its family
   * @param fields its fields
   * @param factors k
   * @param rank of its field strengths, 0 where they are in full or there are none
   * @throws IllegalArgumentException if a row, q or s would have more than {@value
   *     RowLayout#MAX_LENGTH} numbers
   */
  public static void requireLengths(Family family, List<Field> fields, int factors, int rank) {
    long folded = foldedLength(family, fields, factors, rank);
    long row = family.rowLength(fields.size(), factors);
    if (Math.max(folded, row) > RowLayout.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "family %s of %d fields with factors=%d has rows of %d numbers and folds to %d, expected"
                  .formatted(family, fields.size(), factors, row, folded)
              + " at most "
              + RowLayout.MAX_LENGTH);
    }
  }

  private static long foldedLength(Family family, List<Field> fields, int factors, int rank) {
    long contextFields = fieldsOf(fields, Side.CONTEXT).length;
    long candidateFields = fieldsOf(fields, Side.CANDIDATE).length;
    long fewer = Math.min(contextFields, candidateFields);
    return switch (family) {
      case LINEAR, POLY2 -> 0;
      case FM -> factors;
      case FWFM -> factors * (rank > 0 ? Math.min(rank, fewer) : fewer);
      case FFM -> contextFields * candidateFields * factors;
    };
  }

  private static int[] fieldsOf(List<Field> fields, Side side) {
    return IntStream.range(0, fields.size())
        .filter(field -> fields.get(field).side() == side)
        .toArray();
  }

  private static int rankOf(@Nullable Interactions interactions) {
    return interactions instanceof FieldStrengths strengths ? strengths.rank() : 0;
  }

  /** Fields of a side, as the model numbers them, ascending. */
  int[] fieldsOf(Side side) {
    return fieldsOf(features.fields(), side);
  }

  /** Whether an FwFM's vectors have a block for each rank, which is then less than one a field. */
  boolean foldsByRank() {
    int rank = fieldStrengths().rank();
    return rank > 0
        && rank < Math.min(fieldsOf(Side.CONTEXT).length, fieldsOf(Side.CANDIDATE).length);
  }

  private void checkWeights() {
    float[] row = new float[rowLength()];
    RowTable.requireBounded(bias, row, 0);
    for (int feature = 0; feature < features.size(); feature++) {
      weights.copyFactors(feature, row);
      try {
        RowTable.requireBounded(weights.bias(feature), row, row.length);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "weights of feature " + feature + ": " + e.getMessage(), e);
      }
    }
  }

  /**
   * Bytes of the memory that the constructor takes.
   *
   * @param features number of features
   * @param rowLength how many numbers a feature has besides its linear weight: {@link
   *     Family#rowLength}
   * @return bytes
   */
  public static long weightBytes(int features, int rowLength) {
    return new RowLayout(rowLength).tableBytes(features);
  }

  /**
   * Which formula the weights belong to.
   *
   * @return the family
   */
  public Family family() {
    return family;
  }

  /**
   * What turns a score into a prediction.
   *
   * @return the link
   */
  public Link link() {
    return link;
  }

  /**
   * What predictions are clipped to.
   *
   * @return the range
   */
  public PredictionRange range() {
    return range;
  }

  /**
   * The global bias, w0.
   *
   * @return the bias
   */
  public float bias() {
    return bias;
  }

  /**
   * The features.
   *
   * @return the feature space
   */
  public FeatureSpace features() {
    return features;
  }

  /**
   * One row a feature: its linear weight as the row's bias, and {@link #rowLength} numbers.
   *
   * @return the weights; not to be written to
   */
  public RowTable weights() {
    return weights;
  }

  /**
   * Number of factors a feature, k; for {@link Family#FFM} a feature and field.
   *
   * @return 0 for a model without factors
   */
  public int factors() {
    return factors;
  }

  /**
   * How many numbers a feature has besides its linear weight.
   *
   * @return {@link Family#rowLength}
   */
  public int rowLength() {
    return weights.length();
  }

  /**
   * Length of the folded vectors q and s.
   *
   * @return as {@link Family} says: k for a factorization machine, 0 for a linear model
   */
  public int foldedLength() {
    return (int) foldedLength(family, features.fields(), factors, rankOf(interactions));
  }

  /**
   * Learned numbers of how features go together, besides the rows of weights.
   *
   * @return {@link FieldStrengths} or {@link PairWeights}, or null where the family has none
   */
  public @Nullable Interactions interactions() {
    return interactions;
  }

  /**
   * How strongly fields go together.
   *
   * @return the strengths
   * @throws IllegalStateException if the family is not {@link Family#FWFM}
   */
  public FieldStrengths fieldStrengths() {
    if (interactions instanceof FieldStrengths strengths) {
      return strengths;
    }
    throw new IllegalStateException("family " + family + " has no field strengths");
  }

  /**
   * The weights of pairs.
   *
   * @return the table
   * @throws IllegalStateException if the family is not {@link Family#POLY2}
   */
  public PairWeights pairWeights() {
    if (interactions instanceof PairWeights pairs) {
      return pairs;
    }
    throw new IllegalStateException("family " + family + " has no pair weights");
  }

  /**
   * What two features add together for each {@code x_j x_l}, by the textbook formula in double
   * precision: for looking into a model, not for scoring.
   *
   * @param j a feature
   * @param l another one
   * @return such as {@code <v_j, v_l>}; 0 in a linear model
   * @throws IndexOutOfBoundsException if there is no such feature
   * @throws IllegalArgumentException if a feature has no field, where fields matter
   */
  public double interaction(int j, int l) {
    return switch (family) {
      case LINEAR -> 0;
      case FM -> dot(j, 0, l, 0);
      case FWFM -> fieldStrengths().of(fieldOf(j), fieldOf(l)) * dot(j, 0, l, 0);
      case FFM -> dot(j, fieldOf(l) * factors, l, fieldOf(j) * factors);
      case POLY2 -> pairWeights().of(j, l);
    };
  }

  private int fieldOf(int feature) {
    int field = features.fieldOf(feature);
    if (field == FeatureSpace.UNKNOWN) {
      throw new IllegalArgumentException("feature " + feature + " is of no field");
    }
    return field;
  }

  private double dot(int j, int fromJ, int l, int fromL) {
    double dot = 0;
    for (int f = 0; f < factors; f++) {
      dot += (double) weights.factor(j, fromJ + f) * weights.factor(l, fromL + f);
    }
    return dot;
  }

  /**
   * Number of weights: w0, the linear weights, the factors and the interactions.
   *
   * @return the count
   */
  public long parameters() {
    return 1
        + features.size() * (1L + rowLength())
        + (interactions == null ? 0 : interactions.parameters());
  }

  /**
   * How the model came to be, for people.
   *
   * @return key to value, sorted by key
   */
  public Map<String, String> notes() {
    return notes;
  }

  /**
   * Turns a score into a prediction: the link, then the range.
   *
   * @param score a score
   * @return the prediction
   */
  public double predict(double score) {
    return range.clip(link.apply(score));
  }

  /** Frees the weights. A second call does nothing. */
  @Override
  public void close() {
    memory.close();
  }
}
