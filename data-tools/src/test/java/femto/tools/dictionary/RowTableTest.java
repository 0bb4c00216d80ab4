package femto.tools.dictionary;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RowTableTest {
  private static int find(RowTable rows, int field, String value) {
    EncodedValue encoded = new EncodedValue();
    assertThat(encoded.set(value)).isTrue();
    return rows.find(encoded.hash(field), field, encoded);
  }

  /** Values of all lengths come and go, so blocks and slots are used again. */
  @Property(tries = 60)
  void shouldFindWhatIsThereAndNothingElse(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 90) int capacity) {
    Random random = new Random(seed);
    Map<NaiveDictionary.Key, Integer> expected = new HashMap<>();
    List<NaiveDictionary.Key> gone = new ArrayList<>();
    EncodedValue encoded = new EncodedValue();
    try (RowTable rows = new RowTable(capacity)) {
      for (int step = 0; step < 400; step++) {
        int field = random.nextInt(3);
        String value = "v".repeat(random.nextInt(40)) + random.nextInt(200);
        NaiveDictionary.Key key = new NaiveDictionary.Key(field, value);
        assertThat(find(rows, field, value)).isEqualTo(expected.getOrDefault(key, -1));
        if (expected.containsKey(key)) {
          continue;
        }
        assertThat(encoded.set(value)).isTrue();
        long hash = encoded.hash(field);
        if (!rows.isFull()) {
          expected.put(key, rows.add(hash, field, encoded, step));
        } else {
          int row = rows.oldest();
          rows.replace(row, hash, field, encoded, step);
          expected
              .entrySet()
              .removeIf(
                  entry -> {
                    boolean former = entry.getValue() == row;
                    if (former) {
                      gone.add(entry.getKey());
                    }
                    return former;
                  });
          expected.put(key, row);
        }
      }
      expected.forEach(
          (key, row) -> {
            assertThat(find(rows, key.field(), key.value())).isEqualTo(row);
            rows.get(row, encoded);
            assertThat(encoded).hasToString(key.value());
            assertThat(rows.field(row)).isEqualTo(key.field());
          });
      gone.forEach(
          key ->
              assertThat(find(rows, key.field(), key.value()))
                  .isEqualTo(expected.getOrDefault(key, -1)));
    }
  }

  @Test
  void shouldUseTheBytesOfValuesThatHaveGoneAgain() {
    EncodedValue encoded = new EncodedValue();
    try (RowTable rows = new RowTable(8)) {
      long bytes = 0;
      for (int i = 0; i < 2_000; i++) {
        assertThat(encoded.set("x".repeat(EncodedValue.MAX_BYTES - i % 7))).isTrue();
        encoded.utf8()[0] = (byte) ('a' + i % 26);
        encoded.utf8()[1] = (byte) ('a' + i / 26 % 26);
        encoded.utf8()[2] = (byte) ('a' + i / 676);
        long hash = encoded.hash(0);
        if (!rows.isFull()) {
          rows.add(hash, 0, encoded, i);
          bytes = rows.bytes();
        } else {
          rows.replace(rows.oldest(), hash, 0, encoded, i);
        }
      }
      assertThat(rows.bytes()).isLessThanOrEqualTo(bytes + (1 << 21));
    }
  }
}
