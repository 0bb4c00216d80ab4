package femto.bench.learn;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.kernels.LearningRows;
import femto.kernels.RowLayout;
import femto.model.FeatureSpace;
import femto.tools.ads.ClickDataSet;
import femto.tools.data.DataSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A model of many features, learned by the command line from a data set that is larger than the
 * heap, in a process of its own: how fast, and what memory.
 */
final class LargeData {
  /**
   * How large.
   *
   * @param rows of the data set
   * @param valuesScale how many times the values the large fields have
   * @param heap of the process, for its command line
   * @param heapBytes the same as a number
   * @param aimFeatures features that there should be
   */
  record Sizes(int rows, double valuesScale, String heap, long heapBytes, int aimFeatures) {
    static final Sizes QUICK = new Sizes(500_000, 1, "96m", 96L << 20, 300_000);
    static final Sizes FULL = new Sizes(6_500_000, 60, "2g", 2L << 30, 10_000_000);

    static Sizes of(LearnSize size) {
      return size.name().equals(LearnSize.QUICK.name()) ? QUICK : FULL;
    }

    /** More than the folder will have: 8 bytes an entry, and what goes with a row or a value. */
    long folderBytes() {
      return 500L * rows;
    }
  }

  private static final String TEST =
      "femto.tools.train.TrainingSetTest, femto.tools.ads.ClickDataSetTest";
  private static final double MEBIBYTE = 1 << 20;
  private static final long SEED = 1;

  private LargeData() {}

  /**
   * What came out.
   *
   * @param rows of the report
   * @param figures besides
   */
  record Outcome(List<Finding> rows, List<Figure> figures) {}

  /**
   * Measures.
   *
   * @param sizes how large
   * @param folder where there is room for the data set, which is deleted
   */
  static Outcome measure(Sizes sizes, Path folder) throws IOException {
    Finding data =
        new Finding("size.data", "data set learned in a smaller heap", "MiB of files", TEST);
    long room = Files.getFileStore(folder).getUsableSpace();
    if (room < 2 * sizes.folderBytes()) {
      String why = "%,d bytes are left where temporary files are".formatted(room);
      return new Outcome(List.of(data.fails(why)), List.of());
    }
    Path set = folder.resolve("large.data");
    Path model = folder.resolve("large.femto");
    try {
      ClickDataSet.Options options = new ClickDataSet.Options(false, sizes.valuesScale(), SEED);
      long start = System.nanoTime();
      int features = ClickDataSet.write(set, sizes.rows(), options, () -> {});
      double writing = sizes.rows() * 1e9 / (System.nanoTime() - start);
      TrainingProcess.Outcome trained =
          TrainingProcess.run(sizes.heap(), folder, arguments(set, model));
      return outcome(sizes, data, bytesOf(set), features, dictionaryBytes(set), writing, trained);
    } finally {
      delete(set);
      Files.deleteIfExists(model);
    }
  }

  private static List<String> arguments(Path set, Path model) {
    return List.of(
        set.toString(),
        "--model",
        "fm",
        "--loss",
        "logistic",
        "--optimizer",
        "adagrad",
        "--factors",
        Integer.toString(Clicks.FACTORS),
        "--step",
        "0.02",
        "--l2",
        "*=0",
        "--l2-factors",
        "*=0",
        "--epochs",
        "1",
        "--runs",
        "none",
        "--out",
        model.toString());
  }

  private static Outcome outcome(
      Sizes sizes,
      Finding data,
      long fileBytes,
      int features,
      double dictionaryBytes,
      double writing,
      TrainingProcess.Outcome trained) {
    double heap = sizes.heapBytes();
    data.measured(fileBytes / MEBIBYTE, heap / MEBIBYTE)
        .detail("rows", sizes.rows())
        .detail("heap", sizes.heap())
        .detail("peak_resident_bytes", trained.peakBytes())
        .reaches(fileBytes / heap, "the heap", 1);
    long learner = LearningRows.bytesPerFeature(Clicks.FACTORS, 1);
    long copy = new RowLayout(Clicks.FACTORS).strideBytes();
    Finding model =
        new Finding("size.features", "features of a model with k=16, learned so", "features", TEST)
            .measured(features, sizes.aimFeatures())
            .detail("learner_bytes_per_feature", learner)
            .detail("model_bytes_per_feature", copy)
            .detail("dictionary_bytes_per_feature", dictionaryBytes)
            .reaches((double) features / sizes.aimFeatures(), "as many as are wanted", 1);
    Finding memory =
        new Finding(
                "size.memory", "memory a feature at its peak, without mapped files", "bytes", TEST)
            .measured(trained.ownBytes() / features, learner + copy + dictionaryBytes)
            .informs(
                trained.ownBytes() / features / (learner + copy + dictionaryBytes),
                "rows of the learner and of the model, and the dictionary",
                false);
    Finding rate =
        new Finding("size.rate", "learned from it by one thread", "examples/s", TEST)
            .measured(trained.rate(), Double.NaN)
            .informs(Double.NaN, "", true);
    return new Outcome(
        List.of(data, model, memory, rate),
        List.of(
            Figure.of("large data: files", "MiB", fileBytes / MEBIBYTE),
            Figure.of("large data: written", "rows/s", writing),
            Figure.of("large data: training, from start to end", "s", trained.seconds()),
            Figure.of(
                "large data: resident at its peak, with mapped files",
                "MiB",
                trained.peakBytes() / MEBIBYTE),
            Figure.of("large data: the same without files", "MiB", trained.ownBytes() / MEBIBYTE)));
  }

  /** Bytes a feature of the copy that a model has of the dictionary. */
  private static double dictionaryBytes(Path set) throws IOException {
    try (DataSet data = DataSet.open(set)) {
      FeatureSpace features = data.features();
      return (double) features.memoryBytes() / features.size();
    }
  }

  private static long bytesOf(Path set) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.list(set)) {
      for (Path file : files.toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  private static void delete(Path set) throws IOException {
    if (Files.isDirectory(set)) {
      try (Stream<Path> files = Files.list(set)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(set);
    }
  }
}
