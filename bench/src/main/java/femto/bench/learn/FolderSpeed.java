package femto.bench.learn;

import femto.bench.learn.Engine.Setting;
import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.learn.Learner;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.Training;
import femto.model.Model;
import femto.tools.ads.ClickDataSet;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import femto.tools.train.ModelTrainer;
import femto.tools.train.Recipe;
import femto.tools.train.Recipes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Examples a second from the mapped folder of a data set, in a random order, beside the same rows
 * from arrays in their own.
 */
final class FolderSpeed {
  private static final String TEST =
      "femto.tools.train.TrainingSetTest, femto.tools.ads.ClickDataSetTest";
  private static final long SEED = 1;

  private FolderSpeed() {}

  /**
   * What came out.
   *
   * @param row of the report
   * @param figures each way
   */
  record Outcome(Finding row, List<Figure> figures) {}

  /**
   * Measures.
   *
   * @param clicks rows in memory
   * @param engine AdaGrad
   * @param testRows rows that follow them, which are in the folder too
   * @param rounds epochs that count
   * @param folder where the data set is written, and left
   */
  static Outcome measure(Clicks clicks, FemtoEngine engine, int testRows, int rounds, Path folder)
      throws IOException {
    Path set = folder.resolve("clicks.data");
    int rows = clicks.rows() + testRows;
    ClickDataSet.write(set, rows, new ClickDataSet.Options(false, 1, SEED), () -> {});
    double[] fromFolder = fromFolder(set, rounds);
    double[] fromMemory = new double[rounds];
    try (Learner learner = engine.newLearner(clicks, new Setting(0.01, 1, 0))) {
      for (int round = -1; round < rounds; round++) {
        Training.Epoch epoch =
            new Training(1, 1, 1).run(learner, clicks.training(), null, ended -> {}).best();
        if (round >= 0) { // all is compiled after the first
          fromMemory[round] = epoch.examples() * 1e9 / epoch.nanos();
        }
      }
    }
    Figure ours = Figure.of("from a mapped data set, shuffled", "examples/s", fromFolder);
    Figure memory = Figure.of("from arrays, in their order", "examples/s", fromMemory);
    Finding row =
        new Finding("learn.folder", "learned from a mapped data set", "examples/s", TEST)
            .measured(ours.median(), memory.median())
            .informs(ours.median() / memory.median(), "from arrays in their order", true);
    return new Outcome(row, List.of(ours, memory));
  }

  private static double[] fromFolder(Path set, int rounds) throws IOException {
    Recipe known = Recipes.of(Loss.LOGISTIC, 0, Recipes.Kind.FM);
    Recipe recipe =
        new Recipe(
            new Recipe.Task(Loss.LOGISTIC, 1, 0, 0),
            known.family(),
            Clicks.FACTORS,
            List.of(),
            Optimizer.ADAGRAD,
            new Recipe.Tuning(0.01, 1, 0.02, Map.of(Recipe.ANY_FIELD, new L2(0, 0))),
            known.preparation(),
            rounds + 1,
            0,
            1,
            SEED);
    List<Double> rates = new ArrayList<>();
    try (DataSet data = DataSet.open(set);
        Model model =
            new ModelTrainer(data, recipe)
                .listener(epoch -> rates.add(epoch.examples() * 1e9 / epoch.nanos()))
                .train(Split.byName(data, "test").train())) {
      if (model.features().size() == 0) {
        throw new IllegalStateException("a model without features has been measured");
      }
    }
    return rates.stream().skip(1).mapToDouble(Double::doubleValue).toArray();
  }
}
