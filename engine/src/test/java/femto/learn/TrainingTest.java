package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.learn.Sources.ListSource;
import femto.learn.Sources.Plain;
import femto.model.Model;
import femto.model.PredictionRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingTest {
  private static Learner learner(Loss loss, Optimizer optimizer, int k, double step) {
    return new Learner(Sources.SPACE, Sources.options(loss, optimizer, k, step, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "SQUARED, SGD, 0.05",
    "SQUARED, ADAGRAD, 0.1",
    "LOGISTIC, SGD, 0.1",
    "LOGISTIC, ADAGRAD, 0.1"
  })
  void shouldLowerTheLossOfAPlantedProblem(Loss loss, Optimizer optimizer, double step) {
    try (Learner learner = learner(loss, optimizer, 4, step)) {
      ListSource source = new ListSource(Sources.planted(1, 1000, loss));
      ListSource unseen = new ListSource(Sources.planted(2, 500, loss));
      double before = Training.meanLoss(learner, unseen);
      Training.Outcome outcome = new Training(15, 15, 15).run(learner, source, null, e -> {});
      double after = Training.meanLoss(learner, unseen);
      assertThat(after).isLessThan(before * (loss == Loss.SQUARED ? 0.2 : 0.85));
      assertThat(outcome.history()).hasSize(15);
      assertThat(outcome.history().get(14).trainingLoss())
          .isLessThan(outcome.history().get(0).trainingLoss());
      assertThat(outcome.history().get(0).validationLoss()).isNaN();
      assertThat(outcome.bestEpoch()).isEqualTo(15);
      assertThat(outcome.best().examples()).isEqualTo(1000);
    }
  }

  /** Validation labels the opposite of the training's from some epoch on: a loss we can script. */
  private static final class Scripted implements ExampleSource {
    private final double[] labels;
    private int pass = -1;
    private boolean given;

    Scripted(double... labels) {
      this.labels = labels;
    }

    @Override
    public long size() {
      return 1;
    }

    @Override
    public void start(long seed) {
      pass++;
      given = false;
    }

    @Override
    public boolean next(Example into) {
      if (given) {
        return false;
      }
      given = true;
      into.reset((float) labels[Math.min(pass, labels.length - 1)]);
      return true;
    }
  }

  @Test
  void shouldStopAfterThePatienceAndKeepTheWeightsOfTheBestEpoch() {
    // The bias climbs from 0 towards 10; the validation's only example wants about 3.
    List<Plain> training = List.of(new Plain(new int[] {0}, new float[] {1}, 10));
    ListSource validation = new ListSource(List.of(new Plain(new int[] {0}, new float[] {1}, 3)));
    for (Optimizer optimizer : Optimizer.values()) {
      double step = optimizer == Optimizer.SGD ? 0.05 : 0.4;
      try (Learner learner = learner(Loss.SQUARED, optimizer, 2, step)) {
        List<Training.Epoch> told = new ArrayList<>();
        Training.Outcome outcome =
            new Training(100, 100, 3).run(learner, new ListSource(training), validation, told::add);
        assertThat(outcome.history()).isEqualTo(told);
        assertThat(outcome.bestEpoch()).isBetween(2, 50);
        assertThat(told).hasSize(outcome.bestEpoch() + 3);
        for (Training.Epoch epoch : told) {
          assertThat(epoch.validationLoss())
              .isGreaterThanOrEqualTo(outcome.best().validationLoss());
        }
        assertThat(Training.meanLoss(learner, validation))
            .isEqualTo(outcome.best().validationLoss());
        assertThat(outcome.best().epoch()).isEqualTo(outcome.bestEpoch());
      }
    }
  }

  @Test
  void shouldKeepTheEarlierOfTwoEqualEpochsAndWaitForItsPatience() {
    // Nothing is learned, so the validation losses are 2, 0.5, 0.5, 0.5, ...
    for (int patience = 1; patience <= 4; patience++) {
      try (Learner learner = learner(Loss.SQUARED, Optimizer.SGD, 0, 0.1)) {
        Training.Outcome outcome =
            new Training(20, 20, patience)
                .run(learner, new ListSource(List.of()), new Scripted(2, 1), e -> {});
        assertThat(outcome.bestEpoch()).isEqualTo(2);
        assertThat(outcome.history()).hasSize(2 + patience);
      }
    }
  }

  @Test
  void shouldGoOnWhenALaterEpochIsBetterWithinThePatience() {
    try (Learner learner = learner(Loss.SQUARED, Optimizer.SGD, 0, 0.1)) {
      Training.Outcome outcome =
          new Training(9, 9, 2)
              .run(learner, new ListSource(List.of()), new Scripted(3, 4, 2, 4, 1, 4), e -> {});
      assertThat(outcome.bestEpoch()).isEqualTo(5);
      assertThat(outcome.history()).hasSize(7);
    }
  }

  @Test
  void shouldLowerTheStepSizeInAStraightLine() {
    // One feature-less example a pass: bias <- bias - step (bias - 1), so each step size can be
    // read.
    List<Plain> training = List.of(new Plain(new int[0], new float[0], 1));
    try (Learner learner = learner(Loss.SQUARED, Optimizer.SGD, 0, 0.4)) {
      double expected = 0;
      List<Double> losses = new ArrayList<>();
      ListSource source = new ListSource(training);
      new Training(5, 4, 5).run(learner, source, null, epoch -> losses.add(epoch.trainingLoss()));
      for (int epoch = 0; epoch < 4; epoch++) {
        assertThat(losses.get(epoch))
            .isCloseTo(0.5 * (expected - 1) * (expected - 1), within(1e-6));
        expected += 0.4 * (1 - epoch / 5.0) * (1 - expected);
      }
      assertThat(losses).hasSize(4);
      assertThat(learner.score(new Example())).isCloseTo(expected, within(1e-6));
      assertThat(source.seeds).containsExactly(8L, 9L, 10L, 11L);
    }
  }

  @Test
  void shouldSayThatLearningDivergedAndNameTheStep() {
    try (Learner learner = learner(Loss.SQUARED, Optimizer.SGD, 4, 1000)) {
      assertThatThrownBy(
              () ->
                  new Training(10, 10, 10)
                      .run(
                          learner,
                          new ListSource(Sources.planted(1, 500, Loss.SQUARED)),
                          null,
                          e -> {}))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("epoch 1")
          .hasMessageContaining("1000.0");
    }
  }

  @Test
  void shouldComputeTheMeanLossOfWhatIsThere() {
    try (Learner learner = learner(Loss.SQUARED, Optimizer.SGD, 0, 0.1)) {
      ListSource source =
          new ListSource(
              List.of(
                  new Plain(new int[] {0}, new float[] {1}, 1),
                  new Plain(new int[] {1}, new float[] {1}, 3)));
      assertThat(Training.meanLoss(learner, source)).isEqualTo((0.5 + 4.5) / 2);
      assertThat(Training.meanLoss(learner, new ListSource(List.of()))).isZero();
      try (Model model = learner.toModel(PredictionRange.UNBOUNDED, Map.of())) {
        assertThat(model.weights().bias(0)).isZero(); // nothing was learned from them
      }
    }
  }

  /** A list in a fixed order, cut into stretches. */
  private record Stretches(List<Plain> all) {
    ExampleSource source(int from, int to) {
      return new ExampleSource() {
        private int at = to;

        @Override
        public long size() {
          return (long) to - from;
        }

        @Override
        public void start(long seed) {
          at = from;
        }

        @Override
        public boolean next(Example into) {
          if (at == to) {
            return false;
          }
          all.get(at++).fill(into);
          return true;
        }

        @Override
        public List<ExampleSource> split(int parts) {
          List<ExampleSource> sources = new ArrayList<>();
          for (int part = 0; part < parts; part++) {
            sources.add(source(to * part / parts, to * (part + 1) / parts));
          }
          return sources;
        }
      };
    }
  }

  @Test
  void shouldReachTheSameLossWithSeveralThreads() {
    List<Plain> examples = Sources.planted(1, 4000, Loss.LOGISTIC);
    ExampleSource source = new Stretches(examples).source(0, examples.size());
    ListSource test = new ListSource(Sources.planted(2, 2000, Loss.LOGISTIC));
    for (Optimizer optimizer : Optimizer.values()) {
      double[] losses = new double[2];
      for (int threads : new int[] {1, 3}) {
        try (Learner learner = learner(Loss.LOGISTIC, optimizer, 4, 0.1)) {
          double before = Training.meanLoss(learner, test);
          List<Training.Epoch> told = new ArrayList<>();
          new Training(10, 10, 10, threads).run(learner, source, null, told::add);
          losses[threads / 2] = Training.meanLoss(learner, test);
          assertThat(losses[threads / 2]).isLessThan(before - 0.02);
          assertThat(learner.bias()).isNotZero();
          assertThat(told.get(0).trainingLoss()).isBetween(0.3, 0.8);
        }
      }
      assertThat(losses[1]).isCloseTo(losses[0], within(0.01));
    }
  }

  @Test
  void shouldThrowWhatAThreadThrewAndRefuseExamplesForOneThread() {
    List<Plain> bad = List.of(new Plain(new int[] {99}, new float[] {1}, 1));
    try (Learner learner = learner(Loss.SQUARED, Optimizer.SGD, 2, 0.1)) {
      assertThatThrownBy(
              () ->
                  new Training(1, 1, 1, 2)
                      .run(learner, new Stretches(bad).source(0, 1), null, e -> {}))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("99");
      assertThatThrownBy(
              () -> new Training(1, 1, 1, 2).run(learner, new ListSource(bad), null, e -> {}))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("one thread");
    }
  }

  @Test
  void shouldTellTheAucOfTheValidationPart() {
    List<Plain> training = Sources.planted(1, 2000, Loss.LOGISTIC);
    List<Plain> validation = Sources.planted(2, 500, Loss.LOGISTIC);
    try (Learner learner = learner(Loss.LOGISTIC, Optimizer.ADAGRAD, 4, 0.1)) {
      Training.Epoch best =
          new Training(5, 5, 5)
              .run(learner, new ListSource(training), new ListSource(validation), e -> {})
              .best();
      long won = 0;
      long pairs = 0;
      for (Plain positive : validation) {
        for (Plain negative : validation) {
          if (positive.label() == 1 && negative.label() == 0) {
            pairs += 2;
            double difference =
                learner.score(positive.toExample()) - learner.score(negative.toExample());
            won += difference > 0 ? 2 : difference == 0 ? 1 : 0;
          }
        }
      }
      assertThat(best.validationAuc()).isCloseTo((double) won / pairs, within(1e-12));
      assertThat(best.validationAuc()).isGreaterThan(0.6);
    }
  }

  @Test
  void shouldRefuseNumbersOutOfRange() {
    int[][] bad = {{0, 1, 1}, {1, 0, 1}, {2, 3, 1}, {2, 2, 0}};
    for (int[] numbers : bad) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Training(numbers[0], numbers[1], numbers[2]))
          .withMessageContaining("epochs=" + numbers[0])
          .withMessageContaining("patience=" + numbers[2]);
    }
  }
}
