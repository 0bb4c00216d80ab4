package femto.model;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_CHAR;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.memory.Slab;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The features: every value of every field has one number, 0 to {@link #size()} - 1, which is its
 * row in the weights. A frozen hash table finds the number of a raw value.
 *
 * <p>Features may be kept for values to come: they have no field and no value until they are
 * <em>bound</em>. {@link #with} gives the features as they are after such changes, and leaves this
 * as it is.
 *
 * <p>Instead of a dictionary there may be a hash ({@link #hashed}).
 *
 * <p>Immutable and safe to share, but for {@link #with}, which is for one writer. It may be a view
 * over an open file, whose owner closes it. Looking up bytes ({@link #find(int, byte[], int)})
 * allocates nothing.
 *
 * <pre>
 *   dictionary.fields   U16 [n]      field of a feature, 65535 for one without a value
 *   dictionary.offsets  I64 [n + 1]  where a feature's value begins in dictionary.bytes
 *   dictionary.bytes    U8  [m]      all values, UTF-8, one after the other
 *   dictionary.slots    I32 [2^j]    open addressing, linear probing; -1 is empty
 * </pre>
 */
public final class FeatureSpace implements FeatureIndex {
  /** Answer of the look-ups for a value that is not in the dictionary. */
  public static final int UNKNOWN = -1;

  static final int EMPTY = -1;

  /** Most values of {@link #of}: the table that finds them has 2^30 slots at most. */
  private static final int MAX_SIZE = 1 << 29;

  /** Most bits that a hash may keep. */
  public static final int MAX_HASH_BITS = 28;

  /** What the file has in place of the field of a feature without a value. */
  static final char UNBOUND = Character.MAX_VALUE;

  private final List<Field> fields;
  private final Map<String, Integer> fieldIndexes;
  final MemorySegment featureFields;
  final MemorySegment offsets;
  final MemorySegment bytes;
  final MemorySegment slots;
  private final int size;
  private final int[] fieldSizes;

  /** By field, the feature of all values without one of their own, or UNKNOWN. */
  final int[] others;

  /** What has changed since the dictionary was frozen, of which this sees the first entries. */
  private final @Nullable FeatureLog log;

  /** How many bits of its hash are the feature of a value; 0 where there is a dictionary. */
  final int hashBits;

  private final int logged;

  /** As {@link #checksum} says; 0 before somebody has asked. */
  private volatile long checksum;

  FeatureSpace(
      List<Field> fields,
      MemorySegment featureFields,
      MemorySegment offsets,
      MemorySegment bytes,
      MemorySegment slots,
      int[] others) {
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
    this.others = others;
    this.hashBits = 0;
    this.log = null;
    this.logged = 0;
    this.fieldSizes = new int[fields.size()];
    for (int feature = 0; feature < size; feature++) {
      int field = frozenFieldOf(feature);
      if (field != UNKNOWN) {
        fieldSizes[field]++;
      }
    }
  }

  /** Features that are hashes. */
  private FeatureSpace(List<Field> fields, int hashBits) {
    this.fields = List.copyOf(fields);
    this.fieldIndexes = new LinkedHashMap<>();
    for (int field = 0; field < fields.size(); field++) {
      fieldIndexes.put(fields.get(field).name(), field);
    }
    this.featureFields = MemorySegment.NULL;
    this.offsets = MemorySegment.NULL;
    this.bytes = MemorySegment.NULL;
    this.slots = MemorySegment.NULL;
    this.size = 1 << hashBits;
    this.fieldSizes = new int[fields.size()];
    this.others = noOthers(fields);
    this.hashBits = hashBits;
    this.log = null;
    this.logged = 0;
  }

  /**
   * Features without a dictionary: that of a value is the low bits of a hash of it, the 32-bit
   * MurmurHash3 of its UTF-8 with the number of its field as the seed. Every value has a feature,
   * and may share it with others ("The hashing trick", Weinberger et al., ICML 2009). No feature
   * has a value or a field of its own, nor can be bound.
   *
   * @param fields the fields, of different names
   * @param bits how many bits, 1 to {@value #MAX_HASH_BITS}; there are 2^bits features
   * @return the features
   * @throws IllegalArgumentException if bits is out of range
   */
  public static FeatureSpace hashed(List<Field> fields, int bits) {
    if (bits < 1 || bits > MAX_HASH_BITS) {
      throw new IllegalArgumentException("bits=" + bits + ", expected 1 to " + MAX_HASH_BITS);
    }
    return new FeatureSpace(Field.parse(Field.format(fields)), bits);
  }

  /**
   * Whether features are hashes of values.
   *
   * @return false if there is a dictionary
   */
  public boolean isHashed() {
    return hashBits > 0;
  }

  /** The same dictionary and its changes so far. */
  private FeatureSpace(FeatureSpace frozen, FeatureLog log, int[] fieldSizes, long checksum) {
    this.fields = frozen.fields;
    this.fieldIndexes = frozen.fieldIndexes;
    this.featureFields = frozen.featureFields;
    this.offsets = frozen.offsets;
    this.bytes = frozen.bytes;
    this.slots = frozen.slots;
    this.size = frozen.size;
    this.others = frozen.others;
    this.fieldSizes = fieldSizes;
    this.hashBits = 0;
    this.log = log;
    this.logged = log.size();
    this.checksum = checksum;
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
      return freeze(fields, featureFields, utf8, noOthers(fields));
    }
  }

  /**
   * Collects which feature is which value's and freezes that. Features that are not bound have no
   * value yet.
   */
  public static final class Rows {
    private final List<Field> fields;
    private final List<Integer> featureFields;
    private final List<byte[]> values;
    final int[] others;

    /**
     * Starts with no values.
     *
     * @param fields the fields, of different names
     * @param size number of features, 0 or more
     */
    public Rows(List<Field> fields, int size) {
      this.fields = Field.parse(Field.format(fields));
      this.featureFields = new ArrayList<>(Collections.nCopies(size, (int) UNBOUND));
      this.values = new ArrayList<>(Collections.nCopies(size, new byte[0]));
      this.others = noOthers(fields);
    }

    /**
     * Gives a feature its value.
     *
     * @param feature its number
     * @param field index of the field
     * @param value the value as the dictionary shall hold it, which no other feature of this field
     *     has
     * @return this
     */
    public Rows bind(int feature, int field, String value) {
      return bind(feature, field, value.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Gives a feature its value.
     *
     * @param feature its number
     * @param field index of the field
     * @param utf8 the value as the dictionary shall hold it, in UTF-8, which no other feature of
     *     this field has; not copied
     * @return this
     */
    public Rows bind(int feature, int field, byte[] utf8) {
      featureFields.set(feature, Objects.checkIndex(field, fields.size()));
      values.set(feature, utf8);
      return this;
    }

    /**
     * Has a feature stand for all values of a field that have none of their own. Nobody finds it by
     * a value.
     *
     * @param field index of the field
     * @param feature its number
     * @return this
     */
    public Rows others(int field, int feature) {
      others[field] = feature;
      return bind(feature, field, new byte[0]);
    }

    /**
     * Freezes what was collected.
     *
     * @return the features
     * @throws IllegalArgumentException if two features have the same value
     */
    public FeatureSpace build() {
      FeatureSpace space = freeze(fields, featureFields, values, others);
      space.requireFound();
      return space;
    }
  }

  /**
   * Freezes values that somebody can name one by one, of which there may be many.
   *
   * @param fields the fields, of different names
   * @param sizes number of values of each field; features are numbered field by field
   * @param valueOf gives the value of a feature by its number, as the dictionary shall hold it, in
   *     UTF-8; asked for twice
   * @return the features
   * @throws IllegalArgumentException if there are not as many sizes as fields, too many features,
   *     or two features of a field have the same value
   */
  public static FeatureSpace of(List<Field> fields, int[] sizes, IntFunction<byte[]> valueOf) {
    if (sizes.length != fields.size()) {
      throw new IllegalArgumentException(
          "sizes of " + sizes.length + " fields, expected " + fields.size());
    }
    int[] ends = new int[sizes.length];
    int end = 0;
    for (int field = 0; field < sizes.length; field++) {
      if (sizes[field] < 0 || sizes[field] > MAX_SIZE - end) {
        throw new IllegalArgumentException(
            sizes[field] + " values of field " + field + ", expected 0 to " + (MAX_SIZE - end));
      }
      end += sizes[field];
      ends[field] = end;
    }
    List<Field> checked = Field.parse(Field.format(fields));
    FeatureSpace space =
        freeze(checked, end, feature -> fieldAt(ends, feature), valueOf, noOthers(checked));
    space.requireFound();
    return space;
  }

  /** The first field that ends beyond a feature. */
  private static int fieldAt(int[] ends, int feature) {
    int field = Arrays.binarySearch(ends, feature);
    int next = field < 0 ? -field - 1 : field + 1;
    while (ends[next] <= feature) {
      next++; // of no values
    }
    return next;
  }

  static int[] noOthers(List<Field> fields) {
    int[] others = new int[fields.size()];
    Arrays.fill(others, UNKNOWN);
    return others;
  }

  private void requireFound() {
    for (int feature = 0; feature < size; feature++) {
      byte[] value = valueBytes(feature);
      int found = isBound(feature) ? find(fieldOf(feature), value, value.length) : feature;
      if (found != feature && !isOther(feature)) {
        throw new IllegalArgumentException(
            "features " + found + " and " + feature + " are both " + describe(feature));
      }
    }
  }

  private String describe(int feature) {
    return fields.get(fieldOf(feature)).name() + "=" + value(feature);
  }

  private static FeatureSpace freeze(
      List<Field> fields, List<Integer> featureFields, List<byte[]> values, int[] others) {
    return freeze(fields, values.size(), featureFields::get, values::get, others);
  }

  /** Asks for each value twice, so that they need not all be there at once. */
  private static FeatureSpace freeze(
      List<Field> fields,
      int size,
      IntUnaryOperator fieldOf,
      IntFunction<byte[]> valueOf,
      int[] others) {
    if (fields.size() > UNBOUND) {
      throw new IllegalArgumentException(
          fields.size() + " fields, expected at most " + (int) UNBOUND);
    }
    MemorySegment featureFields = own((long) size * Character.BYTES);
    MemorySegment offsets = own((size + 1L) * Long.BYTES);
    long end = 0;
    for (int feature = 0; feature < size; feature++) {
      featureFields.set(
          JAVA_CHAR, (long) feature * Character.BYTES, (char) fieldOf.applyAsInt(feature));
      end += valueOf.apply(feature).length;
      offsets.set(JAVA_LONG, (feature + 1L) * Long.BYTES, end);
    }
    MemorySegment bytes = own(end);
    for (int feature = 0; feature < size; feature++) {
      byte[] value = valueOf.apply(feature);
      long begin = offsets.get(JAVA_LONG, (long) feature * Long.BYTES);
      MemorySegment.copy(value, 0, bytes, JAVA_BYTE, begin, value.length);
    }
    MemorySegment slots = hash(featureFields, offsets, bytes, others);
    return new FeatureSpace(
        fields,
        featureFields.asReadOnly(),
        offsets.asReadOnly(),
        bytes.asReadOnly(),
        slots,
        others);
  }

  private static MemorySegment own(long bytes) {
    return Arena.ofAuto().allocate(bytes, Slab.ALIGNMENT);
  }

  static MemorySegment hash(
      MemorySegment featureFields, MemorySegment offsets, MemorySegment bytes, int[] others) {
    int size = (int) (featureFields.byteSize() / Character.BYTES);
    // At most half full: a probe then touches 1.5 slots on average, 2.5 for an unknown value.
    int capacity = Integer.highestOneBit(Math.max(1, Math.min(size, 1 << 28))) << 2;
    MemorySegment slots = own((long) capacity * Integer.BYTES);
    slots.fill((byte) EMPTY);
    for (int feature = 0; feature < size; feature++) {
      long begin = offsets.get(JAVA_LONG, (long) feature * Long.BYTES);
      long end = offsets.get(JAVA_LONG, (feature + 1L) * Long.BYTES);
      char field = featureFields.get(JAVA_CHAR, (long) feature * Character.BYTES);
      if (field == UNBOUND || others[field] == feature) {
        continue;
      }
      long hash = seed(field);
      for (long at = begin; at < end; at++) {
        hash = mix(hash, bytes.get(JAVA_BYTE, at));
      }
      int slot = finish(hash) & (capacity - 1);
      while (slots.getAtIndex(JAVA_INT, slot) != EMPTY) {
        slot = (slot + 1) & (capacity - 1);
      }
      slots.setAtIndex(JAVA_INT, slot, feature);
    }
    return slots.asReadOnly();
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
   * @throws IllegalArgumentException if there is no field of a name, or it is named twice, or
   *     features are hashes
   */
  public FeatureSpace subset(List<String> kept, IntPredicate keep) {
    if (isHashed()) {
      throw new IllegalArgumentException("features that are hashes have no subset");
    }
    List<Field> keptFields = new ArrayList<>();
    int[] newField = new int[fields.size()];
    Arrays.fill(newField, -1);
    for (String name : kept) {
      int field = requireField(name);
      if (newField[field] >= 0) {
        throw new IllegalArgumentException("field " + name + " is named twice");
      }
      newField[field] = keptFields.size();
      keptFields.add(fields.get(field));
    }
    int[] old = new int[size];
    int count = 0;
    for (int feature = 0; feature < size; feature++) {
      if (newField[fieldOf(feature)] >= 0 && keep.test(feature)) {
        old[count++] = feature;
      }
    }
    return freeze(
        keptFields,
        count,
        feature -> newField[fieldOf(old[feature])],
        feature -> valueBytes(old[feature]),
        noOthers(keptFields));
  }

  /**
   * The same features on memory of their own, which no file's closing takes away.
   *
   * @return the copy
   */
  public FeatureSpace copy() {
    if (isHashed()) {
      return this;
    }
    FeatureSpace frozen = frozen();
    return new FeatureSpace(
        fields,
        ownCopy(frozen.featureFields),
        ownCopy(frozen.offsets),
        ownCopy(frozen.bytes),
        ownCopy(frozen.slots),
        others);
  }

  /** The same with all changes in the dictionary itself. */
  private FeatureSpace frozen() {
    if (log == null) {
      return this;
    }
    List<Integer> featureFields = new ArrayList<>(size);
    List<byte[]> values = new ArrayList<>(size);
    for (int feature = 0; feature < size; feature++) {
      int field = fieldOf(feature);
      featureFields.add(field == UNKNOWN ? UNBOUND : field);
      values.add(valueBytes(feature));
    }
    return freeze(fields, featureFields, values, others);
  }

  /**
   * A change: which value a feature is from then on.
   *
   * @param feature its number
   * @param field index of the field, or {@link #UNKNOWN} if it has no value
   * @param value the value as the dictionary shall hold it; empty if it has none
   */
  public record Binding(int feature, int field, String value) {
    /**
     * That a feature has no value any more.
     *
     * @param feature its number
     * @return the change
     */
    public static Binding none(int feature) {
      return new Binding(feature, UNKNOWN, "");
    }
  }

  /**
   * The features after changes, which happen at once. Who has this goes on seeing what it sees.
   * What was changed in the meantime, by a call on this or on what one returned, is not in the
   * result, and costs time to be taken back. For one writer: nobody else calls it, on this or on
   * any features that came from the same dictionary.
   *
   * <p>The changes and what was before them take memory, some 80 bytes each and their values, until
   * a new dictionary is frozen ({@link #copy} does).
   *
   * @param changes the changes, of different features
   * @return the features with them
   * @throws IllegalArgumentException if there is no such feature or field, two features would have
   *     the same value, or a feature that stands for many values is to get one; nothing has changed
   */
  public FeatureSpace with(Collection<Binding> changes) {
    if (changes.isEmpty()) {
      return this;
    }
    String problem = problem(changes);
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
    FeatureLog entries = log == null ? new FeatureLog(size) : log;
    int[] sizes = fieldSizes.clone();
    long sum = checksum();
    takeBack(entries);
    for (Binding change : changes) {
      int former = fieldOf(change.feature());
      sum -= hashOf(change.feature());
      if (former != UNKNOWN) {
        sizes[former]--;
      }
      int field = change.field();
      if (field == UNKNOWN) {
        entries.append(change.feature(), field, null, 0);
      } else {
        byte[] utf8 = change.value().getBytes(StandardCharsets.UTF_8);
        entries.append(change.feature(), field, utf8, slotHash(field, utf8, utf8.length));
        sizes[field]++;
        sum += hashOf(change.feature(), field, utf8);
      }
    }
    return new FeatureSpace(this, entries, sizes, sum);
  }

  /** Appends for each feature that has been changed since this was made what it is in this. */
  private void takeBack(FeatureLog entries) {
    int end = entries.size();
    for (int entry = logged; entry < end; entry++) {
      int feature = entries.feature(entry);
      if (entries.entryOf(feature, end) == entry) { // once each
        int field = fieldOf(feature);
        byte[] value = field == UNKNOWN ? null : valueBytes(feature);
        int hash = value == null ? 0 : slotHash(field, value, value.length);
        entries.append(feature, field, value, hash);
      }
    }
  }

  /**
   * What is wrong with changes.
   *
   * @param changes as for {@link #with}
   * @return the problem, or null if there is none
   */
  public @Nullable String problem(Collection<Binding> changes) {
    if (isHashed() && !changes.isEmpty()) {
      return "features are to be bound, but these are hashes of values";
    }
    Map<Integer, Binding> ofFeature = new HashMap<>();
    Map<Binding, Integer> ofValue = new HashMap<>();
    for (Binding change : changes) {
      int feature = change.feature();
      if (feature < 0 || feature >= size) {
        return "feature " + feature + " is to be bound, expected 0 to " + (size - 1);
      }
      if (ofFeature.put(feature, change) != null) {
        return "feature " + feature + " is to be bound twice";
      }
      if (isOther(feature)) {
        return "feature " + feature + " stands for all other values of its field";
      }
      if (change.field() == UNKNOWN) {
        continue;
      }
      if (change.field() < 0 || change.field() >= fields.size()) {
        return "feature "
            + feature
            + " is to be of field "
            + change.field()
            + ", expected 0 to "
            + (fields.size() - 1);
      }
      Integer twin = ofValue.put(new Binding(0, change.field(), change.value()), feature);
      if (twin != null) {
        return "features " + twin + " and " + feature + " are both to be " + describe(change);
      }
    }
    for (Binding change : changes) {
      int holder = change.field() == UNKNOWN ? UNKNOWN : find(change.field(), change.value());
      if (holder != UNKNOWN && !ofFeature.containsKey(holder)) {
        return "feature "
            + change.feature()
            + " is to be "
            + describe(change)
            + ", which is feature "
            + holder;
      }
    }
    return null;
  }

  /**
   * A sum over the features of a hash of which value each is: that of the same features is the same
   * however they came to be. The first call takes time, unless this came from {@link #with}.
   *
   * @return the sum
   */
  public long checksum() {
    long sum = checksum;
    if (sum == 0) {
      for (int feature = 0; feature < (isHashed() ? 0 : size); feature++) {
        sum += hashOf(feature);
      }
      checksum = sum;
    }
    return sum;
  }

  private long hashOf(int feature) {
    int field = fieldOf(feature);
    return field == UNKNOWN ? 0 : hashOf(feature, field, valueBytes(feature));
  }

  private static long hashOf(int feature, int field, byte[] utf8) {
    long hash = (hash(field, utf8, utf8.length) + feature) * 0xd6e8feb86659fd93L;
    return hash ^ (hash >>> 32);
  }

  private String describe(Binding change) {
    return fields.get(change.field()).name() + "=" + change.value();
  }

  boolean isOther(int feature) {
    int field = frozenFieldOf(feature);
    return field != UNKNOWN && others[field] == feature;
  }

  /**
   * The feature that stands for all values of a field that have none of their own.
   *
   * @param field index of the field
   * @return its number, or {@link #UNKNOWN} if there is none; its own value is the empty text, by
   *     which it is not found
   */
  @Override
  public int others(int field) {
    return others[field];
  }

  /**
   * Whether a feature has a value.
   *
   * @param feature its number
   * @return false for one that is kept for a value to come
   */
  public boolean isBound(int feature) {
    return fieldOf(feature) != UNKNOWN;
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
   * How much memory the dictionary takes outside of the heap, changes not counted.
   *
   * @return bytes; 0 where features are hashes
   */
  public long memoryBytes() {
    return featureFields.byteSize() + offsets.byteSize() + bytes.byteSize() + slots.byteSize();
  }

  /**
   * The fields.
   *
   * @return immutable list
   */
  @Override
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

  @Override
  public int requireField(String name) {
    int field = fieldIndex(name); // by a table: an encoder asks this for each value
    return field == UNKNOWN ? FeatureIndex.super.requireField(name) : field;
  }

  /**
   * The field of a feature.
   *
   * @param feature its number
   * @return index of its field, or {@link #UNKNOWN} if it has no value
   */
  public int fieldOf(int feature) {
    if (isHashed()) {
      return UNKNOWN;
    }
    if (log != null) {
      int entry = log.entryOf(feature, logged);
      if (entry != FeatureLog.NONE) {
        return log.field(entry);
      }
    }
    return frozenFieldOf(feature);
  }

  private int frozenFieldOf(int feature) {
    char field = featureFields.get(JAVA_CHAR, (long) feature * Character.BYTES);
    return field == UNBOUND ? UNKNOWN : field;
  }

  /**
   * The value of a feature.
   *
   * @param feature its number
   * @return the value as the dictionary holds it; empty if it has none
   */
  public String value(int feature) {
    return new String(valueBytes(feature), StandardCharsets.UTF_8);
  }

  private byte[] valueBytes(int feature) {
    if (isHashed()) {
      return new byte[0];
    }
    if (log != null) {
      int entry = log.entryOf(feature, logged);
      if (entry != FeatureLog.NONE) {
        byte[] value = log.value(entry);
        return value == null ? new byte[0] : value;
      }
    }
    long begin = offset(feature);
    return bytes.asSlice(begin, offset(feature + 1L) - begin).toArray(JAVA_BYTE);
  }

  long offset(long feature) {
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
  @Override
  public int find(int field, byte[] utf8, int length) {
    if (isHashed()) {
      return Murmur3.hash(field, utf8, length) & (size - 1);
    }
    int hash = slotHash(field, utf8, length);
    if (log == null) {
      return findFrozen(hash, field, utf8, length);
    }
    int entry = log.entryOf(hash, field, utf8, length, logged);
    int feature =
        entry == FeatureLog.NONE ? findFrozen(hash, field, utf8, length) : log.feature(entry);
    // That it was bound to it is not enough: it may have been given to another value since.
    return feature != UNKNOWN && log.entryOf(feature, logged) == entry ? feature : UNKNOWN;
  }

  private int findFrozen(int hash, int field, byte[] utf8, int length) {
    int mask = (int) (slots.byteSize() / Integer.BYTES) - 1;
    int slot = hash & mask;
    while (true) {
      int feature = slots.get(JAVA_INT, (long) slot * Integer.BYTES);
      if (feature == EMPTY || holds(feature, field, utf8, length)) {
        return feature;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** The hash of a value, of which the low bits are its slot. */
  static int slotHash(int field, byte[] utf8, int length) {
    return finish(hash(field, utf8, length));
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
    if (frozenFieldOf(feature) != field || offset(feature + 1L) - begin != length) {
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
    FeatureSpaceFile.write(frozen(), writer);
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
    return FeatureSpaceFile.read(file);
  }
}
