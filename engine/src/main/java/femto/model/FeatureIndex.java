package femto.model;

import java.util.List;

/**
 * Finds the feature of a raw value: a {@link FeatureSpace}, or a dictionary that may take the value
 * in as it is asked.
 */
public interface FeatureIndex {
  /**
   * The fields.
   *
   * @return immutable list
   */
  List<Field> fields();

  /**
   * Index of a field that must exist.
   *
   * @param name its name
   * @return its index in {@link #fields()}
   * @throws IllegalArgumentException if there is none; the message lists those that there are
   */
  default int requireField(String name) {
    List<String> names = fields().stream().map(Field::name).toList();
    int field = names.indexOf(name);
    if (field < 0) {
      throw new IllegalArgumentException(
          "there is no field \"" + name + "\", expected one of " + names);
    }
    return field;
  }

  /**
   * Finds the number of a value.
   *
   * @param field index of its field
   * @param utf8 the value as the dictionary holds it, in UTF-8
   * @param length how many bytes of {@code utf8} it is
   * @return its number, or {@link FeatureSpace#UNKNOWN}
   */
  int find(int field, byte[] utf8, int length);

  /**
   * The feature that stands for all values of a field that have none of their own.
   *
   * @param field index of the field
   * @return its number, or {@link FeatureSpace#UNKNOWN} if there is none
   */
  int others(int field);
}
