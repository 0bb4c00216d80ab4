package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import femto.kernels.Bids;
import femto.kernels.Selection;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class BoundToAGenerationTest {
  // ---- The generation ----

  @Test
  void shouldGiveTheIndexesToTheirGenerationAlone() {
    Selection selection = Selection.copyOf(new long[] {0b101});
    EligibleCandidates eligible = EligibleCandidates.of(selection, 3);
    assertThat(eligible.generation()).isEqualTo(3);
    assertThat(eligible.selectionFor(3)).isSameAs(selection);
    assertThatExceptionOfType(StaleGenerationException.class)
        .isThrownBy(() -> eligible.selectionFor(4))
        .withMessage(
            "these eligible candidates are bound to generation 3, but generation 4 is served: make"
                + " others of them by carryOver(from, to, 4)")
        .satisfies(
            e -> {
              assertThat(e.boundGeneration()).isEqualTo(3);
              assertThat(e.servedGeneration()).isEqualTo(4);
            });
    assertThatExceptionOfType(StaleGenerationException.class)
        .isThrownBy(() -> eligible.selectionFor(2));
  }

  @Test
  void shouldGiveTheBidsToTheirGenerationAlone() {
    Bids made = Bids.copyOf(new float[] {1, 2});
    CandidateBids bids = CandidateBids.of(made, 3);
    assertThat(bids.generation()).isEqualTo(3);
    assertThat(bids.bidsFor(3)).isSameAs(made);
    assertThatExceptionOfType(StaleGenerationException.class)
        .isThrownBy(() -> bids.bidsFor(2))
        .withMessage(
            "these bids are bound to generation 3, but generation 2 is served: make others of them"
                + " by carryOver(from, to, 2)");
  }

  @Test
  void shouldCopyWhatTheyAreMadeOf() {
    long[] words = {0b101};
    float[] values = {1, 2};
    EligibleCandidates eligible = EligibleCandidates.copyOf(words, 1);
    CandidateBids bids = CandidateBids.copyOf(values, 1);
    words[0] = 0;
    values[0] = 9;
    assertThat(indexesOf(eligible.selectionFor(1))).containsExactly(0, 2);
    assertThat(valuesOf(bids.bidsFor(1))).containsExactly(1f, 2f);
  }

  // ---- Carrying over ----

  @Test
  void shouldLeaveOutWhoIsGoneAndNotTakeInWhoIsNew() {
    ExternalIds from = ExternalIds.ofStrings(List.of("a", "é", "c", "d"));
    ExternalIds to = ExternalIds.ofStrings(List.of("new", "d", "é", "newer"));
    EligibleCandidates eligible = EligibleCandidates.copyOf(new long[] {0b0111}, 1);
    EligibleCandidates carried = eligible.carryOver(from, to, 2);
    assertThat(carried.generation()).isEqualTo(2);
    assertThat(indexesOf(carried.selectionFor(2))).containsExactly(2);
    CandidateBids bids = CandidateBids.copyOf(new float[] {1, 2, 3, 4}, 1);
    CandidateBids carriedBids = bids.carryOver(from, to, 2);
    assertThat(carriedBids.generation()).isEqualTo(2);
    // "new" stands among others; "newer" comes after all and has no bid.
    assertThat(valuesOf(carriedBids.bidsFor(2))).containsExactly(0f, 4f, 2f);
    // What they were made of is as it was.
    assertThat(indexesOf(eligible.selectionFor(1))).containsExactly(0, 1, 2);
    assertThat(valuesOf(bids.bidsFor(1))).containsExactly(1f, 2f, 3f, 4f);
  }

  @Test
  void shouldPassOverIndexesThatNameNobody() {
    ExternalIds from = ExternalIds.ofLongs(new long[] {10, 11});
    ExternalIds to = ExternalIds.ofLongs(new long[] {11, 10});
    EligibleCandidates all = EligibleCandidates.copyOf(new long[] {-1L, -1L}, 1);
    assertThat(indexesOf(all.carryOver(from, to, 2).selectionFor(2))).containsExactly(0, 1);
    CandidateBids bids = CandidateBids.copyOf(new float[] {1, 2, 3}, 1);
    assertThat(valuesOf(bids.carryOver(from, to, 2).bidsFor(2))).containsExactly(2f, 1f);
  }

  @Test
  void shouldRefuseIdsOfTwoKinds() {
    ExternalIds longs = ExternalIds.ofLongs(new long[] {1});
    ExternalIds texts = ExternalIds.ofStrings(List.of("1"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EligibleCandidates.copyOf(new long[] {1}, 1).carryOver(longs, texts, 2))
        .withMessage("from has ids that are longs and to has texts, expected the same kind");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CandidateBids.copyOf(new float[] {1}, 1).carryOver(texts, longs, 2))
        .withMessage("from has ids that are texts and to has longs, expected the same kind");
  }

  @Property
  void shouldCarryOverById(
      @ForAll @Size(max = 100) Set<@IntRange(max = 150) Integer> before,
      @ForAll @Size(max = 100) Set<@IntRange(max = 150) Integer> after,
      @ForAll @IntRange(max = 100) int appended,
      @ForAll Set<@IntRange(max = 99) Integer> eligible,
      @ForAll boolean ofLongs) {
    List<Integer> from = new ArrayList<>(new LinkedHashSet<>(before));
    List<Integer> to = new ArrayList<>(new LinkedHashSet<>(after));
    ExternalIds fromIds = make(from, appended, ofLongs);
    ExternalIds toIds = make(to, appended / 2, ofLongs);
    BitSet bits = new BitSet();
    eligible.forEach(bits::set);
    float[] values = new float[from.size()];
    Set<Integer> expected = new TreeSet<>();
    Map<Integer, Float> expectedBids = new LinkedHashMap<>();
    for (int i = 0; i < from.size(); i++) {
      values[i] = i + 1;
      int index = to.indexOf(from.get(i));
      if (index >= 0) {
        expectedBids.put(index, values[i]);
        if (eligible.contains(i)) {
          expected.add(index);
        }
      }
    }
    Selection carried =
        EligibleCandidates.copyOf(bits.toLongArray(), 5)
            .carryOver(fromIds, toIds, 6)
            .selectionFor(6);
    assertThat(indexesOf(carried)).containsExactlyElementsOf(expected);
    Bids bids = CandidateBids.copyOf(values, 5).carryOver(fromIds, toIds, 6).bidsFor(6);
    assertThat(bids.size())
        .isEqualTo(expectedBids.keySet().stream().mapToInt(i -> i + 1).max().orElse(0));
    for (int i = 0; i < bids.size(); i++) {
      assertThat(bids.get(i)).isEqualTo(expectedBids.getOrDefault(i, 0f));
    }
  }

  /** The last ones appended, as many as asked for. */
  private static ExternalIds make(List<Integer> ids, int appended, boolean ofLongs) {
    int given = Math.max(0, ids.size() - appended);
    List<Integer> first = ids.subList(0, given);
    ExternalIds made =
        ofLongs
            ? ExternalIds.ofLongs(first.stream().mapToLong(Integer::longValue).toArray())
            : ExternalIds.ofStrings(first.stream().map(i -> "é" + i).toList());
    for (int id : ids.subList(given, ids.size())) {
      if (ofLongs) {
        made.indexOfOrAppend(id);
      } else {
        made.indexOfOrAppend("é" + id);
      }
    }
    return made;
  }

  private static List<Integer> indexesOf(Selection selection) {
    List<Integer> indexes = new ArrayList<>();
    for (int i = selection.next(0); i >= 0; i = selection.next(i + 1)) {
      indexes.add(i);
    }
    return indexes;
  }

  private static List<Float> valuesOf(Bids bids) {
    List<Float> values = new ArrayList<>();
    for (int i = 0; i < bids.size(); i++) {
      values.add(bids.get(i));
    }
    return values;
  }
}
