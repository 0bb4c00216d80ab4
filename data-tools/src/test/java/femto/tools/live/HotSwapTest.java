package femto.tools.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.learn.Loss;
import femto.model.FeatureSpace;
import femto.model.FoldedCandidates;
import femto.model.Model;
import femto.score.Scorer;
import femto.score.Snapshot;
import femto.swap.CandidateSet;
import femto.swap.ExternalIds;
import femto.swap.Lease;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.LiveScorer;
import femto.swap.PublishResult;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import femto.tools.train.ModelTrainer;
import femto.tools.train.Recipe;
import femto.tools.train.Recipes;
import femto.tools.train.Recipes.Kind;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HotSwapTest {
  private static final Recipe RECIPE = Recipes.of(Loss.LOGISTIC, 0, Kind.FM);

  @TempDir private Path folder = Path.of("");

  @SuppressWarnings("NullAway.Init") // opened before each test
  private DataSet data;

  @SuppressWarnings("NullAway.Init")
  private FeatureSpace features;

  @SuppressWarnings("NullAway.Init")
  private Split split;

  @SuppressWarnings("NullAway.Init")
  private Model start;

  @BeforeEach
  void train() throws IOException {
    data = SmallWorld.open(SmallWorld.raw(folder.resolve("raw"), 3000));
    features = data.features().copy();
    split = Split.byName(data, "temporal-global");
    start = new ModelTrainer(data, RECIPE).train(split.train());
  }

  @AfterEach
  void close() {
    start.close();
    data.close();
  }

  private LiveTrainer trainer() {
    return new LiveTrainer(data, features, RECIPE, start);
  }

  private LiveModel live(Model model) {
    long[] ids = LongStream.range(0, data.candidates().rows()).toArray();
    return LiveModel.start(
        model,
        new CandidateSet(data.candidates(), ExternalIds.ofLongs(ids)),
        LiveOptions.defaults());
  }

  @Test
  void shouldServeWhileVersionsComeAndCountWhatHappened() {
    HotSwap.Result result =
        HotSwap.run(data, start, RECIPE, split.test(), Duration.ofMillis(1600), 1);
    assertThat(result.torn()).isZero();
    assertThat(result.checked()).isPositive();
    assertThat(result.candidates()).isEqualTo(data.candidates().rows());
    assertThat(result.statistics().refused()).isZero();
    assertThat(result.statistics().version())
        .isEqualTo(result.statistics().publishedFull() + result.statistics().publishedDelta())
        .isGreaterThan(10);
    assertThat(result.versionsSeen()).isBetween(2, (int) result.statistics().version());
    assertThat(result.publishing().p50()).isPositive();
    assertThat(result.publishing().p999()).isGreaterThanOrEqualTo(result.publishing().p50());
    // Requests are due at one rate, whether versions are published or not.
    assertThat(result.quiet().requestsASecond())
        .isCloseTo(result.publishing().requestsASecond(), within(50.0));
    assertThat(result.learned()).isBetween(1, split.test().length);
    assertThat(result.logLoss()).hasSize(5).allMatch(loss -> loss > 0 && loss < 2);
    assertThat(result.firstLogLoss()).hasSize(5).allMatch(loss -> loss > 0 && loss < 2);
  }

  @Test
  void shouldPublishWhatItHasLearned() {
    try (LiveTrainer trainer = trainer();
        LiveModel live = live(trainer.model());
        LiveScorer reader = live.newScorer("test")) {
      for (int example : split.test()) {
        trainer.learn(example);
      }
      PublishResult result = live.publish(trainer.delta());
      assertThat(result.isPublished()).isTrue();
      assertThat(result.waitingFeatures()).as("the budget has room for all").isZero();
      try (Model whole = trainer.model();
          FoldedCandidates folded = FoldedCandidates.fold(whole, data.candidates());
          Lease lease = reader.lease()) {
        Scorer expected = new Scorer(whole, folded);
        for (int context = 0; context < data.contexts().rows(); context++) {
          expected.fold(data.contexts(), context);
          lease.scorer().fold(data.contexts(), context);
          int candidate = context % folded.size();
          assertThat(lease.scorer().score(candidate)).isEqualTo(expected.score(candidate));
        }
      }
      assertThat(trainer.delta().isEmpty()).as("nothing but the bias is left to say").isFalse();
      assertThat(live.publish(trainer.delta()).refolded()).isZero();
    }
  }

  @Test
  void shouldFindRowsThatAreOfOtherWeights() {
    try (LiveTrainer trainer = trainer();
        LiveModel live = live(trainer.model());
        LiveScorer before = live.newScorer("before");
        LiveScorer after = live.newScorer("after");
        Lease old = before.lease()) {
      int example = split.test()[0];
      int context = data.context(example);
      int candidate = data.candidate(example);
      trainer.learn(example);
      live.publish(trainer.delta());
      VersionCheck check = new VersionCheck(data.contexts(), data.candidates());
      try (Lease now = after.lease()) {
        for (Lease whole : new Lease[] {old, now}) {
          Scorer scorer = whole.scorer();
          scorer.fold(data.contexts(), context);
          assertThat(check.score(scorer.snapshot(), context, candidate))
              .isEqualTo(scorer.score(candidate));
        }
        Snapshot newer = now.scorer().snapshot();
        Snapshot older = old.scorer().snapshot();
        Snapshot torn =
            new Snapshot(
                newer.model(),
                newer.candidates(),
                newer.features(),
                newer.bias(),
                newer.weights(),
                older.rows());
        Scorer scorer = new Scorer(torn);
        scorer.fold(data.contexts(), context);
        assertThat(check.score(torn, context, candidate)).isNotEqualTo(scorer.score(candidate));
      }
    }
  }

  /** The requests that wait for a slow one count as slow too. */
  @Test
  void shouldCountTheTimeOfARequestFromWhenItWasDue() {
    try (LiveTrainer trainer = trainer();
        LiveModel live = live(trainer.model());
        RequestThread request = new RequestThread(live, data, 0, 1)) {
      live.warmUp(Duration.ofMillis(200));
      long window = 20_000_000;
      long late = 2 * window;
      // Two windows and more had passed when it began: all that was due in them waited for it.
      request.serve(new Plan(System.nanoTime() - late, window), 0, 1_000_000);
      assertThat(request.quiet().getTotalCount()).isEqualTo(Plan.WINDOWS / 2 * 20);
      assertThat(request.publishing().getTotalCount()).isEqualTo(Plan.WINDOWS / 2 * 20);
      assertThat(request.quiet().getMaxValue()).isGreaterThanOrEqualTo(late - late / 100);
      assertThat(request.quiet().getCountBetweenValues(late / 2, Long.MAX_VALUE / 2))
          .as("those of the first window, each at least as late as the second is long")
          .isGreaterThanOrEqualTo(20);
    }
  }
}
