package femto.tools.dictionary;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a dictionary does, in plain maps: all counts exact, the order searched through. */
final class NaiveDictionary {
  record Key(int field, String value) {}

  private final DictionaryOptions options;
  private final int fields;

  /** Rows by value, the one seen longest ago first. */
  final LinkedHashMap<Key, Integer> rows = new LinkedHashMap<>();

  final Map<Integer, Long> seen = new HashMap<>();
  final Map<Integer, Integer> pins = new HashMap<>();
  final Map<Key, Integer> came = new HashMap<>();
  int early;
  final List<String> told = new ArrayList<>();
  private int used;
  private long latest;

  NaiveDictionary(int fields, DictionaryOptions options) {
    this.fields = fields;
    this.options = options;
    if (options.outOfVocabulary()) {
      used = fields;
    }
  }

  static String asHeld(String value) {
    return new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  private int without(int field) {
    return options.outOfVocabulary() ? field : -1;
  }

  int find(int field, String value) {
    return rows.getOrDefault(new Key(field, asHeld(value)), without(field));
  }

  int take(int field, String value, long time) {
    return take(field, value, time, false);
  }

  /** What becomes of a value if the dictionary says that it has come often enough. */
  int take(int field, String value, long time, boolean evenIfTooEarly) {
    latest = Math.max(latest, time);
    Key key = new Key(field, asHeld(value));
    if (key.value().getBytes(StandardCharsets.UTF_8).length > 65_535) {
      return without(field);
    }
    Integer known = rows.get(key);
    if (known != null) {
      if (!Objects.equals(seen.put(known, latest), latest)) {
        rows.remove(key);
        rows.put(key, known);
      }
      return known;
    }
    int times = came.merge(key, 1, Integer::sum);
    if (times < options.minimumCount() && !evenIfTooEarly) {
      return without(field);
    }
    int row;
    if (used < options.capacity()) {
      row = used++;
    } else {
      Key oldest = oldest();
      if (oldest == null) {
        return without(field);
      }
      row = Objects.requireNonNull(rows.remove(oldest));
      told.add("unbound " + row);
    }
    if (times < options.minimumCount()) {
      early++;
    }
    rows.put(key, row);
    seen.put(row, latest);
    told.add("bound " + row + " to " + field + ":" + key.value());
    return row;
  }

  private @Nullable Key oldest() {
    if (options.recycleAfter() == 0) {
      return null;
    }
    for (Map.Entry<Key, Integer> entry : rows.entrySet()) {
      if (pins.getOrDefault(entry.getValue(), 0) == 0) {
        boolean old =
            latest - Objects.requireNonNull(seen.get(entry.getValue())) >= options.recycleAfter();
        return old ? entry.getKey() : null;
      }
    }
    return null;
  }

  void pin(int row) {
    pins.merge(row, 1, Integer::sum);
  }

  void unpin(int row) {
    if (pins.merge(row, -1, Integer::sum) == 0 && !(options.outOfVocabulary() && row < fields)) {
      for (Map.Entry<Key, Integer> entry : rows.entrySet()) {
        if (entry.getValue() == row) {
          rows.remove(entry.getKey());
          rows.put(entry.getKey(), row);
          break;
        }
      }
      seen.put(row, latest);
    }
  }

  boolean isPinned(int row) {
    return pins.getOrDefault(row, 0) > 0;
  }

  int used() {
    return used;
  }

  /** Remembers what a dictionary tells. */
  static final class Told implements Bindings {
    final List<String> lines = new ArrayList<>();

    @Override
    public void bound(int row, int field, String value) {
      lines.add("bound " + row + " to " + field + ":" + value);
    }

    @Override
    public void unbound(int row) {
      lines.add("unbound " + row);
    }
  }
}
