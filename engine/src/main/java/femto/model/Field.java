package femto.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A column of the data: its name, its side, and how raw values become features.
 *
 * @param name letters, digits, {@code _}, {@code -} and {@code .}
 * @param side context or candidate
 * @param encoding how raw values become features
 * @param width width of a bucket for {@link Encoding#BUCKET}, at least 1; otherwise 0
 */
public record Field(String name, Side side, Encoding encoding, int width) {

  /** How raw values become features. */
  public enum Encoding {
    /** One value, weight 1. */
    ONE_HOT,
    /** Any number of values, each of weight 1 / (how many there are), so that they sum to 1. */
    MULTI_HOT,
    /**
     * Any number of values, each of weight 1 / sqrt(how many there are), as SVD++ weighs what a
     * user has rated (Koren, "Factorization meets the neighborhood", KDD 2008, equation 15).
     */
    ROOT_HOT,
    /** A whole number, put into buckets {@code 0..width-1, width..2*width-1, ...}; weight 1. */
    BUCKET
  }

  /**
   * Checks the parts.
   *
   * @throws IllegalArgumentException if the name has other characters or the width does not fit
   */
  public Field {
    if (!name.matches("[A-Za-z0-9_.-]+")) {
      throw new IllegalArgumentException(
          "field name \"" + name + "\", expected letters, digits, '_', '-' and '.'");
    }
    if (encoding == Encoding.BUCKET ? width < 1 : width != 0) {
      throw new IllegalArgumentException(
          "field " + name + " has width=" + width + ", expected 1 or more for buckets, else 0");
    }
  }

  /**
   * A field of one value.
   *
   * @param name its name
   * @param side its side
   * @return the field
   */
  public static Field oneHot(String name, Side side) {
    return new Field(name, side, Encoding.ONE_HOT, 0);
  }

  /**
   * A field of several values.
   *
   * @param name its name
   * @param side its side
   * @return the field
   */
  public static Field multiHot(String name, Side side) {
    return new Field(name, side, Encoding.MULTI_HOT, 0);
  }

  /**
   * A field of whole numbers in buckets.
   *
   * @param name its name
   * @param side its side
   * @param width width of a bucket
   * @return the field
   */
  public static Field bucket(String name, Side side, int width) {
    return new Field(name, side, Encoding.BUCKET, width);
  }

  /**
   * A field of several values, weighed as those of {@link Encoding#ROOT_HOT}.
   *
   * @param name its name
   * @param side its side
   * @return the field
   */
  public static Field rootHot(String name, Side side) {
    return new Field(name, side, Encoding.ROOT_HOT, 0);
  }

  /**
   * Whether it takes more than one value.
   *
   * @return false if a second one is an error
   */
  public boolean takesSeveral() {
    return encoding == Encoding.MULTI_HOT || encoding == Encoding.ROOT_HOT;
  }

  /**
   * The weight of each of its values.
   *
   * @param values how many there are, 1 or more
   * @return 1 / values, 1 / sqrt(values), or 1 for a field of one value
   */
  public float weight(int values) {
    return encoding == Encoding.ROOT_HOT ? (float) (1 / Math.sqrt(values)) : 1f / values;
  }

  /**
   * The bucket that a number falls into.
   *
   * @param number the number
   * @return the dictionary's value, such as {@code 15-19} for 17 and width 5
   */
  public String bucketOf(long number) {
    return bucketStart(number) + "-" + bucketEnd(number);
  }

  /** First number of the bucket, or the smallest long. */
  long bucketStart(long number) {
    long before = Math.floorMod(number, (long) width);
    return number >= Long.MIN_VALUE + before ? number - before : Long.MIN_VALUE;
  }

  /** Last number of the bucket, or the largest long. */
  long bucketEnd(long number) {
    long after = width - 1 - Math.floorMod(number, (long) width);
    return number <= Long.MAX_VALUE - after ? number + after : Long.MAX_VALUE;
  }

  /**
   * Fields as one line of text, as the model file holds them.
   *
   * @param fields the fields
   * @return such as {@code user:context:one_hot,age:context:bucket:5}
   */
  public static String format(List<Field> fields) {
    List<String> parts = new ArrayList<>();
    for (Field field : fields) {
      String part = field.name + ":" + lower(field.side) + ":" + lower(field.encoding);
      parts.add(field.encoding == Encoding.BUCKET ? part + ":" + field.width : part);
    }
    return String.join(",", parts);
  }

  /**
   * Reads what {@link #format} wrote.
   *
   * @param text the line
   * @return the fields
   * @throws IllegalArgumentException if the text is something else
   */
  public static List<Field> parse(String text) {
    List<Field> fields = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String[] words = part.split(":", -1);
      if (words.length < 3 || words.length > 4) {
        throw new IllegalArgumentException(
            "field \"" + part + "\", expected name:side:encoding or name:side:bucket:width");
      }
      try {
        int width = words.length == 4 ? Integer.parseInt(words[3]) : 0;
        Side side = Side.valueOf(words[1].toUpperCase(Locale.ROOT));
        Encoding encoding = Encoding.valueOf(words[2].toUpperCase(Locale.ROOT));
        fields.add(new Field(words[0], side, encoding, width));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "field \""
                + part
                + "\", expected name:side:encoding with the side context or candidate and the"
                + " encoding one_hot, multi_hot, root_hot or bucket:width",
            e);
      }
    }
    if (fields.stream().map(Field::name).distinct().count() != fields.size()) {
      throw new IllegalArgumentException("two fields of one name in \"" + text + "\"");
    }
    return List.copyOf(fields);
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
