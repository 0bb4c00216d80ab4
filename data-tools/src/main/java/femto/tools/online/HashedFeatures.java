package femto.tools.online;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.model.FeatureSpace;
import femto.model.Field;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Features that are hashes of values, and an estimate of how many values share theirs. */
final class HashedFeatures implements StreamFeatures {
  private static final String SEEN = "hashed.seen";

  private final FeatureSpace space;
  private final BitSet seen;

  HashedFeatures(List<Field> fields, int bits) {
    this.space = FeatureSpace.hashed(fields, bits);
    this.seen = new BitSet(space.size());
  }

  void restore(SafetensorsFile file) throws MalformedFileException {
    MemorySegment words = file.require(SEEN, Dtype.I64, -1);
    if (words.byteSize() * Byte.SIZE > Math.max(Long.SIZE, space.size())) {
      throw new MalformedFileException(
          file.path(), "tensor " + SEEN, "is too long for " + space.size() + " features");
    }
    seen.or(BitSet.valueOf(words.toArray(JAVA_LONG)));
  }

  @Override
  public void at(long time) {}

  @Override
  public List<Field> fields() {
    return space.fields();
  }

  @Override
  public int find(int field, byte[] utf8, int length) {
    int feature = space.find(field, utf8, length);
    seen.set(feature);
    return feature;
  }

  @Override
  public int others(int field) {
    return FeatureSpace.UNKNOWN;
  }

  @Override
  public void pin(int feature) {}

  @Override
  public void unpin(int feature) {}

  @Override
  public FeatureSpace freeze() {
    return space;
  }

  @Override
  public void writeTo(SafetensorsWriter writer, Arena arena) {
    long[] words = seen.toLongArray();
    writer.tensor(SEEN, Dtype.I64, MemorySegment.ofArray(words), words.length);
  }

  /**
   * How many different values it takes to fill as many of the features as are taken: n of them
   * leave m exp(-n/m) of m empty on average (Whang et al., "A Linear-Time Probabilistic Counting
   * Algorithm", TODS 1990). Those that are more than the features taken collide with another.
   */
  @Override
  public Map<String, Object> counts() {
    double size = space.size();
    int taken = seen.cardinality();
    double values =
        taken == space.size() ? Double.POSITIVE_INFINITY : -size * Math.log1p(-taken / size);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("features", space.size());
    all.put("features_taken", taken);
    if (Double.isFinite(values)) {
      all.put("values_estimated", Math.round(values));
      all.put("collisions_estimated", Math.round(values - taken));
    }
    return all;
  }

  @Override
  public void close() {}
}
