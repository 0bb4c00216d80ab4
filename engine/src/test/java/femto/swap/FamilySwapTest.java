package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.model.Family;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Link;
import femto.model.PlainModel;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import femto.score.Scorer;
import femto.swap.PublishResult.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every family is swapped like any other; what a delta may change of it differs. */
class FamilySwapTest {
  private static final int CANDIDATES = 30;
  private static final FeatureSpace SPACE =
      TestModels.space(
          List.of(
              Field.oneHot("user", Side.CONTEXT),
              Field.multiHot("tags", Side.CONTEXT),
              Field.oneHot("ad", Side.CANDIDATE),
              Field.multiHot("brand", Side.CANDIDATE)),
          5,
          4,
          12,
          3);

  private final Random random = new Random(7);
  private final List<Row> rows = new ArrayList<>();

  private static PlainModel draw(long seed, Family family, int rank) {
    return PlainModel.random(new Random(seed), family, SPACE, 3, rank, 0.5);
  }

  private CandidateSet candidates() {
    rows.clear();
    for (int i = 0; i < CANDIDATES; i++) {
      rows.add(PlainModel.row(random, SPACE, Side.CANDIDATE));
    }
    return new CandidateSet(
        TestModels.rows(rows, SPACE.size()),
        ExternalIds.ofLongs(LongStream.range(0, CANDIDATES).toArray()));
  }

  private void assertServes(LiveModel live, PlainModel plain) {
    Row context = PlainModel.row(random, SPACE, Side.CONTEXT);
    FeatureRows encoded = TestModels.rows(List.of(context), SPACE.size());
    try (LiveScorer reader = live.newScorer("check");
        Lease lease = reader.lease()) {
      assertThat(Checksum.of(lease.leased())).isEqualTo(lease.leased().content().checksum());
      Scorer scorer = lease.scorer();
      scorer.fold(encoded, 0);
      int[] indexes = new int[CANDIDATES];
      float[] scores = new float[CANDIDATES];
      int found = scorer.top(CANDIDATES, null, indexes, scores);
      assertThat(found).isEqualTo(rows.size());
      for (int i = 0; i < found; i++) {
        Row all = context.with(rows.get((int) lease.catalogue().longId(indexes[i])));
        assertThat((double) scores[i]).isCloseTo(plain.score(all), within(plain.bound(all)));
        assertThat(scores[i]).isEqualTo(scorer.score(indexes[i]));
        assertThat(i == 0 || scores[i] <= scores[i - 1]).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void shouldSwapAModelOfAnyFamilyForOneOfAnyOther(Family family) {
    PlainModel first = draw(1, family, 0);
    try (LiveModel live =
        LiveModel.start(first.model(Link.SIGMOID), candidates(), LiveOptions.defaults())) {
      assertServes(live, first);
      for (Family next : Family.values()) {
        PlainModel plain = draw(2, next, 1);
        PublishResult result = live.publish(plain.model(Link.SIGMOID), candidates());
        assertThat(result.outcome()).as(result.reason()).isEqualTo(Outcome.PUBLISHED);
        assertServes(live, plain);
      }
    }
  }

  @Test
  void shouldSwapInAnIsotonicLinkAndKeepItThroughDeltas(@TempDir Path folder)
      throws IOException, InterruptedException {
    Link link = Link.isotonic(new float[] {-2, 0, 3}, new float[] {0.1f, 0.3f, 0.7f});
    PlainModel plain = draw(5, Family.FM, 0);
    try (LiveModel live =
            LiveModel.start(plain.model(Link.SIGMOID), candidates(), LiveOptions.defaults());
        VersionDirectory directory =
            VersionDirectory.record(live, folder, DirectoryOptions.defaults())) {
      assertLink(live, Link.SIGMOID);
      assertThat(live.publish(plain.model(link), candidates()).outcome())
          .isEqualTo(Outcome.PUBLISHED);
      assertLink(live, link);
      assertServes(live, plain);
      assertThat(live.publish(new Delta().bias(0.5f)).outcome()).isEqualTo(Outcome.PUBLISHED);
      assertLink(live, link);
      assertFollowed(live, directory, folder, with(plain, 0.5f, 0, rowOf(plain, 0)));
      try (DirectoryFollower follower =
          DirectoryFollower.start(folder, LiveOptions.defaults(), FollowerOptions.defaults())) {
        assertLink(follower.live(), link);
      }
    }
  }

  private static float[] rowOf(PlainModel plain, int feature) {
    float[] row = new float[1 + plain.rows()[feature].length];
    row[0] = plain.linear()[feature];
    System.arraycopy(plain.rows()[feature], 0, row, 1, row.length - 1);
    return row;
  }

  private static void assertLink(LiveModel live, Link link) {
    try (LiveScorer reader = live.newScorer("link");
        Lease lease = reader.lease()) {
      assertThat(lease.scorer().model().link()).isEqualTo(link);
      assertThat(lease.scorer().model().predict(1.5)).isEqualTo(link.apply(1.5));
    }
  }

  private static PlainModel with(PlainModel plain, float bias, int feature, float[] row) {
    float[] linear = plain.linear().clone();
    float[][] all = plain.rows().clone();
    linear[feature] = row[0];
    all[feature] = java.util.Arrays.copyOfRange(row, 1, row.length);
    return new PlainModel(
        plain.family(),
        SPACE,
        plain.k(),
        bias,
        linear,
        all,
        plain.matrix(),
        plain.diagonal(),
        plain.scales(),
        plain.vectors(),
        plain.pairs());
  }

  @ParameterizedTest
  @EnumSource(
      value = Family.class,
      names = {"FM", "FWFM", "FFM"})
  void shouldTakeDeltasOfWeightsAndCandidates(Family family, @TempDir Path folder)
      throws IOException {
    PlainModel plain = draw(3, family, 1);
    int length = plain.rows()[0].length;
    LiveOptions options = LiveOptions.defaults().withPatch(0.01, 40); // soon full, then merged
    try (LiveModel live = LiveModel.start(plain.model(Link.SIGMOID), candidates(), options);
        VersionDirectory directory =
            VersionDirectory.record(live, folder, DirectoryOptions.defaults())) {
      for (int i = 0; i < 24; i++) {
        int feature = i;
        float[] row = new float[1 + length];
        for (int f = 0; f < row.length; f++) {
          row[f] = (float) random.nextGaussian();
        }
        float bias = random.nextFloat();
        plain = with(plain, bias, feature, row);
        Row candidate = PlainModel.row(random, SPACE, Side.CANDIDATE);
        rows.set(feature, candidate);
        Delta delta =
            new Delta()
                .bias(bias)
                .weights(feature, row[0], java.util.Arrays.copyOfRange(row, 1, row.length))
                .put(feature, candidate.features(), candidate.weights());
        PublishResult result = live.publish(delta);
        assertThat(result.outcome()).as(result.reason()).isEqualTo(Outcome.PUBLISHED);
        assertServes(live, plain);
        assertThat(result.waitingFeatures()).isZero();
      }
      assertThat(live.statistics().merges()).isPositive();
      assertFollowed(live, directory, folder, plain);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void assertFollowed(
      LiveModel live, VersionDirectory directory, Path folder, PlainModel plain)
      throws IOException, InterruptedException {
    long checksum = checksumOf(live);
    directory.awaitWritten(live.version(), java.time.Duration.ofSeconds(20));
    try (DirectoryFollower follower =
        DirectoryFollower.start(folder, LiveOptions.defaults(), FollowerOptions.defaults())) {
      long deadline = System.nanoTime() + 20_000_000_000L;
      while (checksumOf(follower.live()) != checksum) {
        assertThat(System.nanoTime()).as("time is up").isLessThan(deadline);
        Thread.sleep(2);
      }
      assertServes(follower.live(), plain);
    }
  }

  @Test
  void shouldRefuseDeltasThatAFamilyDoesNotTake() {
    for (Family family : new Family[] {Family.FWFM, Family.FFM, Family.POLY2}) {
      PlainModel plain = draw(4, family, 0);
      try (LiveModel live =
          LiveModel.start(plain.model(Link.SIGMOID), candidates(), LiveOptions.defaults())) {
        boolean pairs = family == Family.POLY2;
        int length = pairs ? 0 : plain.rows()[0].length;
        assertRefused(live, new Delta().bind(0, 0, "new"), family.name(), "in full");
        assertRefused(live, new Delta().weights(0, 1, new float[length + 1]), "");
        if (pairs) {
          assertRefused(live, new Delta().weights(0, 1, new float[0]), "POLY2", "in full");
          assertRefused(live, new Delta().put(99, new int[0], new float[0]), "POLY2", "in full");
          assertRefused(live, new Delta().remove(1), "POLY2", "in full");
        }
        assertServes(live, plain);
        PublishResult ofBias = live.publish(new Delta().bias(plain.bias()));
        assertThat(ofBias.outcome()).isEqualTo(Outcome.PUBLISHED);
        assertServes(live, plain);
      }
    }
  }

  private static void assertRefused(LiveModel live, Delta delta, String... said) {
    PublishResult result = live.publish(delta);
    assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(result.reason()).contains(said);
  }

  @Test
  void shouldTellModelsApartByTheirInteractionsAlone() {
    PlainModel plain = draw(5, Family.FWFM, 0);
    float[] other = plain.matrix().clone();
    other[0] += 1; // of the context's user with itself: no table of candidates has it
    List<Long> checksums = new ArrayList<>();
    CandidateSet set = candidates();
    for (float[] matrix : new float[][] {plain.matrix(), other, plain.matrix()}) {
      PlainModel one =
          new PlainModel(
              plain.family(),
              SPACE,
              plain.k(),
              plain.bias(),
              plain.linear(),
              plain.rows(),
              matrix,
              plain.diagonal(),
              plain.scales(),
              plain.vectors(),
              plain.pairs());
      try (LiveModel live = LiveModel.start(one.model(), set, LiveOptions.defaults())) {
        checksums.add(checksumOf(live));
      }
    }
    assertThat(checksums.get(0)).isEqualTo(checksums.get(2)).isNotEqualTo(checksums.get(1));
  }

  private static long checksumOf(LiveModel live) {
    try (LiveScorer reader = live.newScorer("checksum");
        Lease lease = reader.lease()) {
      return lease.leased().info().checksum();
    }
  }
}
