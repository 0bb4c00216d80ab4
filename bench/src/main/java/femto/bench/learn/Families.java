package femto.bench.learn;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.learn.DivergedException;
import femto.learn.ExampleSource;
import femto.learn.FamilyOptions;
import femto.learn.Learner;
import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.ModelLearner;
import femto.learn.Optimizer;
import femto.learn.Training;
import femto.model.Family;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.FoldedCandidates;
import femto.model.Model;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.score.Scorer;
import femto.tools.ads.PlantedClicks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Families of models on clicks whose truth is field-weighted: what each reaches on rows that nobody
 * has learned from, and what serving it costs beside a factorization machine of the length that it
 * folds to.
 *
 * <p>Each has the step size and the number of passes that were best on a part of the training rows
 * and those that follow that part.
 */
final class Families {
  /**
   * On how much.
   *
   * @param rows training rows
   * @param testRows rows that follow them
   * @param tuningRows of the training rows; a fifth as many that follow them tell what is best
   * @param passes the most
   * @param candidates that are scored
   * @param rounds of scoring
   */
  record Sizes(int rows, int testRows, int tuningRows, int passes, int candidates, int rounds) {
    static final Sizes QUICK = new Sizes(60_000, 20_000, 30_000, 1, 5_000, 21);
    static final Sizes FULL = new Sizes(500_000, 100_000, 200_000, 2, 20_000, 51);

    static Sizes of(LearnSize size) {
      return size.name().equals(LearnSize.QUICK.name()) ? QUICK : FULL;
    }
  }

  private static final String LOSS_TEST =
      "femto.learn.FieldWeightedTruthTest, femto.learn.FamilyLearnerTest";
  private static final String FOLD_TEST = "femto.model.FamilyFoldingTest";
  private static final double[] STEP_SIZES = {0.01, 0.02, 0.03};
  private static final double INITIAL_SCALE = 0.01;

  /** Of field strengths, which nearly each example steps. */
  private static final double STRENGTH_STEP = 20;

  /** Of the yardstick's values: enough that they are no constant, few enough to fit anywhere. */
  private static final int VALUES = 1000;

  /** What a candidate may cost beside one of a factorization machine of the same length. */
  private static final double COST_AIM = 1.1;

  /** After which all is compiled. */
  private static final long WARM_UP_NANOS = 500_000_000;

  private static final long SEED = 1;

  private final Sizes sizes;
  private final PlantedClicks table;

  private Families(Sizes sizes) {
    this.sizes = sizes;
    this.table = PlantedClicks.draw(sizes.rows() + sizes.testRows(), true, SEED);
  }

  /**
   * A family.
   *
   * @param id for the rows
   * @param name for people
   * @param options the family
   * @param factors k
   */
  private record Contender(String id, String name, FamilyOptions options, int factors) {
    static final Contender FM = new Contender("fm", "FM", FamilyOptions.of(Family.FM), 16);

    static final List<Contender> ALL =
        List.of(
            FM,
            new Contender("fm64", "FM of k=64", FamilyOptions.of(Family.FM), 64),
            new Contender(
                "fwfm", "FwFM", FamilyOptions.of(Family.FWFM).withStrengthStep(STRENGTH_STEP), 16),
            new Contender(
                "fwfm-low-rank",
                "FwFM of rank 3",
                FamilyOptions.lowRank(3).withStrengthStep(STRENGTH_STEP),
                16),
            new Contender("ffm", "FFM", FamilyOptions.of(Family.FFM), 4));
  }

  /** What was learned and what it reached. */
  private record Learned(
      Contender contender, double stepSize, int passes, double logLoss, Serving serving) {}

  /** Nanoseconds a candidate, and the same of the yardstick, in turn. */
  private record Serving(int length, double[] nanos, double[] yardstick) {}

  /** What came out. */
  record Outcome(List<Finding> rows, List<Figure> figures) {}

  static Outcome measure(Sizes sizes) {
    Families families = new Families(sizes);
    List<Learned> learned = new ArrayList<>();
    for (Contender contender : Contender.ALL) {
      learned.add(families.learn(contender));
    }
    return families.outcome(learned);
  }

  private Learned learn(Contender contender) {
    double least = Double.POSITIVE_INFINITY;
    double stepSize = STEP_SIZES[0];
    int passes = 1;
    int tuned = sizes.tuningRows();
    for (double tried : STEP_SIZES) {
      try (ModelLearner learner = newLearner(contender, tuned, tried)) {
        Training.Outcome outcome =
            train(learner, tuned, sizes.passes(), source(tuned, tuned + tuned / 5, tuned));
        if (outcome.best().validationLoss() < least) {
          least = outcome.best().validationLoss();
          stepSize = tried;
          passes = outcome.bestEpoch();
        }
      } catch (DivergedException e) {
        // This step size is too large.
      }
    }
    int rows = sizes.rows();
    try (ModelLearner learner = newLearner(contender, rows, stepSize)) {
      train(learner, rows, passes, null);
      double loss = Training.meanLoss(learner, source(rows, table.rows(), rows));
      try (Model model = learner.toModel(PredictionRange.UNBOUNDED, Map.of())) {
        return new Learned(contender, stepSize, passes, loss, serve(model));
      }
    }
  }

  private ExampleSource source(int from, int end, int trainingRows) {
    return table.source(from, end, table.features(trainingRows));
  }

  private Training.Outcome train(
      ModelLearner learner, int rows, int passes, @Nullable ExampleSource validation) {
    double mean = IntStream.range(0, rows).mapToDouble(table::label).average().orElseThrow();
    learner.startFromMean(mean);
    return new Training(passes, passes, passes)
        .run(learner, source(0, rows, rows), validation, epoch -> {});
  }

  private ModelLearner newLearner(Contender contender, int rows, double stepSize) {
    FeatureSpace space = table.space(rows);
    return contender.options().newLearner(space, options(contender.factors(), stepSize, space));
  }

  private static LearnerOptions options(int factors, double stepSize, FeatureSpace space) {
    return new LearnerOptions(
        Loss.LOGISTIC,
        Optimizer.ADAGRAD,
        factors,
        stepSize,
        1,
        INITIAL_SCALE,
        Collections.nCopies(space.fields().size(), new L2(0, 0)),
        SEED);
  }

  /** Scores the candidates of rows for the context of one. */
  private Serving serve(Model model) {
    int size = sizes.candidates();
    try (FoldedCandidates folded = FoldedCandidates.fold(model, rows(Side.CANDIDATE, size))) {
      int length = folded.table().layout().length();
      try (Model yardstick = yardstick(length);
          FoldedCandidates same = FoldedCandidates.fold(yardstick, yardstickRows(size))) {
        Scorer scorer = new Scorer(model, folded);
        scorer.fold(rows(Side.CONTEXT, 1), 0);
        Scorer other = new Scorer(yardstick, same);
        other.context().put("context", "c");
        other.fold();
        double[] nanos = new double[sizes.rounds()];
        double[] nanosOfOther = new double[sizes.rounds()];
        long warm = System.nanoTime() + WARM_UP_NANOS;
        while (System.nanoTime() < warm) {
          nanos(scorer, size);
          nanos(other, size);
        }
        for (int round = 0; round < sizes.rounds(); round++) {
          nanos[round] = nanos(scorer, size);
          nanosOfOther[round] = nanos(other, size);
        }
        return new Serving(length, nanos, nanosOfOther);
      }
    }
  }

  private static double nanos(Scorer scorer, int size) {
    int[] all = IntStream.range(0, size).toArray();
    float[] scores = new float[size];
    long begin = System.nanoTime();
    scorer.score(all, size, scores);
    return (System.nanoTime() - begin) / (double) size;
  }

  /** One side of the first rows, as rows of features. */
  private FeatureRows rows(Side side, int count) {
    List<Field> fields = PlantedClicks.fields();
    int known = table.features(sizes.rows());
    long[] offsets = new long[count + 1];
    int[] features = new int[count * PlantedClicks.FIELDS];
    int entries = 0;
    for (int row = 0; row < count; row++) {
      int begin = entries;
      for (int field = 0; field < PlantedClicks.FIELDS; field++) {
        int feature = table.feature(row, field);
        if (fields.get(field).side() == side && feature < known) {
          features[entries++] = feature;
        }
      }
      Arrays.sort(features, begin, entries);
      offsets[row + 1] = entries;
    }
    float[] weights = new float[entries];
    Arrays.fill(weights, 1);
    return FeatureRows.copyOf(offsets, Arrays.copyOf(features, entries), weights, known);
  }

  /** A factorization machine whose candidates fold to as many numbers. */
  private static Model yardstick(int length) {
    FeatureSpace.Builder features =
        new FeatureSpace.Builder(
            List.of(Field.oneHot("context", Side.CONTEXT), Field.oneHot("value", Side.CANDIDATE)));
    features.add(0, "c");
    for (int value = 0; value < VALUES; value++) {
      features.add(1, Integer.toString(value));
    }
    FeatureSpace space = features.build();
    try (Learner learner = new Learner(space, options(length, 0.01, space))) {
      return learner.toModel(PredictionRange.UNBOUNDED, Map.of());
    }
  }

  private static FeatureRows yardstickRows(int count) {
    long[] offsets = new long[count + 1];
    int[] features = new int[count];
    float[] weights = new float[count];
    for (int row = 0; row < count; row++) {
      offsets[row + 1] = row + 1L;
      features[row] = 1 + row % VALUES;
      weights[row] = 1;
    }
    return FeatureRows.copyOf(offsets, features, weights, 1 + VALUES);
  }

  private Outcome outcome(List<Learned> all) {
    double best = table.bestLogLoss(sizes.rows(), table.rows());
    double ofFm = Double.POSITIVE_INFINITY;
    for (Learned one : all) {
      ofFm = one.contender().options().family() == Family.FM ? Math.min(ofFm, one.logLoss()) : ofFm;
    }
    List<Finding> rows = new ArrayList<>();
    List<Figure> figures = new ArrayList<>();
    for (Learned one : all) {
      Contender contender = one.contender();
      Serving serving = one.serving();
      Finding loss =
          new Finding(
                  "families." + contender.id() + ".loss",
                  "log loss where the truth is field-weighted, " + contender.name(),
                  "nats",
                  LOSS_TEST)
              .measured(one.logLoss(), best)
              .detail("factors", contender.factors())
              .detail("step", one.stepSize())
              .detail("passes", one.passes());
      rows.add(
          contender.options().family() == Family.FM
              ? loss.informs(one.logLoss() / best, "the best possible", false)
              : loss.holds(one.logLoss() / ofFm, "the better FM", 1));
      double nanos = Figure.of("", "", serving.nanos()).median();
      rows.add(
          new Finding(
                  "families." + contender.id() + ".serving",
                  "a candidate scored, %s, which folds to %d numbers"
                      .formatted(contender.name(), serving.length()),
                  "ns",
                  FOLD_TEST)
              .measured(nanos, Double.NaN)
              .detail("bytes_per_candidate", Float.BYTES * (1L + serving.length()))
              .holds(
                  LearnSpeed.Outcome.ratio(serving.nanos(), serving.yardstick()),
                  "an FM of %d factors".formatted(serving.length()),
                  COST_AIM));
      figures.add(
          Figure.of(
              String.format(Locale.ROOT, "%s, a candidate scored", contender.name()),
              "ns",
              serving.nanos()));
      figures.add(
          Figure.of(
              String.format(
                  Locale.ROOT,
                  "FM of %d factors beside %s, a candidate scored",
                  serving.length(),
                  contender.name()),
              "ns",
              serving.yardstick()));
    }
    return new Outcome(List.copyOf(rows), List.copyOf(figures));
  }
}
