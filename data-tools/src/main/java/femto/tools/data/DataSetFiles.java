package femto.tools.data;

import femto.file.Dtype;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * What writer and reader of a data set's folder agree on; {@code docs/data-set.md} specifies it.
 */
final class DataSetFiles {
  static final String FEATURES_FILE = "features.safetensors";
  static final String EXAMPLES_FILE = "examples.safetensors";
  static final List<String> FILES = List.of(FEATURES_FILE, EXAMPLES_FILE);

  static final String SCHEMA_KEY = "femto.schema";
  static final String FEATURES_SCHEMA = "femto-features/1";
  static final String EXAMPLES_SCHEMA = "femto-examples/1";
  static final String NAME_KEY = "femto.name";

  /** In the examples file, unless it is 4: the lowest label that is positive. */
  static final String POSITIVE_KEY = "femto.positive";

  /** In the examples file: the checksum of the features file that they belong to. */
  static final String FEATURES_KEY = "femto.features";

  static final String CONTEXTS = "contexts";
  static final String CANDIDATES = "candidates";
  static final String WEIGHT = "weight";
  static final String FOLD_PREFIX = "fold.";

  private DataSetFiles() {}

  /** Adds tensors to a file. */
  @FunctionalInterface
  interface Content {
    void addTo(SafetensorsWriter writer);
  }

  /** Writes a data set under its final name, whole or not at all. */
  static void write(
      Path folder,
      String name,
      FeatureSpace features,
      FeatureRows contexts,
      FeatureRows candidates,
      Examples examples)
      throws IOException {
    write(
        folder,
        name,
        features,
        writer -> {
          addRows(writer, CONTEXTS, contexts);
          addRows(writer, CANDIDATES, candidates);
        },
        writer -> addExamples(writer, examples));
  }

  /** Writes a data set of rows and examples that know how to write themselves. */
  static void write(Path folder, String name, FeatureSpace features, Content rows, Content examples)
      throws IOException {
    DurableFolder.write(
        folder,
        "a data set to replace",
        old -> DurableFolder.holdsExactly(old, FILES),
        temporary -> {
          Path featuresFile = temporary.resolve(FEATURES_FILE);
          SafetensorsWriter writer = new SafetensorsWriter().metadata(SCHEMA_KEY, FEATURES_SCHEMA);
          features.writeTo(writer);
          rows.addTo(writer);
          writer.write(featuresFile);
          String checksum;
          try (SafetensorsFile written = SafetensorsFile.map(featuresFile)) {
            checksum = written.checksum().orElseThrow();
          }
          SafetensorsWriter ofExamples =
              new SafetensorsWriter()
                  .metadata(SCHEMA_KEY, EXAMPLES_SCHEMA)
                  .metadata(NAME_KEY, name)
                  .metadata(FEATURES_KEY, checksum);
          examples.addTo(ofExamples);
          ofExamples.write(temporary.resolve(EXAMPLES_FILE));
        });
  }

  private static void addRows(SafetensorsWriter writer, String prefix, FeatureRows rows) {
    add(writer, prefix + ".offsets", Dtype.I64, rows.offsets());
    add(writer, prefix + ".features", Dtype.I32, rows.features());
    add(writer, prefix + ".weights", Dtype.F32, rows.weights());
  }

  private static void addExamples(SafetensorsWriter writer, Examples examples) {
    add(writer, "context", Dtype.I32, MemorySegment.ofArray(examples.contexts()));
    add(writer, "candidate", Dtype.I32, MemorySegment.ofArray(examples.candidates()));
    add(writer, "label", Dtype.F32, MemorySegment.ofArray(examples.labels()));
    add(writer, "time", Dtype.I64, MemorySegment.ofArray(examples.times()));
    float[] weights = examples.weights();
    if (weights != null) {
      add(writer, WEIGHT, Dtype.F32, MemorySegment.ofArray(weights));
    }
    examples.folds.forEach(
        (fold, mask) -> add(writer, FOLD_PREFIX + fold, Dtype.U8, MemorySegment.ofArray(mask)));
    Examples.Truth truth = examples.truth();
    if (truth != null) {
      add(writer, "truth.mean", Dtype.F32, MemorySegment.ofArray(truth.mean()));
      add(writer, "truth.positive", Dtype.F32, MemorySegment.ofArray(truth.positive()));
    }
  }

  private static void add(
      SafetensorsWriter writer, String name, Dtype dtype, MemorySegment numbers) {
    writer.tensor(name, dtype, numbers, numbers.byteSize() / dtype.bytes());
  }
}
