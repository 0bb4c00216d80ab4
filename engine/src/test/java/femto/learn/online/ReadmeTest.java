package femto.learn.online;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import femto.learn.Example;
import femto.learn.Learner;
import femto.learn.LearnerOptions;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.PlainFm;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import femto.swap.CandidateSet;
import femto.swap.DirectoryFollower;
import femto.swap.DirectoryOptions;
import femto.swap.ExternalIds;
import femto.swap.FollowerOptions;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.VersionDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows of learning while a model serves. */
class ReadmeTest {
  private static final long TEN_MINUTES = 600_000;
  private static final FeatureSpace SPACE =
      TestModels.space(
          List.of(Field.oneHot("user", Side.CONTEXT), Field.oneHot("ad", Side.CANDIDATE)), 3, 2);

  @Test
  void shouldLearnAsTheReadmeShows() {
    LearnerOptions options =
        new LearnerOptions(
            Loss.LOGISTIC,
            Optimizer.ADAGRAD,
            4,
            0.02,
            0.1,
            0.1,
            Collections.nCopies(2, new LearnerOptions.L2(0, 0)),
            1);
    Row ad = new Row(new int[] {3}, new float[] {1});
    CandidateSet ads =
        new CandidateSet(
            TestModels.rows(List.of(ad), SPACE.size()), ExternalIds.ofLongs(new long[] {9}));
    try (Learner learner = new Learner(SPACE, options);
        LiveModel live =
            LiveModel.start(
                learner.toModel(PredictionRange.UNBOUNDED, Map.of()),
                ads,
                LiveOptions.defaults())) {
      float before = learner.linear(3);
      long id = 1;
      long shownAt = 1000;
      long clickedAt = 2000;
      Example example = new Example();
      example.reset(0);
      example.add(1, 1);
      example.add(3, 1);

      OnlineTrainer trainer = OnlineTrainer.start(live, learner, OnlineOptions.defaults(0.02));
      ClickJoiner joiner = new ClickJoiner(TEN_MINUTES, LateClick.LEARN, 100_000, trainer::offer);

      joiner.impression(id, example, shownAt); // a joiner has one owner; any thread may offer
      joiner.click(id, clickedAt);

      trainer.close(); // learns and publishes all that was accepted

      assertThat(trainer.progress().learned()).isEqualTo(1);
      assertThat(learner.linear(3)).isGreaterThan(before);
      assertThat(live.version()).isEqualTo(2);
    }
  }

  @Test
  void shouldServeElsewhereAsTheReadmeShows(@TempDir Path folder) throws Exception {
    Path path = folder.resolve("versions");
    Row ad = new Row(new int[] {3}, new float[] {1});
    CandidateSet ads =
        new CandidateSet(
            TestModels.rows(List.of(ad), SPACE.size()), ExternalIds.ofLongs(new long[] {9}));
    PlainFm fm = PlainFm.random(new Random(1), SPACE.size(), 2, 0.1);
    FollowerOptions following = FollowerOptions.defaults().withPatience(Duration.ofSeconds(30));
    try (LiveModel live =
        LiveModel.start(TestModels.model(SPACE, fm), ads, LiveOptions.defaults())) {
      VersionDirectory directory = VersionDirectory.record(live, path, DirectoryOptions.defaults());

      DirectoryFollower follower = // in another process: follower.live() serves
          DirectoryFollower.start(path, LiveOptions.defaults(), following);

      assertThat(live.publish(live.newDelta().bias(3)).isPublished()).isTrue();
      assertThat(follower.live().awaitVersion(2, Duration.ofSeconds(30))).isTrue();
      follower.close();
      directory.close();
    }
  }

  @Test
  void shouldBeWhatTheReadmeShows() throws IOException {
    Path source = Path.of("src", "test", "java", "femto", "learn", "online", "ReadmeTest.java");
    List<String> lines = Files.readAllLines(source, UTF_8).stream().map(String::strip).toList();
    List<String> shown =
        Files.readAllLines(Path.of("..", "README.md"), UTF_8).stream()
            .dropWhile(line -> !line.equals("## Learning while it serves"))
            .skip(1)
            .takeWhile(line -> !line.startsWith("## "))
            .filter(line -> line.startsWith("    "))
            .map(String::strip)
            .toList();
    assertThat(shown).isNotEmpty();
    assertThat(lines).containsSubsequence(shown);
  }
}
