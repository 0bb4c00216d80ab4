package femto.model;

import java.util.Arrays;
import java.util.List;

/**
 * Turns the raw values of one request, or of one candidate, into features. One owner at a time;
 * allocates nothing once its buffers have grown to the longest value and the largest number of
 * values.
 *
 * <pre>{@code
 * encoder.clear().put("user", "4").put("gender", "M").put("age", 15);
 * folded.fold(encoder);
 * }</pre>
 *
 * A value that the dictionary lacks is <em>unknown</em>: it is counted, and contributes nothing, or
 * what the feature does that stands for all other values of its field, if there is one. A field of
 * this side without a value is <em>missing</em>: it contributes nothing. A multi-hot field gives
 * each of its n values, known or not, the weight 1/n, and a root-hot field 1/sqrt(n); several
 * unknown ones count once. The features are the same in whatever order values were put.
 */
public final class Encoder {
  private static final int LONG_DIGITS = 19;
  private static final String LARGEST_LONG = "9223372036854775807";
  private static final String SMALLEST_LONG = "9223372036854775808";

  private final Side side;
  private FeatureIndex index;
  private List<Field> fields;
  private final int fieldsOfSide;
  private final int[] valuesOfField;
  private final long[] unknownOfField;
  private byte[] utf8 = new byte[64];
  private int[] features = new int[16];
  private int[] fieldOfFeature = new int[16];
  private float[] weights = new float[16];
  private int count;
  private boolean collided;
  private int[] merged = {};
  private long[] unknownHashes = new long[16];
  private int unknownCount;
  private long known;
  private long missing;

  /**
   * Makes an encoder with nothing put.
   *
   * @param index finds the features of values
   * @param side whose fields it takes
   */
  public Encoder(FeatureIndex index, Side side) {
    this.index = index;
    this.side = side;
    this.fields = index.fields();
    this.fieldsOfSide = (int) fields.stream().filter(field -> field.side() == side).count();
    this.valuesOfField = new int[fields.size()];
    this.unknownOfField = new long[fields.size()];
  }

  /**
   * Looks values up elsewhere from now on. What was put is forgotten.
   *
   * @param next finds the features of values, of the same fields
   * @throws IllegalArgumentException if its fields are others
   */
  public void use(FeatureIndex next) {
    if (!next.fields().equals(fields)) {
      throw new IllegalArgumentException(
          "fields " + Field.format(next.fields()) + ", expected " + Field.format(fields));
    }
    index = next;
    fields = next.fields(); // the same object, as a rule: then comparing them is quick
    clear();
  }

  /**
   * Forgets all values put.
   *
   * @return this
   */
  public Encoder clear() {
    count = 0;
    collided = false;
    unknownCount = 0;
    Arrays.fill(valuesOfField, 0);
    return this;
  }

  /**
   * Puts a value.
   *
   * @param field name of the field
   * @param value the raw value; for a bucket field a whole number, or a bucket as the dictionary
   *     has it
   * @return this
   * @throws IllegalArgumentException if there is no such field on this side, or it has a value
   *     already and takes only one
   */
  public Encoder put(String field, CharSequence value) {
    return put(index.requireField(field), value);
  }

  /**
   * Puts a number.
   *
   * @param field name of the field
   * @param value the raw value
   * @return this
   * @throws IllegalArgumentException as for {@link #put(String, CharSequence)}
   */
  public Encoder put(String field, long value) {
    return put(index.requireField(field), value);
  }

  /**
   * Puts a value by the index of its field, which saves looking the name up.
   *
   * @param field index of the field in the feature space
   * @param value as for {@link #put(String, CharSequence)}
   * @return this
   * @throws IllegalArgumentException as for {@link #put(String, CharSequence)}
   */
  public Encoder put(int field, CharSequence value) {
    if (fields.get(field).encoding() == Field.Encoding.BUCKET && isWholeNumber(value)) {
      return put(field, Long.parseLong(value, 0, value.length(), 10));
    }
    return putEncoded(field, encodeText(value));
  }

  /**
   * Puts a number by the index of its field.
   *
   * @param field index of the field in the feature space
   * @param value the raw value
   * @return this
   * @throws IllegalArgumentException as for {@link #put(String, CharSequence)}
   */
  public Encoder put(int field, long value) {
    Field description = fields.get(field);
    if (description.encoding() != Field.Encoding.BUCKET) {
      return putEncoded(field, encodeNumber(value, 0));
    }
    int length = encodeNumber(description.bucketStart(value), 0);
    utf8[length++] = '-';
    return putEncoded(field, encodeNumber(description.bucketEnd(value), length));
  }

  private Encoder putEncoded(int field, int length) {
    Field description = fields.get(field);
    if (description.side() != side) {
      throw new IllegalArgumentException(
          "field "
              + description.name()
              + " is of the "
              + description.side().label()
              + ", expected one of the "
              + side.label());
    }
    boolean multiHot = description.takesSeveral();
    if (!multiHot && valuesOfField[field] > 0) {
      throw new IllegalArgumentException(
          "field " + description.name() + " has a value already and takes only one: call clear()");
    }
    int feature = index.find(field, utf8, length);
    if (feature == FeatureSpace.UNKNOWN) {
      if (multiHot && isRepeated(FeatureSpace.hash(field, utf8, length))) {
        return this;
      }
      unknownOfField[field]++;
      int other = index.others(field);
      if (other != FeatureSpace.UNKNOWN && !holds(other, field)) {
        append(other, field);
      }
    } else if (multiHot && holds(feature, field)) {
      return this;
    } else {
      known++;
      append(feature, field);
    }
    valuesOfField[field]++;
    return this;
  }

  /** Whether an unknown value of this hash was put since clear; remembers it if not. */
  private boolean isRepeated(long hash) {
    for (int i = 0; i < unknownCount; i++) {
      if (unknownHashes[i] == hash) {
        return true;
      }
    }
    if (unknownCount == unknownHashes.length) {
      unknownHashes = Arrays.copyOf(unknownHashes, 2 * unknownCount);
    }
    unknownHashes[unknownCount++] = hash;
    return false;
  }

  private boolean holds(int feature, int field) {
    for (int i = 0; i < count; i++) {
      if (features[i] == feature && fieldOfFeature[i] == field) {
        return true;
      }
    }
    return false;
  }

  /** Keeps the features ascending: the order of a fold's sums must not depend on the caller's. */
  private void append(int feature, int field) {
    if (count == features.length) {
      features = Arrays.copyOf(features, 2 * count);
      fieldOfFeature = Arrays.copyOf(fieldOfFeature, 2 * count);
      weights = new float[2 * count];
    }
    int at = count++;
    while (at > 0 && features[at - 1] > feature) {
      features[at] = features[at - 1];
      fieldOfFeature[at] = fieldOfFeature[at - 1];
      at--;
    }
    features[at] = feature;
    fieldOfFeature[at] = field;
    collided |= at > 0 && features[at - 1] == feature;
  }

  /**
   * Computes the weights of what was put since {@link #clear}, and counts the fields that are
   * missing.
   *
   * @return how many features there are, in {@link #features} and {@link #weights}
   */
  public int finish() {
    for (int i = 0; i < count; i++) {
      int field = fieldOfFeature[i];
      weights[i] = fields.get(field).weight(valuesOfField[field]);
    }
    int present = 0;
    for (int values : valuesOfField) {
      present += values > 0 ? 1 : 0;
    }
    missing += fieldsOfSide - present;
    return collided ? merge() : count;
  }

  /** Values of several fields that are one feature, as hashes may be, count together. */
  private int merge() {
    if (merged.length < count) {
      merged = new int[features.length];
    }
    int size = 0;
    for (int i = 0; i < count; i++) {
      if (size > 0 && merged[size - 1] == features[i]) {
        weights[size - 1] += weights[i];
      } else {
        merged[size] = features[i];
        weights[size++] = weights[i];
      }
    }
    return size;
  }

  /**
   * The features put, ascending.
   *
   * @return the buffer; how many of it count is what {@link #finish} returned
   */
  public int[] features() {
    return collided ? merged : features;
  }

  /**
   * The weights of {@link #features}, after {@link #finish}.
   *
   * @return the buffer
   */
  public float[] weights() {
    return weights;
  }

  /**
   * How many values were known, since this encoder was made.
   *
   * @return the count
   */
  public long knownValues() {
    return known;
  }

  /**
   * How many values were unknown, since this encoder was made.
   *
   * @return the count
   */
  public long unknownValues() {
    return Arrays.stream(unknownOfField).sum();
  }

  /**
   * How many values of one field were unknown, since this encoder was made.
   *
   * @param field index of the field in the feature space
   * @return the count
   */
  public long unknownValues(int field) {
    return unknownOfField[field];
  }

  /**
   * How many fields had no value when {@link #finish} was called, since this encoder was made.
   *
   * @return the count
   */
  public long missingFields() {
    return missing;
  }

  private static boolean isWholeNumber(CharSequence value) {
    int start = !value.isEmpty() && value.charAt(0) == '-' ? 1 : 0;
    int digits = value.length() - start;
    if (digits < 1 || digits > LONG_DIGITS) {
      return false;
    }
    String limit = start == 0 ? LARGEST_LONG : SMALLEST_LONG;
    boolean mayExceed = digits == LONG_DIGITS;
    for (int i = 0; i < digits; i++) {
      char digit = value.charAt(start + i);
      if (digit < '0' || digit > '9' || (mayExceed && digit > limit.charAt(i))) {
        return false;
      }
      mayExceed = mayExceed && digit == limit.charAt(i);
    }
    return true;
  }

  /** Writes a number's digits into the scratch buffer from a position on; returns the end. */
  private int encodeNumber(long value, int from) {
    ensureScratch(from + 21);
    int at = from;
    if (value < 0) {
      utf8[at++] = '-';
    }
    int digits = 1;
    for (long rest = value / 10; rest != 0; rest /= 10) {
      digits++;
    }
    long rest = value;
    for (int i = at + digits - 1; i >= at; i--, rest /= 10) {
      utf8[i] = (byte) ('0' + Math.abs(rest % 10));
    }
    return at + digits;
  }

  /** Writes text as UTF-8 into the scratch buffer; a lone surrogate becomes '?', as in String. */
  private int encodeText(CharSequence value) {
    ensureScratch(3 * value.length());
    int at = 0;
    for (int i = 0; i < value.length(); i++) {
      int c = value.charAt(i);
      if (c < 0x80) {
        utf8[at++] = (byte) c;
        continue;
      }
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        boolean pair =
            c <= Character.MAX_HIGH_SURROGATE
                && i + 1 < value.length()
                && Character.isLowSurrogate(value.charAt(i + 1));
        if (!pair) {
          utf8[at++] = '?';
          continue;
        }
        c = Character.toCodePoint((char) c, value.charAt(++i));
        utf8[at++] = (byte) (0xf0 | (c >> 18));
        utf8[at++] = (byte) (0x80 | ((c >> 12) & 0x3f));
        utf8[at++] = (byte) (0x80 | ((c >> 6) & 0x3f));
      } else if (c < 0x800) {
        utf8[at++] = (byte) (0xc0 | (c >> 6));
      } else {
        utf8[at++] = (byte) (0xe0 | (c >> 12));
        utf8[at++] = (byte) (0x80 | ((c >> 6) & 0x3f));
      }
      utf8[at++] = (byte) (0x80 | (c & 0x3f));
    }
    return at;
  }

  private void ensureScratch(int bytes) {
    if (utf8.length < bytes) {
      utf8 = Arrays.copyOf(utf8, Math.max(bytes, 2 * utf8.length));
    }
  }
}
