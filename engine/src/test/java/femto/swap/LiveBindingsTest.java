package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Model;
import femto.model.PlainFm;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import femto.score.Scorer;
import femto.swap.PublishResult.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deltas that give features to other values. */
class LiveBindingsTest {
  private static final List<Field> FIELDS =
      List.of(Field.oneHot("user", Side.CONTEXT), Field.oneHot("ad", Side.CANDIDATE));
  private static final int FEATURES = 24;
  private static final int AD = 0;
  private static final float[] NO_FACTORS = {0, 0};
  private static final float[] ONE = {1};

  private final LiveModel live =
      LiveModel.start(model(0), ads(), LiveOptions.defaults().withPatch(0.04, 256));

  @AfterEach
  void close() {
    live.close();
  }

  /** A user u1 of weight 1; feature 0 is the ad's; nobody has the other features. */
  private static Model model(float bias) {
    float[] linear = new float[FEATURES];
    linear[1] = 1;
    FeatureSpace space =
        new FeatureSpace.Rows(FIELDS, FEATURES).bind(AD, 1, "ad").bind(1, 0, "u1").build();
    return TestModels.model(space, new PlainFm(bias, linear, new float[FEATURES][2]));
  }

  private static CandidateSet ads() {
    return new CandidateSet(
        TestModels.rows(List.of(new Row(new int[] {AD}, ONE)), FEATURES),
        ExternalIds.ofLongs(new long[] {7}));
  }

  /** Score of the ad for a user: the user's weight, or 0 for one who is not known. */
  private float score(String user) {
    try (LiveScorer reader = live.newScorer("test");
        Lease lease = reader.lease()) {
      return score(lease.scorer(), user);
    }
  }

  private static float score(Scorer scorer, String user) {
    scorer.context().clear().put("user", user);
    scorer.fold();
    return scorer.score(0);
  }

  private PublishResult publish(Delta delta) {
    return live.publish(delta);
  }

  private void assertRefused(Delta delta, String said) {
    long checksum = checksum();
    PublishResult result = publish(delta);
    assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(result.reason()).contains(said);
    assertThat(checksum()).isEqualTo(checksum);
  }

  private long checksum() {
    try (LiveScorer reader = live.newScorer("sum");
        Lease lease = reader.lease()) {
      return lease.leased().info().checksum();
    }
  }

  @Test
  void shouldFindANewValueTogetherWithItsWeightAndForgetAnOldOne() {
    assertThat(score("u1")).isEqualTo(1);
    assertThat(score("u2")).isEqualTo(0);
    assertThat(publish(new Delta().bind(5, 0, "u2").weights(5, 2, NO_FACTORS)).isPublished())
        .isTrue();
    assertThat(score("u2")).isEqualTo(2);
    assertThat(publish(new Delta().unbind(1)).isPublished()).isTrue();
    assertThat(score("u1")).isEqualTo(0);
    assertThat(publish(new Delta().bind(1, 0, "u3")).isPublished()).isTrue();
    assertThat(score("u3")).as("its weights are 0 unless said").isEqualTo(0);
    assertThat(publish(new Delta().bind(5, 0, "u4").weights(5, 4, NO_FACTORS)).isPublished())
        .isTrue();
    assertThat(List.of(score("u2"), score("u4"))).containsExactly(0f, 4f);
    assertThat(live.features().size(0)).isEqualTo(2);
  }

  @Test
  void shouldGiveTheSameChecksumHoweverAVersionCameToBe() {
    long start = checksum();
    publish(new Delta().bind(5, 0, "u2").weights(5, 2, NO_FACTORS));
    assertThat(checksum()).isNotEqualTo(start);
    publish(new Delta().bind(6, 0, "u5").weights(6, 1, NO_FACTORS));
    publish(new Delta().unbind(6));
    publish(new Delta().unbind(5));
    assertThat(checksum()).isEqualTo(start);
  }

  @Test
  void shouldRefuseToTakeAFeatureThatACandidateHas() {
    assertRefused(new Delta().unbind(AD), "feature 0 is to be bound anew, but a candidate has it");
    assertRefused(new Delta().bind(AD, 1, "other"), "but a candidate has it");
    assertRefused(new Delta().bind(5, 0, "u1"), "user=u1, which is feature 1");
    assertRefused(new Delta().bind(FEATURES, 0, "u9"), "feature 24");
    assertRefused(new Delta().unbind(5).put(8, new int[] {5}, ONE), "candidate 8 has it");
    assertThat(publish(new Delta().remove(7).unbind(AD)).isPublished()).isTrue();
    Delta back = new Delta().bind(AD, 1, "new").weights(AD, 3, NO_FACTORS);
    assertThat(publish(back.put(7, new int[] {AD}, ONE)).isPublished()).isTrue();
    assertThat(score("u1")).isEqualTo(4);
  }

  @Test
  void shouldSeeTheFormerFeaturesAfterARollback() {
    publish(new Delta().bind(5, 0, "u2").weights(5, 2, NO_FACTORS));
    long version = live.version();
    publish(new Delta().bind(5, 0, "u3").weights(5, 3, NO_FACTORS));
    publish(new Delta().unbind(1));
    assertThat(live.rollBack(version).isPublished()).isTrue();
    assertThat(List.of(score("u1"), score("u2"), score("u3"))).containsExactly(1f, 2f, 0f);
    publish(new Delta().bind(6, 0, "u6").weights(6, 6, NO_FACTORS));
    assertThat(List.of(score("u1"), score("u2"), score("u3"), score("u6")))
        .containsExactly(1f, 2f, 0f, 6f);
  }

  @Test
  void shouldBeginAnewWithAFullPublish() {
    publish(new Delta().bind(5, 0, "u2").weights(5, 2, NO_FACTORS));
    assertThat(live.publish(model(0.5f), ads()).isPublished()).isTrue();
    assertThat(List.of(score("u1"), score("u2"))).containsExactly(1.5f, .5f);
  }

  /**
   * Feature f is user n, then another; the weight says which. More changes than a base has room.
   */
  @Test
  void shouldNeverScoreAValueWithTheWeightOfAnother() throws InterruptedException {
    AtomicReference<String> wrong = new AtomicReference<>();
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong known = new AtomicLong();
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      int seed = i;
      readers.add(Thread.ofPlatform().start(() -> read(new Random(seed), wrong, known, done)));
    }
    Random random = new Random(9);
    int published = 0;
    long end = System.nanoTime() + 3_000_000_000L;
    while (System.nanoTime() < end && wrong.get() == null) {
      Delta delta = new Delta();
      int feature = 2 + random.nextInt(FEATURES - 2);
      int user = 100 + random.nextInt(60);
      if (live.features().find(0, "u" + user) == FeatureSpace.UNKNOWN) {
        delta.bind(feature, 0, "u" + user).weights(feature, user, NO_FACTORS);
      } else {
        delta.unbind(feature);
      }
      published += publish(delta).isPublished() ? 1 : 0;
    }
    done.set(true);
    for (Thread reader : readers) {
      reader.join();
    }
    assertThat(wrong.get()).isNull();
    assertThat(published).isGreaterThan(1000);
    assertThat(known.get()).isGreaterThan(1000);
    assertThat(live.statistics().merges()).isGreaterThan(0);
  }

  private void read(
      Random random, AtomicReference<String> wrong, AtomicLong known, AtomicBoolean done) {
    try (LiveScorer reader = live.newScorer("reader")) {
      while (!done.get() && wrong.get() == null) {
        try (Lease lease = reader.lease()) {
          for (int i = 0; i < 20; i++) {
            int user = 100 + random.nextInt(60);
            float score = score(lease.scorer(), "u" + user);
            if (score != 0 && score != user) {
              wrong.set("user " + user + " scores " + score);
            }
            if (score != 0) {
              known.incrementAndGet();
            }
          }
        }
      }
    } catch (RuntimeException e) {
      wrong.set(String.valueOf(e));
    }
  }
}
