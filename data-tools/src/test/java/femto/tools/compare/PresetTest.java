package femto.tools.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.tools.RealData;
import femto.tools.baseline.Interactions;
import femto.tools.baseline.Popular;
import femto.tools.baseline.Recommender;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Popularity;
import femto.tools.evaluate.RankingEvaluation;
import femto.tools.evaluate.Split;
import femto.tools.evaluate.UserBootstrap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** On MovieLens 100K. */
class PresetTest {
  private static DataSet data;

  /** The same with other ratings in the test part of each user's last fifth. */
  private static DataSet turned;

  @BeforeAll
  static void open(@TempDir Path folder) throws Exception {
    data = DataSet.openOrImport(RealData.movieLens100k());
    BitSet test = new BitSet();
    Arrays.stream(Split.temporalPerUser(data, 0.2).test()).forEach(test::set);
    for (String file : new String[] {"u.item", "u.user", "u.genre", "u.occupation"}) {
      Path from = RealData.movieLens100k().resolve(file);
      if (Files.exists(from)) {
        Files.copy(from, folder.resolve(file));
      }
    }
    List<String> lines = Files.readAllLines(RealData.movieLens100k().resolve("u.data"));
    for (int line = 0; line < lines.size(); line++) {
      String[] cells = lines.get(line).split("\t", -1);
      if (test.get(line)) {
        cells[2] = Integer.toString(6 - Integer.parseInt(cells[2]));
      }
      lines.set(line, String.join("\t", cells));
    }
    Files.write(folder.resolve("u.data"), lines);
    turned = DataSet.openOrImport(folder);
  }

  @AfterAll
  static void close() {
    data.close();
    turned.close();
  }

  private static int likes(Interactions likes) {
    int sum = 0;
    for (int user = 0; user < likes.userCount(); user++) {
      sum += likes.itemsOf(user).length;
    }
    return sum;
  }

  private static int asked(Trial trial) {
    return (int) Arrays.stream(trial.relevant()).filter(items -> items.length > 0).count();
  }

  private static int relevant(Trial trial) {
    return Arrays.stream(trial.relevant()).mapToInt(items -> items.length).sum();
  }

  @Test
  void shouldDivideAsTheProjectsDo() {
    Trial lecture = Preset.LECTURE.trial(data, 1);
    assertThat(asked(lecture)).isEqualTo(907);
    assertThat(lecture.catalogue()).isEqualTo(1682);
    assertThat(lecture.usersLeftOut()).isEqualTo(943 - 907);
    Trial microsoft = Preset.MS_RECOMMENDERS.trial(data, 1);
    assertThat(likes(microsoft.likes())).isEqualTo(75_066);
    assertThat(relevant(microsoft)).isEqualTo(24_934);
    assertThat(asked(microsoft)).isEqualTo(943);
    assertThat(microsoft.allRelevant()).isTrue();
    Trial cornac = Preset.CORNAC.trial(data, 1);
    assertThat(likes(cornac.likes())).isEqualTo(80_000);
    Trial positive = Preset.CORNAC_POSITIVE.trial(data, 1);
    assertThat(likes(positive.likes())).isBetween(43_500, 45_100);
    assertThat(positive.relevant()).isEqualTo(cornac.relevant());
    Trial recbole = Preset.RECBOLE.trial(data, 1);
    assertThat(recbole.catalogue()).isEqualTo(1682);
    assertThat(asked(recbole)).isEqualTo(943);
    assertThat(likes(recbole.likes())).isEqualTo(100_000 - 2 * relevant(recbole));
  }

  @ParameterizedTest
  @EnumSource(Preset.class)
  void shouldAskForNothingThatIsTrainedOnOrExcluded(Preset preset) {
    Trial trial = preset.trial(data, 3);
    for (int user = 0; user < trial.relevant().length; user++) {
      for (int item : trial.relevant()[user]) {
        assertThat(trial.excluded()[user].get(item)).isFalse();
        assertThat(Arrays.binarySearch(trial.likes().itemsOf(user), item)).isNegative();
      }
      if (preset != Preset.CORNAC) {
        BitSet excluded = trial.excluded()[user];
        assertThat(Arrays.stream(trial.likes().itemsOf(user)).allMatch(excluded::get)).isTrue();
      }
    }
    Trial again = preset.trial(data, 3);
    assertThat(again.relevant()).isEqualTo(trial.relevant());
    assertThat(Arrays.deepEquals(preset.trial(data, 4).relevant(), trial.relevant()))
        .isEqualTo(!preset.isRandom());
  }

  /** What another program, in another language, has reached over five splits. */
  @ParameterizedTest
  @CsvSource({
    "LECTURE, 0.103, 0.002",
    "MS_RECOMMENDERS, 0.252, 0.004",
    "CORNAC, 0.144, 0.008",
    "CORNAC_POSITIVE, 0.177, 0.008",
    "RECBOLE, 0.142, 0.012"
  })
  void shouldHaveThePopularityOfAnotherProgram(Preset preset, double ndcg, double error) {
    ModelComparison.Row row =
        new ModelComparison(data, preset, 3, List.of(), null)
            .run(List.of(Contender.POPULARITY), () -> {})
            .rows()
            .get(0);
    assertThat(row.figure("ndcg_at_10").value()).isCloseTo(ndcg, within(error));
  }

  /** Two evaluations of one protocol. */
  @Test
  void shouldAgreeWithTheEvaluationOfModels() {
    Split split = Split.temporalPerUser(data, 0.2);
    Popularity ranker = Popularity.of(data, split.train(), 4);
    RankingEvaluation other = RankingEvaluation.evaluate(data, split, () -> ranker, 4, 10);
    Trial trial = Preset.LECTURE.trial(data, 1);
    Figures figures = Figures.of(trial, Popular.fit(trial.likes()));
    assertThat(figures.users()).hasSize(other.users());
    assertThat(figures.mean("ndcg_at_10")).isCloseTo(other.means().ndcg(), within(1e-12));
    assertThat(figures.mean("map_at_10"))
        .isCloseTo(other.means().averagePrecision(), within(1e-12));
    assertThat(figures.mean("mrr_at_10")).isCloseTo(other.means().reciprocalRank(), within(1e-12));
    assertThat(figures.mean("coverage")).isCloseTo(other.coverage(), within(1e-12));
    assertThat(figures.tied()).isEqualTo(other.usersTied());
    double[] ends = UserBootstrap.ofMean(figures.values("ndcg_at_10"));
    assertThat(ends[0]).isLessThan(figures.mean("ndcg_at_10"));
    assertThat(ends[1]).isGreaterThan(figures.mean("ndcg_at_10"));
    assertThat(ends[1] - ends[0]).isBetween(0.01, 0.04);
  }

  /** Settings are chosen on what training has alone. */
  @Test
  void shouldTuneOnAPartOfTheTrainingPart() {
    shouldCut(Preset.RECBOLE.trial(data, 1));
    shouldCut(Preset.CORNAC.trial(data, 1));
    Trial byTime = Preset.LECTURE.trial(data, 1);
    shouldCut(byTime);
    Trial cut = Tuning.cut(data, byTime);
    for (int example : byTime.wantedExamples(data)) {
      int user = data.context(example);
      boolean asked = Arrays.binarySearch(cut.relevant()[user], data.candidate(example)) >= 0;
      for (int other : cut.wantedExamples(data)) {
        if (asked && data.context(other) == user) {
          assertThat(data.time(other)).isLessThanOrEqualTo(data.time(example));
        }
      }
    }
  }

  private static void shouldCut(Trial trial) {
    Trial cut = Tuning.cut(data, trial);
    for (int user = 0; user < trial.relevant().length; user++) {
      int[] all = trial.likes().itemsOf(user);
      int[] kept = cut.likes().itemsOf(user);
      int[] wanted = cut.relevant()[user];
      assertThat(kept.length + wanted.length).isEqualTo(all.length);
      int[] from = trial.wanted().itemsOf(user);
      assertThat(wanted.length).isEqualTo((int) Math.round(0.1 * from.length));
      assertThat(Arrays.stream(wanted).allMatch(item -> Arrays.binarySearch(from, item) >= 0))
          .isTrue();
      BitSet both = new BitSet();
      Arrays.stream(kept).forEach(both::set);
      Arrays.stream(wanted).forEach(both::set);
      assertThat(both.stream().toArray()).isEqualTo(all);
      for (int item : wanted) {
        assertThat(cut.excluded()[user].get(item)).isFalse();
      }
    }
  }

  /** Two days later a like counts a quarter, by a half-life of one. */
  @Test
  void shouldLetLikesFade() {
    int[] likes = IntStream.range(0, 2_000).toArray();
    long latest = Arrays.stream(likes).mapToLong(data::time).max().orElseThrow();
    double[] expected = new double[data.candidates().rows()];
    for (int like : likes) {
      double days = (latest - data.time(like)) / 86_400.0;
      expected[data.candidate(like)] += Math.exp(-Math.log(2) * days);
    }
    float[] scores = new float[expected.length];
    Popular.fading(data, likes, 86_400).score(0, scores);
    for (int item = 0; item < expected.length; item++) {
      assertThat((double) scores[item]).isCloseTo(expected[item], within(1e-4));
    }
  }

  /**
   * What the test part says can change no list: in a data set whose test ratings are turned round
   * (a 5 is a 1 there) each model chooses the same settings and makes the same lists. The split is
   * by time, so it is the same one.
   */
  @ParameterizedTest
  @EnumSource(Contender.class)
  void shouldLearnNothingFromTheTestPart(Contender model) {
    Trial trial = Preset.LECTURE.trial(data, 1);
    Trial other = Preset.LECTURE.trial(turned, 1);
    assertThat(other.examples()).isEqualTo(trial.examples());
    assertThat(Arrays.deepEquals(other.relevant(), trial.relevant())).isFalse();
    Contender.Candidate one = Tuning.of(data, List.of(model), trial, () -> {}).get(0).chosen();
    Contender.Candidate two = Tuning.of(turned, List.of(model), other, () -> {}).get(0).chosen();
    assertThat(two.settings()).isEqualTo(one.settings());
    try (Recommender first = one.fit().of(data, trial, 1);
        Recommender second = two.fit().of(turned, other, 1)) {
      int[] everybody = IntStream.range(0, data.contexts().rows()).toArray();
      assertThat(lists(second, other, everybody)).isEqualTo(lists(first, trial, everybody));
    }
  }

  private static int[][] lists(Recommender recommender, Trial trial, int[] users) {
    int[][] asked = new int[users.length][];
    Arrays.setAll(asked, user -> new int[] {0}); // everybody is asked
    Trial forAll =
        new Trial(
            trial.examples(),
            trial.likes(),
            trial.wanted(),
            trial.tested(),
            asked,
            trial.excluded(),
            trial.catalogue(),
            trial.allRelevant());
    return Figures.ask(forAll, recommender).items();
  }
}
