package femto.model;

import static femto.model.FeatureSpace.EMPTY;
import static femto.model.FeatureSpace.UNBOUND;
import static femto.model.FeatureSpace.UNKNOWN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_CHAR;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Features in a file: see {@link FeatureSpace}, and {@code engine/docs/model-file.md}. */
final class FeatureSpaceFile {
  private static final String FIELDS_KEY = "femto.fields";
  private static final String OTHERS_KEY = "femto.others";
  private static final String HASH_KEY = "femto.hash";
  private static final String HASH_PREFIX = "murmur3-32/";

  private FeatureSpaceFile() {}

  /** Of features that have not changed since they were frozen. */
  static void write(FeatureSpace space, SafetensorsWriter writer) {
    writer.metadata(FIELDS_KEY, Field.format(space.fields()));
    if (space.isHashed()) {
      writer.metadata(HASH_KEY, HASH_PREFIX + space.hashBits);
      return;
    }
    if (Arrays.stream(space.others).anyMatch(other -> other != UNKNOWN)) {
      writer.metadata(OTHERS_KEY, Arrays.toString(space.others));
    }
    writer.tensor("dictionary.fields", Dtype.U16, space.featureFields, space.size());
    writer.tensor("dictionary.offsets", Dtype.I64, space.offsets, space.size() + 1L);
    writer.tensor("dictionary.bytes", Dtype.U8, space.bytes, space.bytes.byteSize());
    writer.tensor(
        "dictionary.slots", Dtype.I32, space.slots, space.slots.byteSize() / Integer.BYTES);
  }

  /** Views the features of an open file, after checking them. */
  static FeatureSpace read(SafetensorsFile file) throws MalformedFileException {
    List<Field> fields;
    try {
      fields = Field.parse(file.requireMetadata(FIELDS_KEY));
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(
          file.path(), "metadata " + FIELDS_KEY, String.valueOf(e.getMessage()));
    }
    String hash = file.metadata().get(HASH_KEY);
    if (hash != null) {
      return readHashed(file, fields, hash);
    }
    int[] others = readOthers(file, fields);
    MemorySegment featureFields = file.require("dictionary.fields", Dtype.U16, -1);
    long size = featureFields.byteSize() / Character.BYTES;
    MemorySegment offsets = file.require("dictionary.offsets", Dtype.I64, size + 1);
    MemorySegment bytes = file.require("dictionary.bytes", Dtype.U8, -1);
    if (size > Integer.MAX_VALUE - 8) {
      throw new MalformedFileException(
          file.path(), "tensor dictionary.fields", "has " + size + " features, at most 2^31-9");
    }
    checkValues(file, fields.size(), (int) size, featureFields, offsets, bytes);
    checkOthers(file, others, featureFields, offsets);
    boolean hashed = file.contains("dictionary.slots");
    MemorySegment slots =
        hashed
            ? file.require("dictionary.slots", Dtype.I32, -1)
            : FeatureSpace.hash(featureFields, offsets, bytes, others);
    long capacity = slots.byteSize() / Integer.BYTES;
    if (Long.bitCount(capacity) != 1 || capacity <= size || capacity > 1 << 30) {
      throw new MalformedFileException(
          file.path(),
          "tensor dictionary.slots",
          "has " + capacity + " slots, expected a power of two above " + size);
    }
    FeatureSpace space = new FeatureSpace(fields, featureFields, offsets, bytes, slots, others);
    checkSlots(file, space, (int) capacity);
    return space;
  }

  private static FeatureSpace readHashed(SafetensorsFile file, List<Field> fields, String hash)
      throws MalformedFileException {
    for (int bits = 1; bits <= FeatureSpace.MAX_HASH_BITS; bits++) {
      if (hash.equals(HASH_PREFIX + bits)) {
        return FeatureSpace.hashed(fields, bits);
      }
    }
    throw new MalformedFileException(
        file.path(),
        "metadata " + HASH_KEY,
        "is "
            + hash
            + ", expected "
            + HASH_PREFIX
            + "1 to "
            + HASH_PREFIX
            + FeatureSpace.MAX_HASH_BITS);
  }

  private static int[] readOthers(SafetensorsFile file, List<Field> fields)
      throws MalformedFileException {
    String text = file.metadata().get(OTHERS_KEY);
    if (text == null) {
      return FeatureSpace.noOthers(fields);
    }
    try {
      int[] others =
          Pattern.compile(", ")
              .splitAsStream(text.substring(1, text.length() - 1))
              .mapToInt(Integer::parseInt)
              .toArray();
      if (others.length == fields.size() && Arrays.toString(others).equals(text)) {
        return others;
      }
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      // said below
    }
    throw new MalformedFileException(
        file.path(),
        "metadata " + OTHERS_KEY,
        "is " + text + ", expected a feature or -1 for each of " + fields.size() + " fields");
  }

  private static void checkOthers(
      SafetensorsFile file, int[] others, MemorySegment featureFields, MemorySegment offsets)
      throws MalformedFileException {
    long size = featureFields.byteSize() / Character.BYTES;
    for (int field = 0; field < others.length; field++) {
      long feature = others[field];
      if (feature == UNKNOWN) {
        continue;
      }
      boolean sound =
          feature >= 0
              && feature < size
              && featureFields.get(JAVA_CHAR, feature * Character.BYTES) == field
              && offsets.get(JAVA_LONG, feature * Long.BYTES)
                  == offsets.get(JAVA_LONG, (feature + 1) * Long.BYTES);
      if (!sound) {
        throw new MalformedFileException(
            file.path(),
            "metadata " + OTHERS_KEY,
            "names feature "
                + feature
                + " for field "
                + field
                + ", expected one of that field with an empty value");
      }
    }
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
      if (field >= fields && field != UNBOUND) {
        throw new MalformedFileException(
            file.path(),
            "tensor dictionary.fields",
            "feature "
                + feature
                + " is of field "
                + field
                + ", expected 0 to "
                + (fields - 1)
                + ", or 65535 for none");
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

  /** Every bound feature is in exactly one slot and is found there: no look-up can run forever. */
  private static void checkSlots(SafetensorsFile file, FeatureSpace space, int capacity)
      throws MalformedFileException {
    int size = space.size();
    int used = 0;
    for (int slot = 0; slot < capacity; slot++) {
      int feature = space.slots.get(JAVA_INT, (long) slot * Integer.BYTES);
      if (feature < EMPTY || feature >= size) {
        throw new MalformedFileException(
            file.path(),
            "tensor dictionary.slots",
            "slot " + slot + " holds " + feature + ", expected -1 to " + (size - 1));
      }
      used += feature == EMPTY ? 0 : 1;
    }
    int findable = 0;
    for (int feature = 0; feature < size; feature++) {
      findable += space.isBound(feature) && !space.isOther(feature) ? 1 : 0;
    }
    if (used != findable) {
      throw new MalformedFileException(
          file.path(),
          "tensor dictionary.slots",
          "holds " + used + " features, expected " + findable);
    }
    byte[] value = {};
    for (int feature = 0; feature < size; feature++) {
      if (!space.isBound(feature) || space.isOther(feature)) {
        continue;
      }
      long begin = space.offset(feature);
      int length = Math.toIntExact(space.offset(feature + 1L) - begin);
      if (value.length < length) {
        value = new byte[length];
      }
      MemorySegment.copy(space.bytes, JAVA_BYTE, begin, value, 0, length);
      int found = space.find(space.fieldOf(feature), value, length);
      if (found != feature) {
        throw new MalformedFileException(
            file.path(),
            "dictionary",
            "value \""
                + space.value(feature)
                + "\" of field "
                + space.fields().get(space.fieldOf(feature)).name()
                + " is feature "
                + feature
                + " but is found as "
                + found);
      }
    }
  }
}
