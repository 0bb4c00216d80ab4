package femto.tools.data;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.TensorInfo;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Side;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A data set, mapped from its folder: features of contexts (users) and of candidates (movies), and
 * examples that say which context gave which candidate which label, and when. The features of an
 * example are those of its context row and its candidate row together.
 *
 * <p>Everything is checked on opening. Immutable and safe to share between threads until {@link
 * #close}, which unmaps it; use after that throws {@link IllegalStateException}. The files must not
 * be changed in place while they are open (replacing the folder by an import is safe).
 *
 * <p>{@code data-tools/docs/data-set.md} is the specification of the folder.
 */
public final class DataSet implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DataSet.class.getName());

  /** From which rating on one is positive, of five. */
  private static final double RATING_POSITIVE = 4;

  private final SafetensorsFile featuresFile;
  private final SafetensorsFile examplesFile;
  private final @Nullable Path temporary;

  private final FeatureSpace features;
  private final FeatureRows contexts;
  private final FeatureRows candidates;
  private final int[] contextIds;
  private final int[] candidateIds;

  private final boolean isCatalogue;
  private final double positive;

  private final int examples;
  private final MemorySegment contextOfExample;
  private final MemorySegment candidateOfExample;
  private final MemorySegment labels;
  private final MemorySegment times;
  private final @Nullable MemorySegment weights;
  private final Map<String, MemorySegment> folds;
  private final @Nullable Truth truth;
  private final String name;
  private final String checksum;

  private DataSet(
      SafetensorsFile featuresFile, SafetensorsFile examplesFile, @Nullable Path temporary)
      throws MalformedFileException {
    this.featuresFile = featuresFile;
    this.examplesFile = examplesFile;
    this.temporary = temporary;
    requireMetadata(featuresFile, DataSetFiles.SCHEMA_KEY, DataSetFiles.FEATURES_SCHEMA, "");
    requireMetadata(examplesFile, DataSetFiles.SCHEMA_KEY, DataSetFiles.EXAMPLES_SCHEMA, "");
    String featuresChecksum = requireChecksum(featuresFile);
    requireMetadata(
        examplesFile,
        DataSetFiles.FEATURES_KEY,
        featuresChecksum,
        ", the checksum of "
            + DataSetFiles.FEATURES_FILE
            + " beside it: the two belong to"
            + " different data sets");
    name = examplesFile.requireMetadata(DataSetFiles.NAME_KEY);
    checksum = requireChecksum(examplesFile) + "+" + featuresChecksum;

    features = FeatureSpace.readFrom(featuresFile);
    contexts = rows(DataSetFiles.CONTEXTS);
    candidates = rows(DataSetFiles.CANDIDATES);
    contextIds = ids(DataSetFiles.CONTEXTS, contexts, Side.CONTEXT);
    candidateIds = ids(DataSetFiles.CANDIDATES, candidates, Side.CANDIDATE);
    isCatalogue = areDistinct(candidateIds);
    positive = readPositive();

    contextOfExample = examplesFile.require("context", Dtype.I32, -1);
    long size = contextOfExample.byteSize() / Integer.BYTES;
    if (size > Integer.MAX_VALUE) {
      throw malformed(examplesFile, "context", "has " + size + " examples, at most 2^31-1");
    }
    examples = (int) size;
    candidateOfExample = examplesFile.require("candidate", Dtype.I32, size);
    labels = examplesFile.require("label", Dtype.F32, size);
    times = examplesFile.require("time", Dtype.I64, size);
    requireIndexes("context", contextOfExample, contexts.rows());
    requireIndexes("candidate", candidateOfExample, candidates.rows());
    requireRange("label", labels, -Float.MAX_VALUE, Float.MAX_VALUE);
    weights =
        examplesFile.contains(DataSetFiles.WEIGHT)
            ? examplesFile.require(DataSetFiles.WEIGHT, Dtype.F32, size)
            : null;
    if (weights != null) {
      requireRange(DataSetFiles.WEIGHT, weights, 0, Float.MAX_VALUE);
    }
    folds = readFolds();
    truth = readTruth();
  }

  /** What a generated world says of its examples: the best that any model could predict. */
  public static final class Truth {
    private final MemorySegment means;
    private final MemorySegment positives;

    private Truth(MemorySegment means, MemorySegment positives) {
      this.means = means;
      this.positives = positives;
    }

    /**
     * The expected rating, given user and movie. No prediction has a lower expected squared error.
     *
     * @param example 0 to {@link DataSet#examples()} - 1
     * @return the mean of the distribution that the label was drawn from
     * @throws IndexOutOfBoundsException if there is no such example
     * @throws IllegalStateException if the data set is closed
     */
    public float mean(int example) {
      return means.getAtIndex(JAVA_FLOAT, example);
    }

    /**
     * The probability of a label of {@link DataSet#positive} or more, given context and candidate.
     * No score has a higher expected AUC for that event.
     *
     * @param example 0 to {@link DataSet#examples()} - 1
     * @return 0 to 1
     * @throws IndexOutOfBoundsException if there is no such example
     * @throws IllegalStateException if the data set is closed
     */
    public float positive(int example) {
      return positives.getAtIndex(JAVA_FLOAT, example);
    }
  }

  /**
   * Opens a data set.
   *
   * @param folder its folder
   * @return the data set, which the caller closes
   * @throws MalformedFileException if it is not a whole, sound data set; the message names file and
   *     place, what was found and what was expected
   * @throws IOException if it cannot be read
   */
  public static DataSet open(Path folder) throws IOException {
    return open(folder, null);
  }

  /**
   * Opens a data set, or what can be imported as one: a raw MovieLens 100K folder is imported to a
   * temporary folder first, which {@link #close} deletes.
   *
   * @param folder the folder of a data set, or a raw one
   * @return the data set, which the caller closes
   * @throws MalformedFileException if the folder is neither, or not a sound one; the message names
   *     file and place, what was found and what was expected
   * @throws IOException if it cannot be read, or the temporary folder cannot be written
   */
  public static DataSet openOrImport(Path folder) throws IOException {
    return openOrImport(folder, Path.of(System.getProperty("java.io.tmpdir", ".")));
  }

  static DataSet openOrImport(Path folder, Path temporaryFiles) throws IOException {
    if (!MovieLens.isRaw(folder) || isDataSet(folder)) {
      return open(folder);
    }
    Path temporary = Files.createTempDirectory(temporaryFiles, "femto-data-set-");
    DataSet opened = null;
    try {
      Path imported = temporary.resolve("data-set");
      MovieLens.importFolder(folder, imported);
      opened = open(imported, temporary);
      return opened;
    } finally {
      if (opened == null) {
        DurableFolder.delete(temporary);
      }
    }
  }

  /**
   * Whether a folder holds the files of a data set. They are not read.
   *
   * @param folder the folder
   * @return true if it does
   */
  public static boolean isDataSet(Path folder) {
    return DataSetFiles.FILES.stream().allMatch(file -> Files.isRegularFile(folder.resolve(file)));
  }

  private static DataSet open(Path folder, @Nullable Path temporary) throws IOException {
    for (String file : DataSetFiles.FILES) {
      if (!Files.isRegularFile(folder.resolve(file))) {
        throw new MalformedFileException(
            folder,
            "",
            (Files.isDirectory(folder) ? "has no file " + file : "is not a folder")
                + ", expected a data set ("
                + String.join(", ", DataSetFiles.FILES)
                + ") or, where raw data is taken, "
                + MovieLens.FOLDER_DESCRIPTION);
      }
    }
    SafetensorsFile featuresFile = SafetensorsFile.map(folder.resolve(DataSetFiles.FEATURES_FILE));
    SafetensorsFile examplesFile = null;
    DataSet opened = null;
    try {
      examplesFile = SafetensorsFile.map(folder.resolve(DataSetFiles.EXAMPLES_FILE));
      opened = new DataSet(featuresFile, examplesFile, temporary);
      return opened;
    } finally {
      if (opened == null) {
        featuresFile.close();
        if (examplesFile != null) {
          examplesFile.close();
        }
      }
    }
  }

  private static String requireChecksum(SafetensorsFile file) throws MalformedFileException {
    return file.checksum()
        .orElseThrow(
            () ->
                new MalformedFileException(
                    file.path(), "header", "has no checksum, expected a file that Femto wrote"));
  }

  private static void requireMetadata(
      SafetensorsFile file, String key, String expected, String explanation)
      throws MalformedFileException {
    String found = file.requireMetadata(key);
    if (!found.equals(expected)) {
      throw new MalformedFileException(
          file.path(),
          "metadata " + key,
          "is \"" + found + "\", expected \"" + expected + "\"" + explanation);
    }
  }

  private static MalformedFileException malformed(
      SafetensorsFile file, String tensor, @Nullable String problem) {
    return new MalformedFileException(file.path(), "tensor " + tensor, String.valueOf(problem));
  }

  private FeatureRows rows(String prefix) throws MalformedFileException {
    MemorySegment offsets = featuresFile.require(prefix + ".offsets", Dtype.I64, -1);
    MemorySegment values = featuresFile.require(prefix + ".features", Dtype.I32, -1);
    long entries = values.byteSize() / Integer.BYTES;
    MemorySegment weights = featuresFile.require(prefix + ".weights", Dtype.F32, entries);
    try {
      return FeatureRows.over(offsets, values, weights, features.size());
    } catch (IllegalArgumentException e) {
      throw malformed(featuresFile, prefix + ".*", e.getMessage());
    }
  }

  /** The feature that names each row: its value of the side's first field. */
  private int[] ids(String prefix, FeatureRows rows, Side side) throws MalformedFileException {
    int idField = 0;
    while (idField < features.fields().size() && features.fields().get(idField).side() != side) {
      idField++;
    }
    int[] ids = new int[rows.rows()];
    for (int row = 0; row < ids.length; row++) {
      ids[row] = FeatureSpace.UNKNOWN;
      for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
        int feature = rows.feature(entry);
        int field = features.fieldOf(feature);
        if (features.fields().get(field).side() != side) {
          throw malformed(
              featuresFile,
              prefix + ".features",
              "row "
                  + row
                  + " has a feature of field "
                  + features.fields().get(field).name()
                  + ", expected fields of side "
                  + side);
        }
        if (field == idField && ids[row] == FeatureSpace.UNKNOWN) {
          ids[row] = feature;
        }
      }
      if (ids[row] == FeatureSpace.UNKNOWN) {
        throw malformed(
            featuresFile,
            prefix + ".features",
            "row "
                + row
                + " has no value of the first field of side "
                + side
                + ", expected one: it is the row's id");
      }
    }
    return ids;
  }

  private static boolean areDistinct(int[] ids) {
    BitSet seen = new BitSet();
    for (int id : ids) {
      if (seen.get(id)) {
        return false;
      }
      seen.set(id);
    }
    return true;
  }

  private double readPositive() throws MalformedFileException {
    String text = examplesFile.metadata().get(DataSetFiles.POSITIVE_KEY);
    if (text == null) {
      return RATING_POSITIVE;
    }
    try {
      double number = Double.parseDouble(text);
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new MalformedFileException(
        examplesFile.path(),
        "metadata " + DataSetFiles.POSITIVE_KEY,
        "is \"" + text + "\", expected a finite number");
  }

  private void requireIndexes(String tensor, MemorySegment indexes, int rows)
      throws MalformedFileException {
    for (int example = 0; example < examples; example++) {
      int row = indexes.getAtIndex(JAVA_INT, example);
      if (row < 0 || row >= rows) {
        throw malformed(
            examplesFile,
            tensor,
            "example " + example + " has row " + row + ", expected 0 to " + (rows - 1));
      }
    }
  }

  private void requireRange(String tensor, MemorySegment numbers, float lowest, float highest)
      throws MalformedFileException {
    for (int example = 0; example < examples; example++) {
      float number = numbers.getAtIndex(JAVA_FLOAT, example);
      // Written so that a NaN is refused too.
      if (!(number >= lowest && number <= highest)) {
        throw malformed(
            examplesFile,
            tensor,
            "example " + example + " has " + number + ", expected " + expectation(lowest, highest));
      }
    }
  }

  private static String expectation(float lowest, float highest) {
    if (highest < Float.MAX_VALUE) {
      return lowest + " to " + highest;
    }
    return lowest == 0 ? "a finite number, 0 or more" : "a finite number";
  }

  private Map<String, MemorySegment> readFolds() throws MalformedFileException {
    Map<String, MemorySegment> masks = new TreeMap<>();
    for (TensorInfo tensor : examplesFile.tensors()) {
      if (!tensor.name().startsWith(DataSetFiles.FOLD_PREFIX)) {
        continue;
      }
      MemorySegment mask = examplesFile.require(tensor.name(), Dtype.U8, examples);
      for (int example = 0; example < examples; example++) {
        byte value = mask.get(JAVA_BYTE, example);
        if ((value & 0xfe) != 0) {
          throw malformed(
              examplesFile,
              tensor.name(),
              "example " + example + " has " + (value & 0xff) + ", expected 0 or 1");
        }
      }
      masks.put(tensor.name().substring(DataSetFiles.FOLD_PREFIX.length()), mask);
    }
    return Collections.unmodifiableMap(masks);
  }

  private @Nullable Truth readTruth() throws MalformedFileException {
    if (!examplesFile.contains("truth.mean") && !examplesFile.contains("truth.positive")) {
      return null;
    }
    MemorySegment means = examplesFile.require("truth.mean", Dtype.F32, examples);
    MemorySegment positives = examplesFile.require("truth.positive", Dtype.F32, examples);
    requireRange("truth.mean", means, -Float.MAX_VALUE, Float.MAX_VALUE);
    requireRange("truth.positive", positives, 0, 1);
    return new Truth(means, positives);
  }

  /**
   * All fields and values of the set.
   *
   * @return the features; they live as long as this data set is open ({@link FeatureSpace#copy}
   *     lives longer)
   */
  public FeatureSpace features() {
    return features;
  }

  /**
   * The context-side features.
   *
   * @return one row a context; they live as long as this data set is open
   */
  public FeatureRows contexts() {
    return contexts;
  }

  /**
   * The candidate-side features.
   *
   * @return one row a candidate; they live as long as this data set is open
   */
  public FeatureRows candidates() {
    return candidates;
  }

  /**
   * Number of examples.
   *
   * @return 0 or more
   */
  public int examples() {
    return examples;
  }

  /**
   * The context of an example.
   *
   * @param example 0 to {@link #examples()} - 1
   * @return row of {@link #contexts()}
   * @throws IndexOutOfBoundsException if there is no such example
   * @throws IllegalStateException if the data set is closed
   */
  public int context(int example) {
    return contextOfExample.getAtIndex(JAVA_INT, example);
  }

  /**
   * The candidate of an example.
   *
   * @param example 0 to {@link #examples()} - 1
   * @return row of {@link #candidates()}
   * @throws IndexOutOfBoundsException if there is no such example
   * @throws IllegalStateException if the data set is closed
   */
  public int candidate(int example) {
    return candidateOfExample.getAtIndex(JAVA_INT, example);
  }

  /**
   * The label of an example.
   *
   * @param example 0 to {@link #examples()} - 1
   * @return the rating; finite
   * @throws IndexOutOfBoundsException if there is no such example
   * @throws IllegalStateException if the data set is closed
   */
  public float label(int example) {
    return labels.getAtIndex(JAVA_FLOAT, example);
  }

  /**
   * How much an example counts in training: what its gradient and its loss are multiplied by.
   *
   * @param example 0 to {@link #examples()} - 1
   * @return 0 or more, finite; 1 where the data set has no weights
   * @throws IndexOutOfBoundsException if there is no such example
   * @throws IllegalStateException if the data set is closed
   */
  public float weight(int example) {
    return weights == null
        ? 1
        : weights.getAtIndex(JAVA_FLOAT, Objects.checkIndex(example, examples));
  }

  /**
   * Whether examples have weights of their own.
   *
   * @return false if each counts once
   */
  public boolean isWeighted() {
    return weights != null;
  }

  /**
   * When an example happened.
   *
   * @param example 0 to {@link #examples()} - 1
   * @return seconds since 1970-01-01T00:00Z
   * @throws IndexOutOfBoundsException if there is no such example
   * @throws IllegalStateException if the data set is closed
   */
  public long time(int example) {
    return times.getAtIndex(JAVA_LONG, example);
  }

  /**
   * The raw id of a context.
   *
   * @param context row of {@link #contexts()}
   * @return its value of the first context-side field (the user)
   * @throws IndexOutOfBoundsException if there is no such row
   * @throws IllegalStateException if the data set is closed
   */
  public String contextId(int context) {
    return features.value(contextIds[context]);
  }

  /**
   * The raw id of a candidate.
   *
   * @param candidate row of {@link #candidates()}
   * @return its value of the first candidate-side field (the movie)
   * @throws IndexOutOfBoundsException if there is no such row
   * @throws IllegalStateException if the data set is closed
   */
  public String candidateId(int candidate) {
    return features.value(candidateIds[candidate]);
  }

  /**
   * Whether a candidate's id names one row alone, so that there is something to rank. Where it does
   * not, rows are impressions: what was shown at one time.
   *
   * @return false if two candidates have the same id
   */
  public boolean isCatalogue() {
    return isCatalogue;
  }

  /**
   * The lowest label that is positive unless somebody says otherwise.
   *
   * @return 4 for ratings, 1 for clicks
   */
  public double positive() {
    return positive;
  }

  /**
   * What data it is.
   *
   * @return such as {@code movielens}
   */
  public String name() {
    return name;
  }

  /**
   * Splits into training and test that came with the raw data.
   *
   * @return their names, such as {@code u1}, ascending; empty if there are none
   */
  public Set<String> folds() {
    return folds.keySet();
  }

  /**
   * Whether an example belongs to the test part of a predefined fold; it belongs to the training
   * part otherwise.
   *
   * @param fold one of {@link #folds()}
   * @param example 0 to {@link #examples()} - 1
   * @return true for a test example
   * @throws IllegalArgumentException if there is no such fold; the message lists those that there
   *     are
   * @throws IndexOutOfBoundsException if there is no such example
   * @throws IllegalStateException if the data set is closed
   */
  public boolean isTest(String fold, int example) {
    MemorySegment mask = folds.get(fold);
    if (mask == null) {
      throw new IllegalArgumentException(
          "there is no fold \""
              + fold
              + "\", expected "
              + (folds.isEmpty() ? "none: the data set has no folds" : "one of " + folds()));
    }
    return mask.get(JAVA_BYTE, example) != 0;
  }

  /**
   * The truth behind a generated data set.
   *
   * @return the truth, empty for data that was observed; it lives as long as this data set is open
   */
  public Optional<Truth> truth() {
    return Optional.ofNullable(truth);
  }

  /**
   * Identity of the content: data sets of the same features and examples in the same order have the
   * same.
   *
   * @return such as {@code crc32c:0a1b2c3d+crc32c:4e5f6071}
   */
  public String checksum() {
    return checksum;
  }

  /**
   * Name and checksum: what a model notes of the data that it was trained on.
   *
   * @return such as {@code movielens crc32c:0a1b2c3d+crc32c:4e5f6a7b}
   */
  public String identity() {
    return name() + " " + checksum();
  }

  /**
   * Unmaps the data, and deletes it if it was imported to a temporary folder. Again does nothing.
   */
  @Override
  public void close() {
    featuresFile.close();
    examplesFile.close();
    if (temporary != null) {
      try {
        DurableFolder.delete(temporary);
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, "cannot delete " + temporary, e);
      }
    }
  }
}
