package femto.bench.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.bench.report.Finding;
import femto.kernels.LearningRows;
import femto.learn.Example;
import femto.model.FeatureSpace;
import femto.tools.ads.PlantedClicks;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrowthTest {
  @ParameterizedTest
  @ValueSource(doubles = {-0.5, 0, 0.3, 1, 2})
  void shouldFindTheExponentOfAPowerLaw(double exponent) {
    double[] sizes = {3, 11, 200};
    double[] costs = Arrays.stream(sizes).map(size -> 7 * Math.pow(size, exponent)).toArray();
    assertThat(Growth.fit(sizes, costs).getSlope()).isCloseTo(exponent, within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 10, 20, PlantedClicks.FIELDS})
  void shouldHaveTheRowsOfTheTableInSomeFields(int count) {
    PlantedClicks table = PlantedClicks.draw(300, false, 1);
    FeatureSpace all = table.space(200);
    Growth.SomeFields source = new Growth.SomeFields(table, 200, count);
    FeatureSpace some = source.space();
    int[] fields = IntStream.range(0, count).map(i -> i * PlantedClicks.FIELDS / count).toArray();
    assertThat(some.fields())
        .hasSize(count)
        .extracting(field -> field.name())
        .doesNotHaveDuplicates();
    Example example = new Example();
    Set<Integer> seen = new TreeSet<>();
    source.start(1);
    for (int row = 0; row < 200; row++) {
      assertThat(source.next(example)).isTrue();
      assertThat(example.label()).isEqualTo(table.label(row));
      assertThat(example.count()).isEqualTo(count);
      for (int i = 0; i < count; i++) {
        int feature = example.feature(i);
        int known = table.feature(row, fields[i]);
        assertThat(some.value(feature)).isEqualTo(all.value(known));
        assertThat(some.fields().get(some.fieldOf(feature)).name()).isEqualTo("f" + fields[i]);
        seen.add(feature);
      }
    }
    assertThat(source.next(example)).isFalse();
    assertThat(seen).hasSize(some.size());
  }

  @Test
  void shouldFitThreeSizesOfEach() {
    Growth.Outcome outcome =
        Growth.measure(
            new Growth.Sizes(
                new int[] {200, 400, 800},
                new double[] {0.1, 1, 10},
                new int[] {5, 10, PlantedClicks.FIELDS},
                new int[] {4, 8, 16},
                1));
    assertThat(outcome.rows())
        .extracting(Finding::id)
        .containsExactly(
            "growth.rows.time",
            "growth.rows.memory",
            "growth.features.time",
            "growth.features.memory",
            "growth.fields.time",
            "growth.fields.memory",
            "growth.k.time",
            "growth.k.memory");
    assertThat(outcome.figures()).hasSize(4 * 3 * 2);
    assertThat(value(outcome.rows().get(3))).isCloseTo(1, within(1e-9)); // a row a feature
    double expected =
        Math.log(LearningRows.bytesPerFeature(16, 1) / (double) LearningRows.bytesPerFeature(4, 1))
            / Math.log(4);
    assertThat(value(outcome.rows().get(7))).isCloseTo(expected, within(0.05));
  }

  private static double value(Finding row) {
    return (double) Objects.requireNonNull(row.json().get("value"));
  }
}
