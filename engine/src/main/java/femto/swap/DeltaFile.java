package femto.swap;

import static java.lang.foreign.ValueLayout.JAVA_CHAR;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.model.FeatureSpace;
import femto.model.FeatureSpace.Binding;
import femto.swap.Delta.CandidateChange;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What changes from one version of a directory to the next, in a file; {@code
 * engine/docs/version-directory.md} is the specification. What does not change is not there.
 *
 * <pre>
 *   bias               F32 []      w0
 *   weights.features   I32 [n]     features whose weights change, ascending
 *   weights.linear     F32 [n]     their linear weights
 *   weights.factors    F32 [n, k]  their factors
 *   bindings.features  I32 [b]     features that get or lose their value, ascending
 *   bindings.fields    U16 [b]     the field of each, 65535 for one that has no value any more
 *   bindings.offsets   I32 [b + 1] where each value begins in
 *   bindings.bytes     U8  [v]     all values, UTF-8, one after the other
 *   put.offsets        I32 [c + 1] where the features of each candidate begin in
 *   put.features       I32 [e]     features of all candidates that are put
 *   put.weights        F32 [e]     their weights
 *   put.ids            I64 [c]     ids that are longs, ascending, or
 *   put.id_offsets     I32 [c + 1] where each id begins in
 *   put.id_bytes       U8  [m]     all ids, ascending, UTF-8, one after the other
 *   removed.ids, removed.id_offsets, removed.id_bytes   the same of candidates that are removed
 * </pre>
 */
final class DeltaFile {
  private static final String SCHEMA_KEY = "femto.schema";
  private static final String SCHEMA = "femto-delta/1";
  private static final String FACTORS_KEY = "femto.factors";
  private static final String BASE_KEY = "femto.version.base";
  private static final String PREVIOUS_KEY = "femto.version.previous";

  private static final String BIAS = "bias";
  private static final String WEIGHTS = "weights.";
  private static final String BINDINGS = "bindings.";
  private static final String PUT = "put.";
  private static final String REMOVED = "removed.";
  private static final int NO_FIELD = 65_535;

  private DeltaFile() {}

  /**
   * Where a delta stands.
   *
   * @param stamp of the version that it makes
   * @param base number of the last version in full before it
   * @param previous checksum of the version of the number before, which it changes
   */
  record Link(VersionStamp stamp, long base, long previous) {}

  /** What a file holds. */
  record Content(Link link, Delta delta) {}

  // ---- Writing ----

  /**
   * Writes changes: to a temporary name, synced, renamed. The same changes in the same place give
   * the same bytes.
   *
   * @throws IOException if writing fails
   */
  static void write(Link link, Changes changes, int factors, Path path) throws IOException {
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata(SCHEMA_KEY, SCHEMA)
            .metadata(FACTORS_KEY, Integer.toString(factors))
            .metadata(BASE_KEY, Long.toString(link.base()))
            .metadata(PREVIOUS_KEY, VersionStamp.hex(link.previous()));
    link.stamp().addTo(writer);
    Float bias = changes.bias();
    if (bias != null) {
      writer.tensor(BIAS, Dtype.F32, MemorySegment.ofArray(new float[] {bias}));
    }
    addWeights(writer, changes.weights(), factors);
    addBindings(writer, new TreeMap<>(changes.bindings()));
    Map<Object, FeatureRow> put = new TreeMap<>();
    List<Object> removed = new ArrayList<>();
    for (Map.Entry<Object, CandidateChange> change : changes.candidates().entrySet()) {
      FeatureRow row = change.getValue().row();
      if (row == null) {
        removed.add(change.getKey());
      } else {
        put.put(change.getKey(), row);
      }
    }
    removed.sort(null);
    addPut(writer, put);
    addIds(writer, REMOVED, removed);
    writer.write(path);
  }

  private static void addWeights(SafetensorsWriter writer, WeightRows rows, int factors) {
    if (rows.isEmpty()) {
      return;
    }
    int count = rows.size();
    int[] features = new int[count];
    float[] linear = new float[count];
    float[] all = new float[Math.multiplyExact(count, factors)];
    for (int i = 0; i < count; i++) {
      features[i] = rows.feature(i);
      linear[i] = rows.numbers()[rows.at(i)];
      System.arraycopy(rows.numbers(), rows.at(i) + 1, all, i * factors, factors);
    }
    writer.tensor(WEIGHTS + "features", Dtype.I32, MemorySegment.ofArray(features), count);
    writer.tensor(WEIGHTS + "linear", Dtype.F32, MemorySegment.ofArray(linear), count);
    if (factors > 0) {
      writer.tensor(WEIGHTS + "factors", Dtype.F32, MemorySegment.ofArray(all), count, factors);
    }
  }

  private static void addBindings(SafetensorsWriter writer, Map<Integer, Binding> bindings) {
    if (bindings.isEmpty()) {
      return;
    }
    int count = bindings.size();
    char[] fields = new char[count];
    List<byte[]> values = new ArrayList<>(count);
    for (Binding binding : bindings.values()) {
      boolean none = binding.field() == FeatureSpace.UNKNOWN;
      fields[values.size()] = (char) (none ? NO_FIELD : binding.field());
      values.add(binding.value().getBytes(StandardCharsets.UTF_8));
    }
    writer.tensor(BINDINGS + "features", Dtype.I32, ints(bindings.keySet()), count);
    writer.tensor(BINDINGS + "fields", Dtype.U16, MemorySegment.ofArray(fields), count);
    addTexts(writer, BINDINGS + "offsets", BINDINGS + "bytes", values);
  }

  private static void addPut(SafetensorsWriter writer, Map<Object, FeatureRow> put) {
    if (put.isEmpty()) {
      return;
    }
    int[] offsets = new int[put.size() + 1];
    int at = 0;
    for (FeatureRow row : put.values()) {
      offsets[at + 1] = Math.addExact(offsets[at], row.features().length);
      at++;
    }
    int entries = offsets[at];
    int[] features = new int[entries];
    float[] weights = new float[entries];
    at = 0;
    for (FeatureRow row : put.values()) {
      System.arraycopy(row.features(), 0, features, offsets[at], row.features().length);
      System.arraycopy(row.weights(), 0, weights, offsets[at], row.weights().length);
      at++;
    }
    writer.tensor(PUT + "offsets", Dtype.I32, MemorySegment.ofArray(offsets), offsets.length);
    writer.tensor(PUT + "features", Dtype.I32, MemorySegment.ofArray(features), entries);
    writer.tensor(PUT + "weights", Dtype.F32, MemorySegment.ofArray(weights), entries);
    addIds(writer, PUT, put.keySet());
  }

  private static void addIds(
      SafetensorsWriter writer, String group, java.util.Collection<Object> ids) {
    if (ids.isEmpty()) {
      return;
    }
    if (ids.iterator().next() instanceof Long) {
      long[] longs = ids.stream().mapToLong(id -> (Long) id).toArray();
      writer.tensor(group + "ids", Dtype.I64, MemorySegment.ofArray(longs), longs.length);
      return;
    }
    List<byte[]> texts = new ArrayList<>(ids.size());
    ids.forEach(id -> texts.add(((String) id).getBytes(StandardCharsets.UTF_8)));
    addTexts(writer, group + "id_offsets", group + "id_bytes", texts);
  }

  private static void addTexts(
      SafetensorsWriter writer, String offsetsName, String bytesName, List<byte[]> texts) {
    int[] offsets = new int[texts.size() + 1];
    for (int i = 0; i < texts.size(); i++) {
      offsets[i + 1] = Math.addExact(offsets[i], texts.get(i).length);
    }
    byte[] bytes = new byte[offsets[texts.size()]];
    for (int i = 0; i < texts.size(); i++) {
      System.arraycopy(texts.get(i), 0, bytes, offsets[i], texts.get(i).length);
    }
    writer.tensor(offsetsName, Dtype.I32, MemorySegment.ofArray(offsets), offsets.length);
    writer.tensor(bytesName, Dtype.U8, MemorySegment.ofArray(bytes), bytes.length);
  }

  private static MemorySegment ints(java.util.Collection<Integer> numbers) {
    return MemorySegment.ofArray(numbers.stream().mapToInt(Integer::intValue).toArray());
  }

  // ---- Reading ----

  /**
   * Reads a delta. Whether it suits a version is for whoever publishes it to find out.
   *
   * @throws MalformedFileException if the file is not whole and sound
   * @throws IOException if it cannot be read
   */
  static Content read(Path path) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.read(path)) {
      String schema = file.requireMetadata(SCHEMA_KEY);
      if (!schema.equals(SCHEMA)) {
        throw malformed(
            file, "metadata " + SCHEMA_KEY, "is \"" + schema + "\", expected \"" + SCHEMA + "\"");
      }
      if (!file.isChecksummed()) {
        throw malformed(file, "header", "has no checksum, expected one");
      }
      Link link =
          new Link(
              VersionStamp.readFrom(file),
              file.requireCount(BASE_KEY),
              VersionStamp.hex(file, PREVIOUS_KEY));
      Delta delta = new Delta();
      if (file.contains(BIAS)) {
        delta.bias(file.require(BIAS, Dtype.F32).get(JAVA_FLOAT, 0));
      }
      if (file.contains(WEIGHTS + "features")) {
        readWeights(file, delta);
      }
      if (file.contains(BINDINGS + "features")) {
        readBindings(file, delta);
      }
      if (file.contains(PUT + "offsets")) {
        readPut(file, delta);
      }
      if (file.contains(REMOVED + "ids") || file.contains(REMOVED + "id_offsets")) {
        readRemoved(file, delta);
      }
      return new Content(link, delta);
    }
  }

  private static void readWeights(SafetensorsFile file, Delta delta) throws MalformedFileException {
    int[] features = features(file, WEIGHTS + "features");
    MemorySegment linear = file.require(WEIGHTS + "linear", Dtype.F32, features.length);
    long factors = file.requireCount(FACTORS_KEY);
    MemorySegment all =
        factors == 0
            ? MemorySegment.NULL
            : file.require(WEIGHTS + "factors", Dtype.F32, features.length, factors);
    float[] row =
        new float
            [features.length == 0 ? 0 : (int) (all.byteSize() / Float.BYTES / features.length)];
    for (int i = 0; i < features.length; i++) {
      MemorySegment.copy(all, JAVA_FLOAT, (long) i * row.length * Float.BYTES, row, 0, row.length);
      delta.weights(features[i], linear.getAtIndex(JAVA_FLOAT, i), row);
    }
  }

  private static void readBindings(SafetensorsFile file, Delta delta)
      throws MalformedFileException {
    int[] features = features(file, BINDINGS + "features");
    MemorySegment fields = file.require(BINDINGS + "fields", Dtype.U16, features.length);
    List<String> values = texts(file, BINDINGS + "offsets", BINDINGS + "bytes", features.length);
    for (int i = 0; i < features.length; i++) {
      int field = fields.getAtIndex(JAVA_CHAR, i);
      if (field != NO_FIELD) {
        delta.bind(features[i], field, values.get(i));
      } else if (values.get(i).isEmpty()) {
        delta.unbind(features[i]);
      } else {
        throw malformed(
            file,
            "tensor " + BINDINGS + "bytes",
            "feature " + features[i] + " has a value and no field, expected neither");
      }
    }
  }

  private static void readPut(SafetensorsFile file, Delta delta) throws MalformedFileException {
    MemorySegment offsets = file.require(PUT + "offsets", Dtype.I32, -1);
    int count = Math.max(0, (int) (offsets.byteSize() / Integer.BYTES) - 1);
    MemorySegment features = file.require(PUT + "features", Dtype.I32, -1);
    long entries = features.byteSize() / Integer.BYTES;
    MemorySegment weights = file.require(PUT + "weights", Dtype.F32, entries);
    int[] begins = offsets(file, PUT + "offsets", count, entries, entries);
    List<Object> ids = ids(file, PUT, count);
    for (int i = 0; i < count; i++) {
      int length = begins[i + 1] - begins[i];
      int[] own = new int[length];
      float[] x = new float[length];
      MemorySegment.copy(features, JAVA_INT, (long) begins[i] * Integer.BYTES, own, 0, length);
      MemorySegment.copy(weights, JAVA_FLOAT, (long) begins[i] * Float.BYTES, x, 0, length);
      if (ids.get(i) instanceof Long id) {
        delta.put((long) id, own, x);
      } else {
        delta.put((String) ids.get(i), own, x);
      }
    }
  }

  private static void readRemoved(SafetensorsFile file, Delta delta) throws MalformedFileException {
    for (Object id : ids(file, REMOVED, -1)) {
      if (delta.candidates().containsKey(id)) {
        throw malformed(
            file, "removed", "candidate " + DeltaCheck.quote(id) + " is put too, expected one");
      }
      if (id instanceof Long number) {
        delta.remove((long) number);
      } else {
        delta.remove((String) id);
      }
    }
  }

  private static int[] features(SafetensorsFile file, String tensor) throws MalformedFileException {
    int[] features = file.require(tensor, Dtype.I32, -1).toArray(JAVA_INT);
    int lowest = 0;
    for (int i = 0; i < features.length; i++) {
      if (features[i] < lowest) {
        throw malformed(
            file,
            "tensor " + tensor,
            "entry " + i + " is " + features[i] + ", expected " + lowest + " or more");
      }
      lowest = features[i] + 1;
    }
    return features;
  }

  private static List<Object> ids(SafetensorsFile file, String group, int count)
      throws MalformedFileException {
    List<Object> ids = new ArrayList<>();
    boolean texts = file.contains(group + "id_offsets");
    if (texts && file.contains(group + "ids")) {
      throw malformed(
          file, "tensor " + group + "id_offsets", "is there beside " + group + "ids, expected one");
    }
    if (texts) {
      int size =
          (int) (file.require(group + "id_offsets", Dtype.I32, -1).byteSize() / Integer.BYTES);
      ids.addAll(
          texts(
              file,
              group + "id_offsets",
              group + "id_bytes",
              count < 0 ? Math.max(0, size - 1) : count));
    } else {
      long[] longs = file.require(group + "ids", Dtype.I64, count).toArray(JAVA_LONG);
      Arrays.stream(longs).forEach(ids::add);
    }
    for (int i = 1; i < ids.size(); i++) {
      if (compare(ids.get(i - 1), ids.get(i)) >= 0) {
        throw malformed(
            file,
            group + "ids",
            "id " + i + ", " + DeltaCheck.quote(ids.get(i)) + ", is not above the one before");
      }
    }
    return ids;
  }

  private static int compare(Object one, Object other) {
    return one instanceof Long number
        ? number.compareTo((Long) other)
        : ((String) one).compareTo((String) other);
  }

  private static List<String> texts(
      SafetensorsFile file, String offsetsName, String bytesName, int count)
      throws MalformedFileException {
    MemorySegment bytes = file.require(bytesName, Dtype.U8, -1);
    int[] offsets = offsets(file, offsetsName, count, bytes.byteSize(), TextIds.MAX_BYTES);
    List<String> texts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      MemorySegment utf8 = bytes.asSlice(offsets[i], offsets[i + 1] - (long) offsets[i]);
      try {
        texts.add(StandardCharsets.UTF_8.newDecoder().decode(utf8.asByteBuffer()).toString());
      } catch (CharacterCodingException e) {
        throw malformed(file, "tensor " + bytesName, "text " + i + " is not valid UTF-8");
      }
    }
    return texts;
  }

  private static int[] offsets(
      SafetensorsFile file, String tensor, int count, long end, long longest)
      throws MalformedFileException {
    int[] offsets = file.require(tensor, Dtype.I32, count + 1L).toArray(JAVA_INT);
    long previous = 0;
    for (int i = 0; i <= count; i++) {
      long lowest = i == count ? end : previous;
      long highest = i == 0 ? 0 : Math.min(end, previous + longest);
      if (offsets[i] < lowest || offsets[i] > highest) {
        throw malformed(
            file,
            "tensor " + tensor,
            "entry " + i + " is " + offsets[i] + ", expected " + lowest + " to " + highest);
      }
      previous = offsets[i];
    }
    return offsets;
  }

  private static MalformedFileException malformed(
      SafetensorsFile file, String place, String problem) {
    return new MalformedFileException(file.path(), place, problem);
  }
}
