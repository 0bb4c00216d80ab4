package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import femto.memory.AllocatedBytes;
import femto.swap.Ids.Collisions;
import java.nio.CharBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExternalIdsTest {
  private static final int NONE = ExternalIds.NONE;

  // ---- Both kinds ----

  @Test
  void shouldNumberLongsByTheirPositions() {
    ExternalIds ids = ExternalIds.ofLongs(new long[] {42, -1, 0, Long.MIN_VALUE});
    assertThat(ids.isLong()).isTrue();
    assertThat(ids.size()).isEqualTo(4);
    assertThat(ids.index(0)).isEqualTo(2);
    assertThat(ids.index(Long.MIN_VALUE)).isEqualTo(3);
    assertThat(ids.index(43)).isEqualTo(NONE);
    assertThat(ids.longId(1)).isEqualTo(-1);
    assertThat(ids.id(0)).isEqualTo("42");
  }

  @Test
  void shouldNumberTextsByTheirPositions() {
    ExternalIds ids = ExternalIds.ofStrings(List.of("ad-1", "käse", "😀"));
    assertThat(ids.isLong()).isFalse();
    assertThat(ids.size()).isEqualTo(3);
    assertThat(ids.index("käse")).isEqualTo(1);
    assertThat(ids.index(new StringBuilder("x😀").deleteCharAt(0))).isEqualTo(2);
    assertThat(ids.index("ad-2")).isEqualTo(NONE);
    assertThat(ids.index("ad-11")).isEqualTo(NONE);
    assertThat(ids.index("")).isEqualTo(NONE);
    assertThat(ids.id(2)).isEqualTo("😀");
  }

  @Test
  void shouldNotTakeTheCallersArray() {
    long[] array = {1, 2};
    ExternalIds ids = ExternalIds.ofLongs(array);
    array[0] = 3;
    assertThat(ids.index(1)).isZero();
    assertThat(ids.longId(0)).isEqualTo(1);
  }

  @Test
  void shouldStartEmptyAndBeAppendedTo() {
    ExternalIds longs = ExternalIds.ofLongs(new long[0]);
    assertThat(longs.size()).isZero();
    assertThat(longs.index(0)).isEqualTo(NONE);
    assertThat(longs.indexOfOrAppend(0)).isZero();
    assertThat(longs.index(0)).isZero();
    ExternalIds texts = ExternalIds.ofStrings(List.of());
    assertThat(texts.size()).isZero();
    assertThat(texts.index("a")).isEqualTo(NONE);
    assertThat(texts.indexOfOrAppend("a")).isZero();
    assertThat(texts.id(0)).isEqualTo("a");
  }

  @Test
  void shouldReturnTheIndexOfAnIdThatWasEverSeen() {
    ExternalIds longs = ExternalIds.ofLongs(new long[] {7, 8});
    assertThat(longs.indexOfOrAppend(8)).isEqualTo(1);
    assertThat(longs.indexOfOrAppend(9)).isEqualTo(2);
    assertThat(longs.indexOfOrAppend(10)).isEqualTo(3);
    assertThat(longs.indexOfOrAppend(9)).isEqualTo(2);
    assertThat(longs.size()).isEqualTo(4);
    ExternalIds texts = ExternalIds.ofStrings(List.of("7", "8"));
    assertThat(texts.indexOfOrAppend("8")).isEqualTo(1);
    assertThat(texts.indexOfOrAppend(CharBuffer.wrap("9"))).isEqualTo(2);
    assertThat(texts.indexOfOrAppend("10")).isEqualTo(3);
    assertThat(texts.indexOfOrAppend("9")).isEqualTo(2);
    assertThat(texts.size()).isEqualTo(4);
  }

  // ---- Misuse ----

  @Test
  void shouldNameAnIdThatIsThereTwiceAndWhere() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExternalIds.ofLongs(new long[] {5, 42, 6, 42, 5}))
        .withMessage("id 42 is at 1 and again at 3, expected different ids");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExternalIds.ofStrings(List.of("a", "é", "b", "é")))
        .withMessage("id \"é\" is at 1 and again at 3, expected different ids");
  }

  @Test
  void shouldNameThePositionOfWhatIsNoId() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExternalIds.ofStrings(Arrays.asList("a", null)))
        .withMessage("id at 1 is null, expected a text");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExternalIds.ofStrings(List.of("a", "b", "")))
        .withMessage("id at 2 is empty, expected a text");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExternalIds.ofStrings(List.of("ab\udc00")))
        .withMessage(
            "id at 0 has half of a surrogate pair, U+DC00, as char 2, which UTF-8 cannot hold");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExternalIds.ofStrings(List.of("x".repeat(65_534) + "é")))
        .withMessageStartingWith("id at 0 takes 65536 bytes in UTF-8, expected at most 65535: \"xx")
        .withMessageEndingWith("x...\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\ud800", "\ude00", "\ud83d\ud83d\ude00"})
  void shouldRefuseToAppendWhatIsNoIdAndChangeNothing(String text) {
    ExternalIds ids = ExternalIds.ofStrings(List.of("a?", "?", "?😀"));
    assertThatIllegalArgumentException().isThrownBy(() -> ids.indexOfOrAppend(text));
    assertThat(ids.size()).isEqualTo(3);
    assertThat(ids.index(text)).isEqualTo(NONE);
    assertThat(ids.indexOfOrAppend("b")).isEqualTo(3);
  }

  @Test
  void shouldSayWhichKindTheIdsAre() {
    ExternalIds longs = ExternalIds.ofLongs(new long[] {7});
    ExternalIds texts = ExternalIds.ofStrings(List.of("7"));
    assertThatIllegalStateException()
        .isThrownBy(() -> longs.index("7"))
        .withMessage("index(CharSequence): these ids are longs, not texts");
    assertThatIllegalStateException()
        .isThrownBy(() -> longs.indexOfOrAppend("7"))
        .withMessage("indexOfOrAppend(CharSequence): these ids are longs, not texts");
    assertThatIllegalStateException()
        .isThrownBy(() -> texts.index(7))
        .withMessage("index(long): these ids are texts, not longs");
    assertThatIllegalStateException()
        .isThrownBy(() -> texts.indexOfOrAppend(7))
        .withMessage("indexOfOrAppend(long): these ids are texts, not longs");
    assertThatIllegalStateException()
        .isThrownBy(() -> texts.longId(0))
        .withMessage("longId(int): these ids are texts, not longs");
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 3, 4, Integer.MAX_VALUE})
  void shouldRefuseAnIndexThatNamesNobody(int index) {
    ExternalIds longs = ExternalIds.ofLongs(new long[] {7, 8});
    longs.indexOfOrAppend(9); // into arrays with room for more
    ExternalIds texts = ExternalIds.ofStrings(List.of("7", "8"));
    texts.indexOfOrAppend("9");
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> longs.longId(index));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> longs.id(index));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> texts.id(index));
  }

  // ---- Against a model ----

  @Property
  void shouldBeAMapOfLongs(
      @ForAll @Size(max = 40) List<@IntRange(max = 60) Integer> given,
      @ForAll @Size(max = 80) List<@IntRange(max = 90) Integer> then,
      @ForAll Collisions collisions) {
    List<Integer> different = new ArrayList<>(new LinkedHashSet<>(given));
    ExternalIds ids =
        LongIds.of(different.stream().mapToLong(i -> spread(i)).toArray(), collisions.hash());
    Map<Long, Integer> model = new LinkedHashMap<>();
    different.forEach(i -> model.put(spread(i), model.size()));
    for (int i : then) {
      long id = spread(i);
      assertThat(ids.index(id)).isEqualTo(model.getOrDefault(id, NONE));
      model.putIfAbsent(id, model.size());
      assertThat(ids.indexOfOrAppend(id)).isEqualTo(model.get(id));
      assertThat(ids.size()).isEqualTo(model.size());
    }
    model.forEach(
        (id, index) -> {
          assertThat(ids.index(id)).isEqualTo(index);
          assertThat(ids.longId(index)).isEqualTo(id);
        });
    for (int i = 0; i < 100; i++) {
      assertThat(ids.index(spread(i))).isEqualTo(model.getOrDefault(spread(i), NONE));
    }
  }

  private static long spread(int i) {
    return (i % 2 == 0 ? 1L : 1L << 40) * (i - 30);
  }

  @Property
  void shouldBeAMapOfTexts(
      @ForAll List<@From("texts") String> given,
      @ForAll List<@From("texts") String> then,
      @ForAll Collisions collisions) {
    Map<String, Integer> model = new HashMap<>();
    List<String> different = given.stream().filter(ExternalIdsTest::isId).distinct().toList();
    different.forEach(id -> model.put(id, model.size()));
    ExternalIds ids = TextIds.of(different, collisions.hash());
    for (String id : then) {
      assertThat(ids.index(id)).isEqualTo(model.getOrDefault(id, NONE));
      if (isId(id)) {
        model.putIfAbsent(id, model.size());
        assertThat(ids.indexOfOrAppend(id)).isEqualTo(model.get(id));
      } else {
        assertThatIllegalArgumentException().isThrownBy(() -> ids.indexOfOrAppend(id));
      }
      assertThat(ids.size()).isEqualTo(model.size());
    }
    model.forEach(
        (id, index) -> {
          assertThat(ids.index(CharBuffer.wrap(id))).isEqualTo(index);
          assertThat(ids.id(index)).isEqualTo(id);
        });
    for (String id : given) {
      assertThat(ids.index(id)).isEqualTo(model.getOrDefault(id, NONE));
    }
  }

  @Provide
  Arbitrary<String> texts() {
    return Ids.texts();
  }

  private static boolean isId(String text) {
    return !text.isEmpty() && Ids.isValid(text);
  }

  @Property
  void shouldFindTheFirstDuplicate(
      @ForAll @Size(min = 2, max = 60) List<@IntRange(max = 300) Integer> given,
      @ForAll Collisions collisions) {
    int second = 0;
    while (second < given.size() && given.indexOf(given.get(second)) == second) {
      second++;
    }
    long[] longs = given.stream().mapToLong(i -> spread(i)).toArray();
    List<String> texts = given.stream().map(i -> "id" + i).toList();
    if (second == given.size()) {
      assertThat(LongIds.of(longs, collisions.hash()).size()).isEqualTo(second);
      assertThat(TextIds.of(texts, collisions.hash()).size()).isEqualTo(second);
      return;
    }
    int first = given.indexOf(given.get(second));
    String where = " is at " + first + " and again at " + second + ",";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LongIds.of(longs, collisions.hash()))
        .withMessageContaining("id " + longs[first] + where);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TextIds.of(texts, collisions.hash()))
        .withMessageContaining("id \"" + texts.get(first) + "\"" + where);
  }

  // ---- Growing ----

  /** Around every size at which a table or an array grows, however many were given first. */
  @ParameterizedTest
  @EnumSource(
      value = Collisions.class,
      names = {"NONE", "ALL_SLOTS_ONE_TAG"})
  void shouldKeepEveryIndexWhileItGrows(Collisions collisions) {
    for (int given : new int[] {0, 1, 2, 3, 5, 1000}) {
      long[] longs = new long[given];
      Arrays.setAll(longs, i -> 3L * i);
      List<String> texts = Arrays.stream(longs).mapToObj(Long::toString).toList();
      ExternalIds longIds = LongIds.of(longs, collisions.hash());
      ExternalIds textIds = TextIds.of(texts, collisions.hash());
      int all = given + 5000;
      for (int i = given; i < all; i++) {
        assertThat(longIds.indexOfOrAppend(3L * i)).isEqualTo(i);
        assertThat(textIds.indexOfOrAppend(Long.toString(3L * i))).isEqualTo(i);
      }
      for (int i = 0; i < all; i++) {
        assertThat(longIds.index(3L * i)).isEqualTo(i);
        assertThat(longIds.longId(i)).isEqualTo(3L * i);
        assertThat(textIds.index(Long.toString(3L * i))).isEqualTo(i);
        assertThat(textIds.id(i)).isEqualTo(Long.toString(3L * i));
        assertThat(longIds.index(3L * i + 1)).isEqualTo(NONE);
        assertThat(textIds.index(Long.toString(3L * i + 1))).isEqualTo(NONE);
      }
    }
  }

  /**
   * What a reader sees that comes between A3 and A4: the slot is filled, the size is not raised.
   */
  @ParameterizedTest
  @EnumSource(Collisions.class)
  void shouldNotFindAnIdBeforeItIsShown(Collisions collisions) {
    List<Integer> lookedUp = new ArrayList<>();
    ExternalIds longs =
        new LongIds(new long[] {0}, collisions.hash()) {
          @Override
          void show(int size) {
            lookedUp.add(index(size - 1));
            lookedUp.add(index(size - 2));
            super.show(size);
          }
        };
    ExternalIds texts =
        new TextIds(List.of("0"), collisions.hash()) {
          @Override
          void show(int size) {
            lookedUp.add(index(Integer.toString(size - 1)));
            lookedUp.add(index(Integer.toString(size - 2)));
            super.show(size);
          }
        };
    for (int i = 1; i < 10; i++) {
      lookedUp.clear();
      longs.indexOfOrAppend(i);
      texts.indexOfOrAppend(Integer.toString(i));
      assertThat(lookedUp).containsExactly(NONE, i - 1, NONE, i - 1);
    }
  }

  /** Texts that end where a chunk ends, one byte before, and one that does not fit any more. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 1000, 65_535})
  void shouldKeepTextsThatMeetTheEndOfAChunk(int lengthOfLast) {
    assertThat(TextIds.CHUNK_BYTES - 4 * TextIds.MAX_BYTES).isEqualTo(4);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      int length = i % 5 < 4 ? TextIds.MAX_BYTES : lengthOfLast;
      texts.add(String.valueOf((char) ('0' + i)).repeat(length));
    }
    ExternalIds given = ExternalIds.ofStrings(texts);
    ExternalIds counted = ExternalIds.ofStrings(() -> texts.iterator()); // of unknown size
    ExternalIds appended = ExternalIds.ofStrings(List.of("first"));
    for (int i = 0; i < texts.size(); i++) {
      assertThat(appended.indexOfOrAppend(texts.get(i))).isEqualTo(i + 1);
    }
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      assertThat(given.id(i)).isEqualTo(text);
      assertThat(given.index(text)).isEqualTo(i);
      assertThat(given.index(text + text.charAt(0))).isEqualTo(NONE);
      assertThat(counted.id(i)).isEqualTo(text);
      assertThat(counted.index(text)).isEqualTo(i);
      assertThat(appended.id(i + 1)).isEqualTo(text);
      assertThat(appended.index(text)).isEqualTo(i + 1);
    }
  }

  // ---- Cost ----

  @Test
  void shouldAllocateNothingOnLookUps() throws Exception {
    ExternalIds longs = ExternalIds.ofLongs(new long[] {1, 2, 3});
    longs.indexOfOrAppend(4);
    ExternalIds texts = ExternalIds.ofStrings(List.of("ad-1", "käse-日本-😀"));
    texts.indexOfOrAppend("ad-2");
    texts.indexOfOrAppend("größe");
    CharSequence[] wanted = {
      "ad-1", "käse-日本-😀", "ad-2", "größe", "absent", "\ud800", CharBuffer.wrap("größe")
    };
    int rounds = 50_000;
    long expected = lookUp(longs, texts, wanted, rounds);
    long start = AllocatedBytes.ofThisThread();
    long measuring = AllocatedBytes.ofThisThread() - start;
    start = AllocatedBytes.ofThisThread();
    long sum = lookUp(longs, texts, wanted, rounds);
    // What the measurement and a compilation that ends meanwhile cost: far below a byte a round.
    assertThat(AllocatedBytes.ofThisThread() - start - measuring).isLessThan(rounds / 4);
    assertThat(sum).isEqualTo(expected).isEqualTo(rounds * (3L - 1 + 4 + 0 + 1 + 2 + 3 - 2 + 3));
  }

  private static long lookUp(
      ExternalIds longs, ExternalIds texts, CharSequence[] wanted, int rounds) {
    long sum = 0;
    for (int i = 0; i < rounds; i++) {
      sum += longs.index(4) + longs.index(5) + longs.longId(3);
      for (CharSequence id : wanted) {
        sum += texts.index(id);
      }
    }
    return sum;
  }
}
