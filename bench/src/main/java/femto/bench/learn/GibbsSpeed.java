package femto.bench.learn;

import femto.bench.peer.MissingPeerException;
import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.learn.Loss;
import femto.learn.blocks.BlockOptions;
import femto.model.FeatureRows;
import femto.tools.data.DataSet;
import femto.tools.data.MovieLens;
import femto.tools.data.MovieLensGenerator;
import femto.tools.evaluate.Split;
import femto.tools.train.BlockRecipe;
import femto.tools.train.BlockTrainer;
import femto.tools.train.CrossValidation;
import femto.tools.train.Recipes;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Gibbs sampling of a factorization machine of ratings beside libFM's: the same rows, factors and
 * sweeps on one thread, and the error of the mean prediction. The ratings are drawn, as many and of
 * as many users and movies as those of MovieLens 100K.
 */
final class GibbsSpeed {
  private static final String TEST = "femto.learn.blocks.BlockLearnerTest";
  private static final int FACTORS = 10;
  private static final double TEST_PART = 0.2;
  private static final long SEED = 1;

  /** What is left to chance where errors of two chains are held against one another. */
  private static final double NOISE = 1.002;

  private final DataSet data;
  private final Split split;
  private final int sweeps;
  private final Path folder;

  private GibbsSpeed(DataSet data, Split split, int sweeps, Path folder) {
    this.data = data;
    this.split = split;
    this.sweeps = sweeps;
    this.folder = folder;
  }

  /** What came out. */
  record Outcome(List<Finding> rows, List<Figure> figures) {}

  /** Seconds from the data to the predictions, and their error. */
  private record Run(double seconds, double rmse) {}

  static Outcome measure(LearnSize size, Path folder) throws IOException {
    boolean quick = size.name().equals(LearnSize.QUICK.name());
    Path raw = folder.resolve("ratings");
    Path set = folder.resolve("ratings-set");
    MovieLensGenerator.generate(raw, MovieLensGenerator.DEFAULT_ROWS, SEED);
    MovieLens.importFolder(raw, set);
    try (DataSet data = DataSet.open(set)) {
      int[] all = IntStream.range(0, data.examples()).toArray();
      Split split = Split.cut(all, TEST_PART, SEED);
      GibbsSpeed speed = new GibbsSpeed(data, split, quick ? 20 : 200, folder);
      List<Finding> rows = new ArrayList<>();
      List<Figure> figures = new ArrayList<>();
      speed.measure("ids", "user and movie", CrossValidation.idFields(data), rows, figures);
      speed.measure("fields", "all fields", List.of(), rows, figures);
      return new Outcome(rows, figures);
    }
  }

  private void measure(
      String id, String what, List<String> fields, List<Finding> rows, List<Figure> figures)
      throws IOException {
    sample(fields, 2); // compiles it
    Run ours = sample(fields, sweeps);
    Finding time =
        new Finding(
                "gibbs." + id + ".time",
                "Gibbs sampling of ratings, %s, k=%d, %d sweeps".formatted(what, FACTORS, sweeps),
                "s",
                TEST)
            .measured(ours.seconds(), Double.NaN);
    Finding error =
        new Finding("gibbs." + id + ".rmse", "RMSE of Gibbs sampling, " + what, "", TEST)
            .measured(ours.rmse(), Double.NaN);
    figures.add(Figure.of("Gibbs sampling, " + what, "s", ours.seconds()));
    try {
      Run theirs = peer(fields, id);
      rows.add(
          time.peer("libFM mcmc", theirs.seconds())
              .holds(ours.seconds() / theirs.seconds(), "libFM", 1));
      rows.add(
          error
              .peer("libFM mcmc", theirs.rmse())
              .holds(ours.rmse() / theirs.rmse(), "libFM", NOISE));
      figures.add(Figure.of("libFM mcmc, " + what, "s", theirs.seconds()));
    } catch (MissingPeerException e) {
      String why = String.valueOf(e.getMessage());
      String fails = "libFM is not on this machine";
      rows.add(time.missing("libFM mcmc", why).fails(fails));
      rows.add(error.missing("libFM mcmc", why).fails(fails));
    }
  }

  private Run sample(List<String> fields, int count) {
    BlockRecipe known =
        Recipes.overBlocks(BlockOptions.Method.GIBBS, Loss.SQUARED, Recipes.Kind.FM, data);
    BlockRecipe recipe =
        new BlockRecipe(
            known.method(),
            known.loss(),
            known.positive(),
            FACTORS,
            fields,
            List.of(),
            known.initialScale(),
            known.l2(),
            new BlockRecipe.Chain(1, 0, count, 1), // libFM averages all of its sweeps
            SEED);
    BlockTrainer.Outcome outcome = new BlockTrainer(data, recipe).test(split);
    return new Run(outcome.seconds(), outcome.averaged().rmse());
  }

  private Run peer(List<String> fields, String id) throws IOException {
    Path program = LibFmEngine.program();
    Path train = folder.resolve(id + ".train");
    Path test = folder.resolve(id + ".test");
    Path out = folder.resolve(id + ".out");
    write(train, split.train(), fields);
    write(test, split.test(), fields);
    long begin = System.nanoTime();
    PeerProcess.run(
        List.of(
            program.toString(),
            "-task",
            "r",
            "-method",
            "mcmc",
            "-train",
            train.toString(),
            "-test",
            test.toString(),
            "-dim",
            "1,1," + FACTORS,
            "-iter",
            Integer.toString(sweeps),
            "-init_stdev",
            "0.1",
            "-seed",
            Long.toString(SEED),
            "-out",
            out.toString()),
        folder);
    double seconds = (System.nanoTime() - begin) / 1e9;
    double[] predictions = PeerProcess.numbers(out);
    double squares = 0;
    for (int i = 0; i < predictions.length; i++) {
      double error = predictions[i] - data.label(split.test()[i]);
      squares += error * error;
    }
    return new Run(seconds, Math.sqrt(squares / predictions.length));
  }

  /** Label, and feature:weight of the features of the fields; of all fields if none is named. */
  private void write(Path file, int[] examples, List<String> fields) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int example : examples) {
        out.append(Float.toString(data.label(example)));
        write(out, data.contexts(), data.context(example), fields);
        write(out, data.candidates(), data.candidate(example), fields);
        out.append('\n');
      }
    }
  }

  private void write(BufferedWriter out, FeatureRows rows, int row, List<String> fields)
      throws IOException {
    for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
      int feature = rows.feature(entry);
      String field = data.features().fields().get(data.features().fieldOf(feature)).name();
      if (fields.isEmpty() || fields.contains(field)) {
        out.append(' ').append(Integer.toString(feature));
        out.append(':').append(Float.toString(rows.weight(entry)));
      }
    }
  }
}
