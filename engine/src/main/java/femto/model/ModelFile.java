package femto.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.file.TensorSource;
import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.memory.Slab;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes models as safetensors files; {@code engine/docs/model-file.md} is the
 * specification.
 *
 * <pre>
 *   bias     F32 []      w0
 *   linear   F32 [n]     linear weight of each feature
 *   factors  F32 [n, k]  factors of each feature; [n, fields, k] for an FFM; absent where k is 0
 *   dictionary.*         see {@link FeatureSpace}
 *
 *   strengths            F32 [fields, fields]  of an FwFM in full; or, of rank r,
 *   strengths.diagonal   F32 [fields]          d
 *   strengths.scales     F32 [r]               e
 *   strengths.vectors    F32 [r, fields]       u
 *   pairs                F32 [2^bits]          of a POLY2
 *
 *   link.scores          F32 [knots]           of an isotonic link or a curve
 *   link.probabilities   F32 [knots]           of an isotonic link
 *   link.predictions     F32 [knots]           of a curve
 * </pre>
 */
public final class ModelFile {
  private static final String SCHEMA_KEY = "femto.schema";
  private static final String SCHEMA = "femto-model/1";
  private static final String FAMILY_KEY = "femto.family";
  private static final String LINK_KEY = "femto.link";
  private static final String FACTORS_KEY = "femto.factors";
  private static final String RANK_KEY = "femto.rank";
  private static final String RANGE_KEY = "femto.range";
  private static final String LINK_SCORES = "link.scores";
  private static final String LINK_PROBABILITIES = "link.probabilities";
  private static final String LINK_PREDICTIONS = "link.predictions";
  private static final String NOTE_PREFIX = "femto.note.";
  private static final System.Logger LOG = System.getLogger(ModelFile.class.getName());

  private ModelFile() {}

  /**
   * Writes a model: to a temporary name, synced, renamed. The same model gives the same bytes.
   *
   * @param model the model
   * @param path final name of the file
   * @throws IOException if writing fails; an old file of that name is then untouched
   */
  public static void write(Model model, Path path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsWriter writer = new SafetensorsWriter();
      writeTo(writer, model, arena);
      writer.write(path);
    }
  }

  /**
   * Adds a model to a file.
   *
   * @param writer the file being made
   * @param model the model
   * @param arena where copies of small parts are, to be closed after the file has been written; the
   *     model must stay open so long too
   */
  public static void writeTo(SafetensorsWriter writer, Model model, Arena arena) {
    RowTable weights = model.weights();
    int features = weights.rows();
    int length = model.rowLength();
    writer
        .metadata(SCHEMA_KEY, SCHEMA)
        .metadata(FAMILY_KEY, model.family().name().toLowerCase(Locale.ROOT))
        .metadata(LINK_KEY, model.link().toString())
        .metadata(FACTORS_KEY, Integer.toString(model.factors()));
    if (model.range().isBounded()) {
      writer.metadata(RANGE_KEY, model.range().lowest() + " " + model.range().highest());
    }
    model.notes().forEach((key, value) -> writer.metadata(NOTE_PREFIX + key, value));
    MemorySegment bias = arena.allocateFrom(JAVA_FLOAT, model.bias());
    writer.tensor("bias", Dtype.F32, bias);
    writer.tensor("linear", Dtype.F32, new Columns(weights, 0, 1), features);
    if (length > 0) {
      writer.tensor("factors", Dtype.F32, new Columns(weights, 1, length), factorShape(model));
    }
    writeTo(writer, model.link(), arena);
    Interactions interactions = model.interactions();
    if (interactions != null) {
      writeTo(writer, interactions, arena);
    }
    model.features().writeTo(writer);
  }

  /** Some columns of a table, row by row: a copy of all would take as much memory as the model. */
  private static final class Columns implements TensorSource {
    private final RowTable table;
    private final int from;
    private final int count;
    private int row;
    private int column;

    Columns(RowTable table, int from, int count) {
      this.table = table;
      this.from = from;
      this.count = count;
    }

    @Override
    public void fill(MemorySegment into) {
      long size = into.byteSize() / Float.BYTES;
      for (long at = 0; at < size; ) {
        long some = Math.min(count - column, size - at);
        MemorySegment.copy(
            table.segment(),
            table.layout().rowOffset(row) + (long) (from + column) * Float.BYTES,
            into,
            at * Float.BYTES,
            some * Float.BYTES);
        at += some;
        column += (int) some;
        if (column == count) {
          column = 0;
          row++;
        }
      }
    }
  }

  private static long[] factorShape(Model model) {
    return factorShape(model.family(), model.features(), model.factors());
  }

  private static long[] factorShape(Family family, FeatureSpace features, int factors) {
    return family == Family.FFM
        ? new long[] {features.size(), features.fields().size(), factors}
        : new long[] {features.size(), factors};
  }

  private static void writeTo(SafetensorsWriter writer, Link link, Arena arena) {
    int knots = link.knots();
    if (knots > 0) {
      MemorySegment scores = arena.allocate(JAVA_FLOAT, knots);
      MemorySegment predictions = arena.allocate(JAVA_FLOAT, knots);
      for (int knot = 0; knot < knots; knot++) {
        scores.setAtIndex(JAVA_FLOAT, knot, link.score(knot));
        predictions.setAtIndex(JAVA_FLOAT, knot, link.prediction(knot));
      }
      writer.tensor(LINK_SCORES, Dtype.F32, scores, knots);
      String name = link.isOfProbability() ? LINK_PROBABILITIES : LINK_PREDICTIONS;
      writer.tensor(name, Dtype.F32, predictions, knots);
    }
  }

  private static void writeTo(SafetensorsWriter writer, Interactions interactions, Arena arena) {
    MemorySegment numbers = arena.allocate(ValueLayout.JAVA_FLOAT, interactions.size());
    for (int i = 0; i < interactions.size(); i++) {
      numbers.setAtIndex(JAVA_FLOAT, i, interactions.number(i));
    }
    switch (interactions) {
      case PairWeights pairs -> writer.tensor("pairs", Dtype.F32, numbers, pairs.size());
      case FieldStrengths strengths -> {
        int fields = strengths.fields();
        int rank = strengths.rank();
        if (rank == 0) {
          writer.tensor("strengths", Dtype.F32, numbers, fields, fields);
        } else {
          writer.metadata(RANK_KEY, Integer.toString(rank));
          long scales = (long) fields * Float.BYTES;
          long vectors = scales + (long) rank * Float.BYTES;
          writer.tensor("strengths.diagonal", Dtype.F32, numbers.asSlice(0, scales), fields);
          writer.tensor(
              "strengths.scales", Dtype.F32, numbers.asSlice(scales, vectors - scales), rank);
          writer.tensor("strengths.vectors", Dtype.F32, numbers.asSlice(vectors), rank, fields);
        }
      }
    }
  }

  /**
   * Reads a model into memory of its own.
   *
   * @param path the file
   * @return the model, of which the caller is the owner
   * @throws MalformedFileException if the file is not a whole, sound model; the message says what
   *     was found where, and what was expected
   * @throws IOException if it cannot be read
   */
  public static Model read(Path path) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.read(path)) {
      return readFrom(file);
    }
  }

  /**
   * Reads the model of an open file into memory of its own.
   *
   * @param file the file; need not stay open
   * @return the model, of which the caller is the owner
   * @throws MalformedFileException as {@link #read} does
   */
  public static Model readFrom(SafetensorsFile file) throws MalformedFileException {
    requireSchema(file);
    if (!file.isChecksummed()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} was not written by Femto and has no checksum: damage to it cannot be noticed",
          file.path());
    }
    Family family = constant(file, FAMILY_KEY, Family.class);
    Link link = link(file);
    FeatureSpace features = FeatureSpace.readFrom(file).copy();
    int factors = factors(file, family);
    PredictionRange range = range(file);
    float bias = file.require("bias", Dtype.F32).get(JAVA_FLOAT, 0);
    Interactions interactions = interactions(file, family, features, factors);
    long[] shape = factorShape(family, features, factors);
    int length = Math.toIntExact(family.rowLength(features.fields().size(), factors));
    Slab memory = Slab.allocate(Model.weightBytes(features.size(), length));
    try {
      copyWeights(file, memory, features.size(), length, shape);
      return new Model(
          family, link, range, bias, features, memory, factors, interactions, notes(file));
    } catch (IllegalArgumentException e) {
      memory.close();
      throw new MalformedFileException(file.path(), "", String.valueOf(e.getMessage()));
    } catch (Throwable failure) {
      memory.close();
      throw failure;
    }
  }

  /** Reads what the family has besides rows, after checking all lengths that it decides. */
  private static @Nullable Interactions interactions(
      SafetensorsFile file, Family family, FeatureSpace features, int factors)
      throws MalformedFileException {
    int fields = features.fields().size();
    try {
      boolean lowRank = family == Family.FWFM && file.metadata().containsKey(RANK_KEY);
      int rank = lowRank ? wholeNumber(file, RANK_KEY, 1, RowLayout.MAX_LENGTH) : 0;
      Model.requireLengths(family, features.fields(), factors, rank);
      return switch (family) {
        case LINEAR, FM, FFM -> null;
        case FWFM -> strengths(file, fields, rank);
        case POLY2 -> new PairWeights(numbers(file, "pairs", pairs(file)));
      };
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(file.path(), "", String.valueOf(e.getMessage()));
    }
  }

  private static FieldStrengths strengths(SafetensorsFile file, int fields, int rank)
      throws MalformedFileException {
    if (rank == 0) {
      return FieldStrengths.full(fields, numbers(file, "strengths", fields, fields));
    }
    return FieldStrengths.lowRank(
        fields,
        numbers(file, "strengths.diagonal", fields),
        numbers(file, "strengths.scales", rank),
        numbers(file, "strengths.vectors", rank, fields));
  }

  private static Link link(SafetensorsFile file) throws MalformedFileException {
    String name = file.requireMetadata(LINK_KEY);
    for (Link link : List.of(Link.IDENTITY, Link.SIGMOID)) {
      if (link.toString().equals(name)) {
        return link;
      }
    }
    boolean isotonic = name.equals(Link.ISOTONIC);
    if (!isotonic && !name.equals(Link.CURVE)) {
      throw new MalformedFileException(
          file.path(),
          "metadata " + LINK_KEY,
          "is \"%s\", expected one of [identity, sigmoid, isotonic, curve]".formatted(name));
    }
    long knots = file.require(LINK_SCORES, Dtype.F32, -1).byteSize() / Float.BYTES;
    if (knots > Link.MAX_KNOTS) {
      throw new MalformedFileException(
          file.path(),
          "tensor " + LINK_SCORES,
          "has " + knots + " numbers, expected at most " + Link.MAX_KNOTS);
    }
    try {
      float[] scores = numbers(file, LINK_SCORES, knots);
      return isotonic
          ? Link.isotonic(scores, numbers(file, LINK_PROBABILITIES, knots))
          : Link.curve(scores, numbers(file, LINK_PREDICTIONS, knots));
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(
          file.path(), "tensors link.*", String.valueOf(e.getMessage()));
    }
  }

  /** How many pair weights there are: no more than can be read. */
  private static long pairs(SafetensorsFile file) throws MalformedFileException {
    long size = file.require("pairs", Dtype.F32, -1).byteSize() / Float.BYTES;
    if (size > 1L << PairWeights.MAX_BITS) {
      throw new MalformedFileException(
          file.path(),
          "tensor pairs",
          "has " + size + " numbers, expected at most 2^" + PairWeights.MAX_BITS);
    }
    return size;
  }

  private static float[] numbers(SafetensorsFile file, String tensor, long... shape)
      throws MalformedFileException {
    return file.require(tensor, Dtype.F32, shape).toArray(JAVA_FLOAT);
  }

  private static void copyWeights(
      SafetensorsFile file, Slab memory, int features, int factors, long[] shape)
      throws MalformedFileException {
    MemorySegment linear = file.require("linear", Dtype.F32, features);
    MemorySegment factorRows =
        factors == 0 ? MemorySegment.NULL : file.require("factors", Dtype.F32, shape);
    RowLayout layout = new RowLayout(factors);
    for (int feature = 0; feature < features; feature++) {
      long row = layout.rowOffset(feature);
      memory.segment().set(JAVA_FLOAT, row, linear.getAtIndex(JAVA_FLOAT, feature));
      MemorySegment.copy(
          factorRows,
          (long) feature * factors * Float.BYTES,
          memory.segment(),
          row + RowLayout.FACTORS_OFFSET,
          (long) factors * Float.BYTES);
    }
  }

  private static void requireSchema(SafetensorsFile file) throws MalformedFileException {
    String schema = file.requireMetadata(SCHEMA_KEY);
    if (!schema.equals(SCHEMA)) {
      throw new MalformedFileException(
          file.path(),
          "metadata " + SCHEMA_KEY,
          "is \"" + schema + "\", expected \"" + SCHEMA + "\"");
    }
  }

  private static <T extends Enum<T>> T constant(SafetensorsFile file, String key, Class<T> type)
      throws MalformedFileException {
    String text = file.requireMetadata(key);
    for (T value : type.getEnumConstants()) {
      if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
        return value;
      }
    }
    throw new MalformedFileException(
        file.path(),
        "metadata " + key,
        "is \""
            + text
            + "\", expected one of "
            + java.util.Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT));
  }

  private static int factors(SafetensorsFile file, Family family) throws MalformedFileException {
    int lowest = family.hasFactors() ? 1 : 0;
    int highest = family.hasFactors() ? RowLayout.MAX_LENGTH : 0;
    return wholeNumber(file, FACTORS_KEY, lowest, highest);
  }

  private static int wholeNumber(SafetensorsFile file, String key, int lowest, int highest)
      throws MalformedFileException {
    String text = file.requireMetadata(key);
    try {
      int number = Integer.parseInt(text);
      if (number >= lowest && number <= highest) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message for both.
    }
    throw new MalformedFileException(
        file.path(),
        "metadata " + key,
        "is \"" + text + "\", expected " + lowest + " to " + highest);
  }

  private static PredictionRange range(SafetensorsFile file) throws MalformedFileException {
    String text = file.metadata().get(RANGE_KEY);
    if (text == null) {
      return PredictionRange.UNBOUNDED;
    }
    String[] ends = text.split(" ", -1);
    try {
      if (ends.length == 2) {
        return new PredictionRange(Float.parseFloat(ends[0]), Float.parseFloat(ends[1]));
      }
    } catch (IllegalArgumentException e) {
      // Falls through to the one message for both.
    }
    throw new MalformedFileException(
        file.path(), "metadata " + RANGE_KEY, "is \"" + text + "\", expected two numbers");
  }

  private static Map<String, String> notes(SafetensorsFile file) {
    Map<String, String> notes = new LinkedHashMap<>();
    file.metadata()
        .forEach(
            (key, value) -> {
              if (key.startsWith(NOTE_PREFIX)) {
                notes.put(key.substring(NOTE_PREFIX.length()), value);
              }
            });
    return notes;
  }
}
