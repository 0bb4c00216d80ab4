package femto.model;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_CHAR;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.memory.Slab;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * The features: every value of every field has one number, 0 to {@link #size()} - 1, which is its
 * row in the weights. A frozen hash table finds the number of a raw value.
 *
 * <p>Immutable and safe to share. It may be a view over an open file, whose owner closes it.
 * Looking up bytes ({@link #find(int, byte[], int)}) allocates nothing.
 *
 * <pre>
 *   dictionary.fields   U16 [n]      field of a feature
 *   dictionary.offsets  I64 [n + 1]  where a feature's value begins in dictionary.bytes
 *   dictionary.bytes    U8  [m]      all values, UTF-8, one after the other
 *   dictionary.slots    I32 [2^j]    open addressing, linear probing; -1 is empty
 * </pre>
 */
public final class FeatureSpace {
  /** Answer of the look-ups for a value that is not in the dictionary. */
  public static final int UNKNOWN = -1;

  private static final int EMPTY = -1;
  private static final String FIELDS_KEY = "femto.fields";

  private final List<Field> fields;
  private final Map<String, Integer> fieldIndexes;
  private final MemorySegment featureFields;
  private final MemorySegment offsets;
  private final MemorySegment bytes;
  private final MemorySegment slots;
  private final int size;
  private final int[] fieldSizes;

  private FeatureSpace(
      List<Field> fields,
      MemorySegment featureFields,
      MemorySegment offsets,
      MemorySegment bytes,
      MemorySegment slots) {
    this.fields = List.copyOf(fields);
    this.featureFields = featureFields;
    this.offsets = offsets;
    this.bytes = bytes;
    this.slots = slots;
    this.size = (int) (featureFields.byteSize() / Character.BYTES);
    this.fieldIndexes = new LinkedHashMap<>();
    for (int field = 0; field < fields.size(); field++) {
      fieldIndexes.put(fields.get(field).name(), field);
    }
    this.fieldSizes = new int[fields.size()];
    for (int feature = 0; feature < size; feature++) {
      fieldSizes[fieldOf(feature)]++;
    }
  }

  /**
   * Collects values and freezes them. Features are numbered field by field, values as they came.
   */
  public static final class Builder {
    private final List<Field> fields;
    private final List<Map<String, Integer>> values = new ArrayList<>();

    /**
     * Starts with no values.
     *
     * @param fields the fields, of different names
     */
    public Builder(List<Field> fields) {
      this.fields = Field.parse(Field.format(fields));
      fields.forEach(field -> values.add(new LinkedHashMap<>()));
    }

    /**
     * Adds a value if it is new.
     *
     * @param field index of its field
     * @param value the value as the dictionary shall hold it (for a bucket field, the bucket)
     * @return its number among the values of its field, from 0
     */
    public int add(int field, String value) {
      Map<String, Integer> known = values.get(field);
      return known.computeIfAbsent(asUtf8HoldsIt(value), v -> known.size());
    }

    /** Half of a surrogate pair becomes '?', and then two values may be one. */
    private static String asUtf8HoldsIt(String value) {
      boolean plain = value.chars().noneMatch(c -> Character.isSurrogate((char) c));
      return plain
          ? value
          : new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /**
     * Freezes what was added. Value i of field f gets the number i + (values of all fields before
     * f).
     *
     * @return the features
     */
    public FeatureSpace build() {
      List<byte[]> utf8 = new ArrayList<>();
      List<Integer> featureFields = new ArrayList<>();
      for (int field = 0; field < fields.size(); field++) {
        for (String value : values.get(field).keySet()) {
          utf8.add(value.getBytes(StandardCharsets.UTF_8));
          featureFields.add(field);
        }
      }
      return freeze(fields, featureFields, utf8);
    }
  }

  private static FeatureSpace freeze(
      List<Field> fields, List<Integer> featureFields, List<byte[]> values) {
    int size = values.size();
    char[] fieldOfFeature = new char[size];
    long[] offsets = new long[size + 1];
    for (int feature = 0; feature < size; feature++) {
      fieldOfFeature[feature] = (char) (int) featureFields.get(feature);
      offsets[feature + 1] = offsets[feature] + values.get(feature).length;
    }
    byte[] bytes = new byte[Math.toIntExact(offsets[size])];
    for (int feature = 0; feature < size; feature++) {
      byte[] value = values.get(feature);
      System.arraycopy(value, 0, bytes, (int) offsets[feature], value.length);
    }
    MemorySegment offsetSegment = ownCopy(MemorySegment.ofArray(offsets));
    MemorySegment byteSegment = ownCopy(MemorySegment.ofArray(bytes));
    MemorySegment fieldSegment = ownCopy(MemorySegment.ofArray(fieldOfFeature));
    MemorySegment slots = hash(fieldSegment, offsetSegment, byteSegment);
    return new FeatureSpace(fields, fieldSegment, offsetSegment, byteSegment, slots);
  }

  private static MemorySegment hash(
      MemorySegment featureFields, MemorySegment offsets, MemorySegment bytes) {
    int size = (int) (featureFields.byteSize() / Character.BYTES);
    // At most half full: a probe then touches 1.5 slots on average, 2.5 for an unknown value.
    int capacity = Integer.highestOneBit(Math.max(1, Math.min(size, 1 << 28))) << 2;
    int[] slots = new int[capacity];
    java.util.Arrays.fill(slots, EMPTY);
    for (int feature = 0; feature < size; feature++) {
      long begin = offsets.get(JAVA_LONG, (long) feature * Long.BYTES);
      long end = offsets.get(JAVA_LONG, (feature + 1L) * Long.BYTES);
      long hash = seed(featureFields.get(JAVA_CHAR, (long) feature * Character.BYTES));
      for (long at = begin; at < end; at++) {
        hash = mix(hash, bytes.get(JAVA_BYTE, at));
      }
      int slot = finish(hash) & (capacity - 1);
      while (slots[slot] != EMPTY) {
        slot = (slot + 1) & (capacity - 1);
      }
      slots[slot] = feature;
    }
    return ownCopy(MemorySegment.ofArray(slots));
  }

  private static long seed(int field) {
    return 0xcbf29ce484222325L ^ (field * 0x9e3779b97f4a7c15L);
  }

  private static long mix(long hash, byte next) {
    return (hash ^ (next & 0xff)) * 0x100000001b3L;
  }

  private static int finish(long hash) {
    long spread = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    return (int) (spread ^ (spread >>> 33));
  }

  /**
   * The features that a predicate keeps, of some of the fields, numbered anew in their old order.
   *
   * @param kept names of the fields to keep
   * @param keep which features to keep
   * @return the smaller space; {@link #find(int, byte[], int)} on it gives the new numbers
   * @throws IllegalArgumentException if there is no field of a name, or it is named twice
   */
  public FeatureSpace subset(List<String> kept, IntPredicate keep) {
    List<Field> keptFields = new ArrayList<>();
    int[] newField = new int[fields.size()];
    java.util.Arrays.fill(newField, -1);
    for (String name : kept) {
      int field = requireField(name);
      if (newField[field] >= 0) {
        throw new IllegalArgumentException("field " + name + " is named twice");
      }
      newField[field] = keptFields.size();
      keptFields.add(fields.get(field));
    }
    List<Integer> featureFields = new ArrayList<>();
    List<byte[]> values = new ArrayList<>();
    for (int feature = 0; feature < size; feature++) {
      int field = newField[fieldOf(feature)];
      if (field >= 0 && keep.test(feature)) {
        featureFields.add(field);
        values.add(valueBytes(feature));
      }
    }
    return freeze(keptFields, featureFields, values);
  }

  /**
   * The same features on memory of their own, which no file's closing takes away.
   *
   * @return the copy
   */
  public FeatureSpace copy() {
    return new FeatureSpace(
        fields, ownCopy(featureFields), ownCopy(offsets), ownCopy(bytes), ownCopy(slots));
  }

  private static MemorySegment ownCopy(MemorySegment segment) {
    return Arena.ofAuto()
        .allocate(segment.byteSize(), Slab.ALIGNMENT)
        .copyFrom(segment)
        .asReadOnly();
  }

  /**
   * Number of features.
   *
   * @return 0 or more
   */
  public int size() {
    return size;
  }

  /**
   * The fields.
   *
   * @return immutable list
   */
  public List<Field> fields() {
    return fields;
  }

  /**
   * Number of values of a field.
   *
   * @param field its index
   * @return 0 or more
   */
  public int size(int field) {
    return fieldSizes[field];
  }

  /**
   * Index of a field.
   *
   * @param name its name
   * @return its index in {@link #fields()}, or {@link #UNKNOWN}
   */
  public int fieldIndex(String name) {
    Integer field = fieldIndexes.get(name);
    return field == null ? UNKNOWN : field;
  }

  /**
   * Index of a field that must exist.
   *
   * @param name its name
   * @return its index in {@link #fields()}
   * @throws IllegalArgumentException if there is none; the message lists those that there are
   */
  public int requireField(String name) {
    int field = fieldIndex(name);
    if (field == UNKNOWN) {
      throw new IllegalArgumentException(
          "there is no field \"" + name + "\", expected one of " + fieldIndexes.keySet());
    }
    return field;
  }

  /**
   * The field of a feature.
   *
   * @param feature its number
   * @return index of its field
   */
  public int fieldOf(int feature) {
    return featureFields.get(JAVA_CHAR, (long) feature * Character.BYTES);
  }

  /**
   * The value of a feature.
   *
   * @param feature its number
   * @return the value as the dictionary holds it
   */
  public String value(int feature) {
    return new String(valueBytes(feature), StandardCharsets.UTF_8);
  }

  private byte[] valueBytes(int feature) {
    long begin = offset(feature);
    return bytes.asSlice(begin, offset(feature + 1L) - begin).toArray(JAVA_BYTE);
  }

  private long offset(long feature) {
    return offsets.get(JAVA_LONG, feature * Long.BYTES);
  }

  /**
   * Finds the number of a value. Allocates nothing.
   *
   * @param field index of its field
   * @param utf8 the value as the dictionary holds it, in UTF-8
   * @param length how many bytes of {@code utf8} it is
   * @return its number, or {@link #UNKNOWN}
   */
  public int find(int field, byte[] utf8, int length) {
    long hash = hash(field, utf8, length);
    int mask = (int) (slots.byteSize() / Integer.BYTES) - 1;
    int slot = finish(hash) & mask;
    while (true) {
      int feature = slots.get(JAVA_INT, (long) slot * Integer.BYTES);
      if (feature == EMPTY || holds(feature, field, utf8, length)) {
        return feature;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** The 64-bit hash of a value, before it is narrowed to a slot. */
  static long hash(int field, byte[] utf8, int length) {
    long hash = seed(field);
    for (int i = 0; i < length; i++) {
      hash = mix(hash, utf8[i]);
    }
    return hash;
  }

  private boolean holds(int feature, int field, byte[] utf8, int length) {
    long begin = offset(feature);
    if (fieldOf(feature) != field || offset(feature + 1L) - begin != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes.get(JAVA_BYTE, begin + i) != utf8[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Finds the number of a value; for tools, since it allocates.
   *
   * @param field index of its field
   * @param value the value as the dictionary holds it
   * @return its number, or {@link #UNKNOWN}
   */
  public int find(int field, String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    return find(field, utf8, utf8.length);
  }

  /**
   * How many weights a model would need that gives every pair of values of two different fields a
   * weight of its own, which is what factors replace.
   *
   * @return the sum over pairs of fields of the product of their sizes
   */
  public long freePairwiseWeights() {
    long pairs = 0;
    long before = 0;
    for (int field = 0; field < fields.size(); field++) {
      pairs = Math.addExact(pairs, Math.multiplyExact(before, (long) fieldSizes[field]));
      before += fieldSizes[field];
    }
    return pairs;
  }

  /**
   * Adds fields and dictionary to a file.
   *
   * @param writer the file being made
   */
  public void writeTo(SafetensorsWriter writer) {
    writer.metadata(FIELDS_KEY, Field.format(fields));
    writer.tensor("dictionary.fields", Dtype.U16, featureFields, size);
    writer.tensor("dictionary.offsets", Dtype.I64, offsets, size + 1L);
    writer.tensor("dictionary.bytes", Dtype.U8, bytes, bytes.byteSize());
    writer.tensor("dictionary.slots", Dtype.I32, slots, slots.byteSize() / Integer.BYTES);
  }

  /**
   * Views the fields and the dictionary of an open file, after checking them. A file without {@code
   * dictionary.slots} (another writer need not know the hash) gets its slots computed.
   *
   * @param file the file; it must stay open as long as this is used
   * @return the features
   * @throws MalformedFileException if they are not sound
   */
  public static FeatureSpace readFrom(SafetensorsFile file) throws MalformedFileException {
    List<Field> fields;
    try {
      fields = Field.parse(file.requireMetadata(FIELDS_KEY));
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(
          file.path(), "metadata " + FIELDS_KEY, String.valueOf(e.getMessage()));
    }
    MemorySegment featureFields = file.require("dictionary.fields", Dtype.U16, -1);
    long size = featureFields.byteSize() / Character.BYTES;
    MemorySegment offsets = file.require("dictionary.offsets", Dtype.I64, size + 1);
    MemorySegment bytes = file.require("dictionary.bytes", Dtype.U8, -1);
    if (size > Integer.MAX_VALUE - 8) {
      throw new MalformedFileException(
          file.path(), "tensor dictionary.fields", "has " + size + " features, at most 2^31-9");
    }
    checkValues(file, fields.size(), (int) size, featureFields, offsets, bytes);
    boolean hashed = file.contains("dictionary.slots");
    MemorySegment slots =
        hashed
            ? file.require("dictionary.slots", Dtype.I32, -1)
            : hash(featureFields, offsets, bytes);
    long capacity = slots.byteSize() / Integer.BYTES;
    if (Long.bitCount(capacity) != 1 || capacity <= size || capacity > 1 << 30) {
      throw new MalformedFileException(
          file.path(),
          "tensor dictionary.slots",
          "has " + capacity + " slots, expected a power of two above " + size);
    }
    FeatureSpace space = new FeatureSpace(fields, featureFields, offsets, bytes, slots);
    space.checkSlots(file, (int) capacity);
    return space;
  }

  private static void checkValues(
      SafetensorsFile file,
      int fields,
      int size,
      MemorySegment featureFields,
      MemorySegment offsets,
      MemorySegment bytes)
      throws MalformedFileException {
    for (int feature = 0; feature < size; feature++) {
      int field = featureFields.get(JAVA_CHAR, (long) feature * Character.BYTES);
      if (field >= fields) {
        throw new MalformedFileException(
            file.path(),
            "tensor dictionary.fields",
            "feature " + feature + " is of field " + field + ", expected 0 to " + (fields - 1));
      }
    }
    long previous = 0;
    for (int feature = 0; feature <= size; feature++) {
      long offset = offsets.get(JAVA_LONG, (long) feature * Long.BYTES);
      long lowest = feature == 0 ? 0 : previous;
      long highest = feature == 0 ? 0 : bytes.byteSize();
      if (offset < lowest || offset > highest) {
        throw new MalformedFileException(
            file.path(),
            "tensor dictionary.offsets",
            "entry " + feature + " is " + offset + ", expected " + lowest + " to " + highest);
      }
      previous = offset;
    }
    if (previous != bytes.byteSize()) {
      throw new MalformedFileException(
          file.path(),
          "tensor dictionary.offsets",
          "ends at " + previous + ", expected " + bytes.byteSize());
    }
  }

  /** Every feature is in exactly one slot and is found there, so no look-up can run forever. */
  private void checkSlots(SafetensorsFile file, int capacity) throws MalformedFileException {
    int used = 0;
    for (int slot = 0; slot < capacity; slot++) {
      int feature = slots.get(JAVA_INT, (long) slot * Integer.BYTES);
      if (feature < EMPTY || feature >= size) {
        throw new MalformedFileException(
            file.path(),
            "tensor dictionary.slots",
            "slot " + slot + " holds " + feature + ", expected -1 to " + (size - 1));
      }
      used += feature == EMPTY ? 0 : 1;
    }
    if (used != size) {
      throw new MalformedFileException(
          file.path(), "tensor dictionary.slots", "holds " + used + " features, expected " + size);
    }
    byte[] value = {};
    for (int feature = 0; feature < size; feature++) {
      long begin = offset(feature);
      int length = Math.toIntExact(offset(feature + 1L) - begin);
      if (value.length < length) {
        value = new byte[length];
      }
      MemorySegment.copy(bytes, JAVA_BYTE, begin, value, 0, length);
      int found = find(fieldOf(feature), value, length);
      if (found != feature) {
        throw new MalformedFileException(
            file.path(),
            "dictionary",
            "value \""
                + value(feature)
                + "\" of field "
                + fields.get(fieldOf(feature)).name()
                + " is feature "
                + feature
                + " but is found as "
                + found);
      }
    }
  }
}
