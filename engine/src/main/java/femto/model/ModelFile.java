package femto.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.memory.Slab;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Reads and writes models as safetensors files; {@code engine/docs/model-file.md} is the
 * specification.
 *
 * <pre>
 *   bias     F32 []      w0
 *   linear   F32 [n]     linear weight of each feature
 *   factors  F32 [n, k]  factors of each feature; absent for a linear model
 *   dictionary.*         see {@link FeatureSpace}
 * </pre>
 */
public final class ModelFile {
  private static final String SCHEMA_KEY = "femto.schema";
  private static final String SCHEMA = "femto-model/1";
  private static final String FAMILY_KEY = "femto.family";
  private static final String LINK_KEY = "femto.link";
  private static final String FACTORS_KEY = "femto.factors";
  private static final String RANGE_KEY = "femto.range";
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
   * @param arena where copies of the weights are, to be closed after the file has been written
   */
  public static void writeTo(SafetensorsWriter writer, Model model, Arena arena) {
    RowTable weights = model.weights();
    int features = weights.rows();
    int factors = model.factors();
    writer
        .metadata(SCHEMA_KEY, SCHEMA)
        .metadata(FAMILY_KEY, model.family().name().toLowerCase(Locale.ROOT))
        .metadata(LINK_KEY, model.link().name().toLowerCase(Locale.ROOT))
        .metadata(FACTORS_KEY, Integer.toString(factors));
    if (model.range().isBounded()) {
      writer.metadata(RANGE_KEY, model.range().lowest() + " " + model.range().highest());
    }
    model.notes().forEach((key, value) -> writer.metadata(NOTE_PREFIX + key, value));
    MemorySegment bias = arena.allocateFrom(JAVA_FLOAT, model.bias());
    MemorySegment linear = arena.allocate(ValueLayout.JAVA_FLOAT, features);
    MemorySegment factorRows =
        arena.allocate((long) features * factors * Float.BYTES, Slab.ALIGNMENT);
    for (int feature = 0; feature < features; feature++) {
      linear.setAtIndex(JAVA_FLOAT, feature, weights.bias(feature));
      MemorySegment.copy(
          weights.segment(),
          weights.layout().rowOffset(feature) + RowLayout.FACTORS_OFFSET,
          factorRows,
          (long) feature * factors * Float.BYTES,
          (long) factors * Float.BYTES);
    }
    writer.tensor("bias", Dtype.F32, bias);
    writer.tensor("linear", Dtype.F32, linear, features);
    if (factors > 0) {
      writer.tensor("factors", Dtype.F32, factorRows, features, factors);
    }
    model.features().writeTo(writer);
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
    Link link = constant(file, LINK_KEY, Link.class);
    FeatureSpace features = FeatureSpace.readFrom(file).copy();
    int factors = factors(file, family);
    PredictionRange range = range(file);
    float bias = file.require("bias", Dtype.F32).get(JAVA_FLOAT, 0);
    Slab memory = Slab.allocate(Model.weightBytes(features.size(), factors));
    try {
      copyWeights(file, memory, features.size(), factors);
      return new Model(family, link, range, bias, features, memory, factors, notes(file));
    } catch (IllegalArgumentException e) {
      memory.close();
      throw new MalformedFileException(file.path(), "", String.valueOf(e.getMessage()));
    } catch (Throwable failure) {
      memory.close();
      throw failure;
    }
  }

  private static void copyWeights(SafetensorsFile file, Slab memory, int features, int factors)
      throws MalformedFileException {
    MemorySegment linear = file.require("linear", Dtype.F32, features);
    MemorySegment factorRows =
        factors == 0 ? MemorySegment.NULL : file.require("factors", Dtype.F32, features, factors);
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
    String text = file.requireMetadata(FACTORS_KEY);
    int lowest = family == Family.LINEAR ? 0 : 1;
    int highest = family == Family.LINEAR ? 0 : RowLayout.MAX_LENGTH;
    try {
      int factors = Integer.parseInt(text);
      if (factors >= lowest && factors <= highest) {
        return factors;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message for both.
    }
    throw new MalformedFileException(
        file.path(),
        "metadata " + FACTORS_KEY,
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
