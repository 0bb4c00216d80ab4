package femto.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.model.Encoder;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Link;
import femto.model.Model;
import femto.model.PlainFm;
import femto.model.PlainModel;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ExplanationTest {
  /** user 0-1, tags 2-4, age 5-6, movie 7-8, genres 9-11, year 12. */
  private static final FeatureSpace SPACE =
      TestModels.space(TestModels.sixFields(), 2, 3, 2, 2, 3, 1);

  private static Explanation explain(Model model) {
    Encoder context = new Encoder(SPACE, Side.CONTEXT);
    context.put("user", "v1").put("tags", "v0").put("tags", "v2").put("tags", "nope").put("age", 7);
    Encoder candidate = new Encoder(SPACE, Side.CANDIDATE);
    candidate.put("movie", "v0").put("genres", "v1").put("genres", "v2").put("year", "unknown");
    return Explanation.of(model, context, candidate);
  }

  private static double pair(Explanation explanation, String field, String other) {
    List<Explanation.PairPart> parts =
        explanation.pairs().stream()
            .filter(part -> part.field().equals(field) && part.other().equals(other))
            .toList();
    assertThat(parts).hasSize(1);
    return parts.get(0).contribution();
  }

  @Test
  void shouldSplitTheScoreIntoTheOraclesParts() {
    PlainFm fm = PlainFm.random(new Random(4), SPACE.size(), 7, 0.7);
    int[] features = {1, 2, 4, 6, 7, 10, 11};
    float third = 1f / 3;
    float[] x = {1, third, third, 1, 1, 0.5f, 0.5f};
    PredictionRange range = new PredictionRange(0.2f, 0.3f);
    try (Model model = TestModels.model(SPACE, fm, Link.SIGMOID, range, Map.of())) {
      Explanation e = explain(model);
      double sum = e.bias();
      for (Explanation.LinearPart part : e.linear()) {
        sum += part.contribution();
      }
      for (Explanation.PairPart part : e.pairs()) {
        sum += part.contribution();
      }
      assertThat(e.score()).isCloseTo(sum, within(1e-12));
      assertThat(e.score()).isCloseTo(fm.score(features, x), within(1e-12));
      assertThat(e.prediction()).isEqualTo(range.clip(1 / (1 + Math.exp(-e.score()))));
      assertThat(e.bias()).isEqualTo(fm.bias());
      assertThat(e.linear())
          .extracting(Explanation.LinearPart::field)
          .containsExactly("user", "tags", "age", "movie", "genres", "year");
      assertThat(e.linear().get(1).values()).containsExactly("v0", "v2");
      assertThat(e.linear().get(1).contribution())
          .isCloseTo(((double) fm.linear()[2] + fm.linear()[4]) * third, within(1e-12));
      assertThat(e.linear().get(2).values()).containsExactly("5-9");
      assertThat(e.linear().get(5).values()).isEmpty();
      assertThat(e.linear().get(5).contribution()).isZero();
      assertThat(pair(e, "user", "movie")).isCloseTo(fm.dot(1, 7), within(1e-12));
      assertThat(pair(e, "tags", "tags")).isCloseTo(fm.dot(2, 4) * third * third, within(1e-12));
      assertThat(pair(e, "genres", "genres")).isCloseTo(fm.dot(10, 11) / 4, within(1e-12));
      assertThat(pair(e, "tags", "genres"))
          .isCloseTo(
              (fm.dot(2, 10) + fm.dot(2, 11) + fm.dot(4, 10) + fm.dot(4, 11)) * third / 2,
              within(1e-12));
    }
  }

  @Test
  void shouldHaveOnePairForEveryTwoPresentFieldsAndForAMultiHotFieldWithItself() {
    try (Model model =
        TestModels.model(SPACE, PlainFm.random(new Random(4), SPACE.size(), 2, 0.7))) {
      assertThat(explain(model).pairs())
          .extracting(part -> part.field() + "*" + part.other())
          .containsExactly(
              "user*tags",
              "user*age",
              "user*movie",
              "user*genres",
              "tags*tags",
              "tags*age",
              "tags*movie",
              "tags*genres",
              "age*movie",
              "age*genres",
              "movie*genres",
              "genres*genres");
    }
  }

  @Property(tries = 100)
  void shouldSumToTheTextbookScoreInEveryFamily(@ForAll long seed, @ForAll Family family) {
    PlainModel plain = PlainModel.random(new Random(seed), family, SPACE, 3, (int) (seed & 1), 0.7);
    float third = 1f / 3;
    Row row =
        new Row(new int[] {1, 2, 4, 6, 7, 10, 11}, new float[] {1, third, third, 1, 1, 0.5f, 0.5f});
    try (Model model = plain.model()) {
      Explanation e = explain(model);
      double pairs = e.pairs().stream().mapToDouble(Explanation.PairPart::contribution).sum();
      double linear = e.linear().stream().mapToDouble(Explanation.LinearPart::contribution).sum();
      double scale = plain.bound(row) * 0x1p24; // of the magnitudes, for doubles
      assertThat(e.score()).isCloseTo(plain.score(row), within(1e-14 * scale));
      assertThat(e.bias() + linear + pairs).isCloseTo(plain.score(row), within(1e-14 * scale));
      assertThat(e.pairs()).hasSize(family == Family.LINEAR ? 0 : 12);
      Row twoTags = new Row(new int[] {2, 4}, new float[] {third, third});
      double both = plain.score(twoTags);
      double single = 0;
      for (int tag : new int[] {2, 4}) {
        single += plain.score(new Row(new int[] {tag}, new float[] {third})) - plain.bias();
      }
      if (family != Family.LINEAR) {
        assertThat(pair(e, "tags", "tags"))
            .isCloseTo(both - plain.bias() - single, within(1e-14 * scale));
      }
    }
  }

  @Test
  void shouldHaveNoPairsInALinearModel() {
    PlainFm fm = PlainFm.random(new Random(4), SPACE.size(), 0, 0.7);
    try (Model model = TestModels.model(SPACE, fm)) {
      Explanation e = explain(model);
      assertThat(e.pairs()).isEmpty();
      float third = 1f / 3;
      assertThat(e.score())
          .isCloseTo(
              fm.score(
                  new int[] {1, 2, 4, 6, 7, 10, 11},
                  new float[] {1, third, third, 1, 1, 0.5f, 0.5f}),
              within(1e-12));
    }
  }

  @Test
  void shouldExplainNothingButTheBiasWhenNothingIsKnown() {
    try (Model model =
        TestModels.model(SPACE, PlainFm.random(new Random(4), SPACE.size(), 2, 0.7))) {
      Explanation e =
          Explanation.of(
              model,
              new Encoder(SPACE, Side.CONTEXT).put("user", "?"),
              new Encoder(SPACE, Side.CANDIDATE));
      assertThat(e.score()).isEqualTo(model.bias());
      assertThat(e.pairs()).isEmpty();
    }
  }
}
