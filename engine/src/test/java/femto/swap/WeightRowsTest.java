package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Against a sorted map, which keeps what is put last. */
class WeightRowsTest {
  private static final int FACTORS = 2;

  /** The number says all about the row. */
  record Change(int feature, int number) {
    List<Float> row() {
      return List.of((float) number, number + 0.25f, number + 0.5f);
    }

    void addTo(WeightRows.Builder builder) {
      builder.add(feature, number, new float[] {number + 0.25f, number + 0.5f});
    }
  }

  @Provide
  Arbitrary<List<Change>> changes() {
    return Arbitraries.integers()
        .between(-3, 30)
        .flatMap(feature -> Arbitraries.integers().between(0, 99).map(n -> new Change(feature, n)))
        .list()
        .ofMaxSize(60);
  }

  private static Map<Integer, List<Float>> expected(List<Change> changes) {
    Map<Integer, List<Float>> expected = new TreeMap<>();
    changes.forEach(change -> expected.put(change.feature(), change.row()));
    return expected;
  }

  private static WeightRows rows(List<Change> changes) {
    WeightRows.Builder builder = new WeightRows.Builder();
    changes.forEach(change -> change.addTo(builder));
    return builder.rows();
  }

  private static Map<Integer, List<Float>> found(WeightRows rows) {
    Map<Integer, List<Float>> found = new TreeMap<>();
    int last = Integer.MIN_VALUE;
    for (int i = 0; i < rows.size(); i++) {
      int feature = rows.feature(i);
      assertThat(i == 0 || feature > last).as("ascending").isTrue();
      last = feature;
      List<Float> row = new ArrayList<>();
      for (int j = 0; j < rows.length(); j++) {
        row.add(rows.numbers()[rows.at(i) + j]);
      }
      found.put(feature, row);
      assertThat(rows.find(feature)).isEqualTo(i);
    }
    return found;
  }

  @Property(tries = 300)
  void shouldKeepWhatCameLast(@ForAll("changes") List<Change> changes) {
    WeightRows rows = rows(changes);
    assertThat(found(rows)).isEqualTo(expected(changes));
    assertThat(found(rows.copy())).isEqualTo(expected(changes));
    assertThat(rows.isEmpty()).isEqualTo(changes.isEmpty());
    for (int feature = -5; feature < 35; feature++) {
      assertThat(rows.find(feature) >= 0).isEqualTo(expected(changes).containsKey(feature));
    }
  }

  @Property(tries = 300)
  void shouldJoinAsIfItHadBeenOne(
      @ForAll("changes") List<Change> first, @ForAll("changes") List<Change> next) {
    List<Change> both = new ArrayList<>(first);
    both.addAll(next);
    assertThat(found(rows(first).then(rows(next)))).isEqualTo(expected(both));
  }

  @Property(tries = 100)
  void shouldSelectPlaces(@ForAll("changes") List<Change> changes, @ForAll long which) {
    WeightRows rows = rows(changes);
    BitSet places = BitSet.valueOf(new long[] {which});
    places.clear(rows.size(), Long.SIZE);
    Map<Integer, List<Float>> expected = found(rows);
    for (int i = 0; i < rows.size(); i++) {
      if (!places.get(i)) {
        expected.remove(rows.feature(i));
      }
    }
    assertThat(found(rows.select(places))).isEqualTo(expected);
  }

  @Test
  void shouldTellRowsApartByTheLastBit() {
    WeightRows rows = rows(List.of(new Change(4, 0)));
    assertThat(rows.isSame(0, new float[] {0, 0.25f, 0.5f})).isTrue();
    assertThat(rows.isSame(0, new float[] {-0.0f, 0.25f, 0.5f})).isFalse();
    assertThat(rows.isSame(0, new float[] {0, 0.25f, Math.nextUp(0.5f)})).isFalse();
  }

  @Test
  void shouldBeZerosThatAnythingReplaces() {
    WeightRows zeros = WeightRows.zeros(new int[] {1, 4}, FACTORS);
    assertThat(found(zeros)).isEqualTo(Map.of(1, List.of(0f, 0f, 0f), 4, List.of(0f, 0f, 0f)));
    assertThat(found(zeros.then(rows(List.of(new Change(4, 7))))))
        .isEqualTo(Map.of(1, List.of(0f, 0f, 0f), 4, new Change(4, 7).row()));
  }

  @Test
  void shouldStartAnewWhenCleared() {
    WeightRows.Builder builder = new WeightRows.Builder();
    new Change(9, 1).addTo(builder);
    new Change(3, 1).addTo(builder);
    assertThatThrownBy(() -> builder.add(5, 1, new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("weights of feature 5 have 3 factors, those before it 2");
    builder.clear();
    assertThat(builder.isEmpty()).isTrue();
    builder.add(5, 1, new float[3]);
    assertThat(builder.rows().length()).isEqualTo(4);
    assertThat(builder.rows().size()).isEqualTo(1);
  }
}
