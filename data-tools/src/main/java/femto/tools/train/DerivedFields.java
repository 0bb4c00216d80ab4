package femto.tools.train;

import femto.learn.RelationalData;
import femto.learn.blocks.Block;
import femto.learn.blocks.BlockData;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Model;
import femto.model.Side;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Fields that a data set does not have, but its examples tell. With {@code user} and {@code movie}
 * as the first fields of the two sides:
 *
 * <ul>
 *   <li>{@code user.movies}, an implicit field of contexts: the movies that the user has in the
 *       training part, each of weight 1/sqrt(their number) (Koren, "Factorization meets the
 *       neighborhood", KDD 2008);
 *   <li>{@code movie.users}, the same of candidates: the users who have the movie in the training
 *       part (the "flipped" one of Rendle, Zhang and Koren, "On the Difficulty of Evaluating
 *       Baselines", 2019);
 *   <li>{@code user-day}, {@code user-hour}, {@code user-minute} and {@code user-second}: one value
 *       for each user and day (UTC), hour, minute or second, known of an example by its time.
 * </ul>
 *
 * <p>Only training examples make implicit values, and only times of training examples are values of
 * the others; a test example's own time decides which of them it has. Implicit values stand once in
 * the row of a context or candidate, and those of a time in rows of their own, a third block, so
 * that nothing is repeated. Immutable and safe to share while the data set is open.
 */
public final class DerivedFields {
  /** What is to be derived. */
  public enum Derived {
    /** The candidates of each context. */
    CONTEXT_IMPLICIT("", 0),
    /** The contexts of each candidate. */
    CANDIDATE_IMPLICIT("", 0),
    /** Context and day. */
    DAY("-day", 86_400),
    /** Context and hour. */
    HOUR("-hour", 3_600),
    /** Context and minute. */
    MINUTE("-minute", 60),
    /** Context and second. */
    SECOND("-second", 1);

    private final String suffix;
    private final long seconds;

    Derived(String suffix, long seconds) {
      this.suffix = suffix;
      this.seconds = seconds;
    }

    /**
     * Whether it needs to know when an example happened.
     *
     * @return true for a day, an hour, a minute or a second
     */
    public boolean usesTime() {
      return seconds > 0;
    }

    /**
     * The field in a data set.
     *
     * @param data the data set
     * @return the field
     */
    public Field field(DataSet data) {
      String context = idField(data, Side.CONTEXT);
      String candidate = idField(data, Side.CANDIDATE);
      return switch (this) {
        case CONTEXT_IMPLICIT -> Field.rootHot(context + "." + candidate + "s", Side.CONTEXT);
        case CANDIDATE_IMPLICIT -> Field.rootHot(candidate + "." + context + "s", Side.CANDIDATE);
        case DAY, HOUR, MINUTE, SECOND -> Field.oneHot(context + suffix, Side.CONTEXT);
      };
    }

    /** The value that an example has of a field of time. */
    private String value(DataSet data, int example) {
      long unit = Math.floorDiv(data.time(example), seconds);
      return data.contextId(data.context(example)) + "/" + unit;
    }
  }

  private final DataSet data;
  private final FeatureSpace features;
  private final FeatureRows contexts;
  private final FeatureRows candidates;
  private final List<Derived> times;

  /**
   * Computes the rows of all contexts and candidates of a data set.
   *
   * @param data the data set
   * @param seen the training part: the examples that make implicit values
   * @param features what rows are to be of: those of {@link #featuresOf}, or of a model that was
   *     trained with derived fields; values that it lacks count for nothing
   */
  public DerivedFields(DataSet data, int[] seen, FeatureSpace features) {
    this.data = data;
    this.features = features;
    Projection projection = new Projection(data.features(), features);
    this.contexts =
        with(Derived.CONTEXT_IMPLICIT, projection.apply(data.contexts()), seen, data::context);
    this.candidates =
        with(
            Derived.CANDIDATE_IMPLICIT, projection.apply(data.candidates()), seen, data::candidate);
    this.times = of(data, features).stream().filter(Derived::usesTime).toList();
  }

  /**
   * The same for a trained model and a data set: what it was trained on is seen, by its note of the
   * split.
   *
   * @param data the data set
   * @param model the model
   * @return its rows
   * @throws IllegalArgumentException if the data set has no such split
   */
  public static DerivedFields of(DataSet data, Model model) {
    return new DerivedFields(data, seenBy(data, model), model.features());
  }

  private static int[] seenBy(DataSet data, Model model) {
    String split = model.notes().getOrDefault("split", "none");
    if (of(data, model.features()).isEmpty()) {
      return new int[0]; // nobody will look
    }
    return split.equals("none")
        ? TrainingSet.counting(data, IntStream.range(0, data.examples()).toArray())
        : TrainingSet.counting(data, Split.byName(data, split).train());
  }

  /**
   * Which derived fields there are among some features.
   *
   * @param data the data set whose id fields they are called by
   * @param features the features
   * @return those that they have a field of
   */
  public static List<Derived> of(DataSet data, FeatureSpace features) {
    return Arrays.stream(Derived.values())
        .filter(derived -> isThere(derived.field(data), features))
        .toList();
  }

  private static boolean isThere(Field field, FeatureSpace features) {
    int index = features.fieldIndex(field.name());
    return index != FeatureSpace.UNKNOWN && features.fields().get(index).equals(field);
  }

  private static String idField(DataSet data, Side side) {
    return data.features().fields().stream()
        .filter(field -> field.side() == side)
        .map(Field::name)
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("the data set has no field of the " + side.label()));
  }

  /**
   * Finds what names stand for.
   *
   * @param data the data set
   * @param implicit names of id fields: the first of the contexts for what they have, the first of
   *     the candidates for who has them
   * @param fields names of fields, of which those of times are taken
   * @return what is to be derived
   * @throws IllegalArgumentException if an implicit name is no id field
   */
  public static List<Derived> named(DataSet data, List<String> implicit, List<String> fields) {
    Set<Derived> found = new LinkedHashSet<>();
    for (String name : implicit) {
      if (name.equals(idField(data, Side.CONTEXT))) {
        found.add(Derived.CONTEXT_IMPLICIT);
      } else if (name.equals(idField(data, Side.CANDIDATE))) {
        found.add(Derived.CANDIDATE_IMPLICIT);
      } else {
        throw new IllegalArgumentException(
            "implicit \"%s\", expected %s"
                .formatted(name, String.join(" or ", CrossValidation.idFields(data))));
      }
    }
    for (String name : fields) {
      timeOf(data, name).ifPresent(found::add);
    }
    return found.stream().sorted().toList();
  }

  private static Optional<Derived> timeOf(DataSet data, String name) {
    return Arrays.stream(Derived.values())
        .filter(derived -> derived.usesTime() && derived.field(data).name().equals(name))
        .findFirst();
  }

  /**
   * The names among some that are fields of the data set itself; the others are times.
   *
   * @param data the data set
   * @param fields names of fields; empty for all
   * @return those of the data set
   */
  public static List<String> ownFields(DataSet data, List<String> fields) {
    if (fields.isEmpty()) {
      return data.features().fields().stream().map(Field::name).toList();
    }
    return fields.stream().filter(name -> timeOf(data, name).isEmpty()).toList();
  }

  /**
   * The features of some fields of a data set and of derived ones.
   *
   * @param data the data set
   * @param training the examples that make derived values
   * @param fields names of fields of the data set
   * @param keep which of the data set's own values to keep
   * @param derived which fields to derive
   * @return the features, field by field: those named, then those derived
   * @throws IllegalArgumentException if there is no field of a name
   */
  public static FeatureSpace featuresOf(
      DataSet data, int[] training, List<String> fields, IntPredicate keep, List<Derived> derived) {
    FeatureSpace own = data.features().subset(fields, keep);
    List<Field> all = new ArrayList<>(own.fields());
    derived.forEach(more -> all.add(more.field(data)));
    FeatureSpace.Builder builder = new FeatureSpace.Builder(all);
    for (int feature = 0; feature < own.size(); feature++) {
      builder.add(own.fieldOf(feature), own.value(feature));
    }
    for (int i = 0; i < derived.size(); i++) {
      int field = own.fields().size() + i;
      Derived more = derived.get(i);
      for (int example : training) {
        builder.add(
            field,
            switch (more) {
              case CONTEXT_IMPLICIT -> data.candidateId(data.candidate(example));
              case CANDIDATE_IMPLICIT -> data.contextId(data.context(example));
              case DAY, HOUR, MINUTE, SECOND -> more.value(data, example);
            });
      }
    }
    return builder.build();
  }

  /** Maps an example to a row. */
  @FunctionalInterface
  private interface RowOf {
    int of(int example);
  }

  /** Adds to each row what the training part has of the other side; a pair counts once. */
  private FeatureRows with(Derived implicit, FeatureRows rows, int[] seen, RowOf rowOf) {
    Field field = implicit.field(data);
    if (!isThere(field, features)) {
      return rows;
    }
    int index = features.fieldIndex(field.name());
    boolean ofContexts = implicit == Derived.CONTEXT_IMPLICIT;
    List<Set<Integer>> partners = new ArrayList<>();
    for (int row = 0; row < rows.rows(); row++) {
      partners.add(new LinkedHashSet<>());
    }
    for (int example : seen) {
      int partner = ofContexts ? data.candidate(example) : data.context(example);
      partners.get(rowOf.of(example)).add(partner);
    }
    Function<Integer, Integer> featureOf =
        partner ->
            features.find(index, ofContexts ? data.candidateId(partner) : data.contextId(partner));
    RowBuilder built = new RowBuilder(features.size());
    for (int row = 0; row < rows.rows(); row++) {
      built.addAll(rows, row);
      for (int partner : partners.get(row)) {
        built.add(featureOf.apply(partner), field.weight(partners.get(row).size()));
      }
      built.endRow();
    }
    return built.build();
  }

  /**
   * What the rows are of.
   *
   * @return the features
   */
  public FeatureSpace features() {
    return features;
  }

  /**
   * A row for each context of the data set, with its implicit values but without times.
   *
   * @return the rows
   */
  public FeatureRows contexts() {
    return contexts;
  }

  /**
   * A row for each candidate of the data set, with its implicit values.
   *
   * @return the rows
   */
  public FeatureRows candidates() {
    return candidates;
  }

  /**
   * Whether an example's time counts.
   *
   * @return true if there is a field of a time
   */
  public boolean usesTime() {
    return !times.isEmpty();
  }

  /**
   * Examples for a learner of contexts and candidates, to which times mean nothing.
   *
   * @param examples indexes of examples
   * @param labels a label each
   * @return the examples over {@link #contexts()} and {@link #candidates()}
   */
  public RelationalData relational(int[] examples, float[] labels) {
    return new RelationalData(
        features,
        contexts,
        candidates,
        Arrays.stream(examples).map(data::context).toArray(),
        Arrays.stream(examples).map(data::candidate).toArray(),
        labels);
  }

  /**
   * Examples as blocks: contexts, candidates and, if times count, times.
   *
   * @param examples indexes of examples
   * @param labels a label each
   * @return the examples
   */
  public BlockData blocks(int[] examples, float[] labels) {
    BlockData two = BlockData.of(relational(examples, labels));
    if (!usesTime()) {
      return two;
    }
    Moments moments = moments(examples);
    List<Block> blocks = new ArrayList<>(two.blocks());
    blocks.add(new Block(moments.rows, moments.rowOf));
    return new BlockData(features, blocks, labels);
  }

  /** Rows of what the times of examples are known by, the row of each example. */
  private record Moments(FeatureRows rows, int[] rowOf) {}

  private Moments moments(int[] examples) {
    Map<List<Integer>, Integer> known = new HashMap<>();
    RowBuilder rows = new RowBuilder(features.size());
    int[] rowOf = new int[examples.length];
    for (int i = 0; i < examples.length; i++) {
      List<Integer> row = new ArrayList<>();
      for (Derived time : times) {
        int field = features.fieldIndex(time.field(data).name());
        row.add(features.find(field, time.value(data, examples[i])));
      }
      Integer at = known.putIfAbsent(row, known.size());
      if (at == null) {
        row.forEach(feature -> rows.add(feature, 1));
        rows.endRow();
      }
      rowOf[i] = at == null ? known.size() - 1 : at;
    }
    return new Moments(rows.build(), rowOf);
  }

  /**
   * Contexts as requests would be made for examples: a context's row, and what its time adds.
   *
   * @param rows a row for each context and moment
   * @param rowOf which of them each example has
   */
  record Requests(FeatureRows rows, int[] rowOf) {}

  Requests requests(int[] examples) {
    if (!usesTime()) {
      return new Requests(contexts, Arrays.stream(examples).map(data::context).toArray());
    }
    Moments moments = moments(examples);
    Map<List<Integer>, Integer> known = new HashMap<>();
    RowBuilder rows = new RowBuilder(features.size());
    int[] rowOf = new int[examples.length];
    for (int i = 0; i < examples.length; i++) {
      List<Integer> row = List.of(data.context(examples[i]), moments.rowOf[i]);
      Integer at = known.putIfAbsent(row, known.size());
      if (at == null) {
        rows.addAll(contexts, row.getFirst());
        rows.addAll(moments.rows, row.getLast());
        rows.endRow();
      }
      rowOf[i] = at == null ? known.size() - 1 : at;
    }
    return new Requests(rows.build(), rowOf);
  }
}
