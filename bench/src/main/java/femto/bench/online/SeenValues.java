package femto.bench.online;

import static java.nio.charset.StandardCharsets.UTF_8;

import femto.model.FeatureIndex;
import femto.model.FeatureSpace;
import femto.model.Field;
import it.unimi.dsi.fastutil.objects.Object2IntLinkedOpenHashMap;
import java.util.List;

/** Gives every value a feature as it is asked for the first time. */
final class SeenValues implements FeatureIndex {
  private final List<Field> fields;

  /** By the field, as a char, and the value. */
  private final Object2IntLinkedOpenHashMap<String> features = new Object2IntLinkedOpenHashMap<>();

  SeenValues(List<Field> fields) {
    this.fields = List.copyOf(fields);
  }

  @Override
  public List<Field> fields() {
    return fields;
  }

  @Override
  public int find(int field, byte[] utf8, int length) {
    return feature(field, new String(utf8, 0, length, UTF_8));
  }

  int feature(int field, String value) {
    int next = features.size();
    return features.computeIfAbsent((char) field + value, key -> next);
  }

  @Override
  public int others(int field) {
    return FeatureSpace.UNKNOWN;
  }

  /** All that have been seen so far. */
  FeatureSpace freeze() {
    FeatureSpace.Rows rows = new FeatureSpace.Rows(fields, features.size());
    features
        .object2IntEntrySet()
        .forEach(
            entry ->
                rows.bind(
                    entry.getIntValue(), entry.getKey().charAt(0), entry.getKey().substring(1)));
    return rows.build();
  }
}
