package femto.tools.online;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.learn.online.OnlineLearner;
import femto.model.FeatureRows;
import femto.swap.CandidateSet;
import femto.swap.ExternalIds;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The candidates of a stream: one appears with the first event that shows it, with the features
 * that it has there, changes with a later one, and is removed when it has not been shown for a
 * while. One owner at a time.
 */
final class StreamCatalogue {
  private static final String IDS = "catalogue.ids";
  private static final String ID_OFFSETS = "catalogue.id_offsets";
  private static final String SHOWN = "catalogue.shown";
  private static final String OFFSETS = "catalogue.offsets";
  private static final String FEATURES = "catalogue.features";
  private static final String WEIGHTS = "catalogue.weights";

  private final StreamFeatures features;
  private final long retireAfter;

  /** The one that was shown longest ago is first. */
  private final LinkedHashMap<String, Candidate> candidates = new LinkedHashMap<>(16, .75f, true);

  private long put;
  private long retired;

  private static final class Candidate {
    int[] features;
    float[] weights;
    long shown;

    Candidate(int[] features, float[] weights, long shown) {
      this.features = features;
      this.weights = weights;
      this.shown = shown;
    }

    boolean isSame(int[] otherFeatures, float[] otherWeights, int count) {
      return Arrays.equals(features, 0, features.length, otherFeatures, 0, count)
          && Arrays.equals(weights, 0, weights.length, otherWeights, 0, count);
    }
  }

  /**
   * Makes one without candidates.
   *
   * @param features has the features of candidates pinned
   * @param retireAfter how long one may not be shown, 0 for ever
   */
  StreamCatalogue(StreamFeatures features, long retireAfter) {
    this.features = features;
    this.retireAfter = retireAfter;
  }

  /**
   * Takes a candidate that is shown: its id, and its features in buffers of somebody else. A text
   * that can be no id is none.
   */
  void take(String id, int[] ofIt, float[] weights, int count, long time, OnlineLearner learner) {
    Candidate known = candidates.get(id);
    if (known == null && !ExternalIds.isId(id)) {
      return;
    }
    if (known == null) {
      known = new Candidate(Arrays.copyOf(ofIt, count), Arrays.copyOf(weights, count), time);
      candidates.put(id, known);
      pin(known);
      put(id, known, learner);
    } else if (!known.isSame(ofIt, weights, count)) {
      int[] former = known.features;
      known.features = Arrays.copyOf(ofIt, count);
      known.weights = Arrays.copyOf(weights, count);
      pin(known); // first: what it keeps must not be free in between
      unpin(former);
      put(id, known, learner);
    }
    known.shown = Math.max(known.shown, time);
    if (retireAfter > 0) {
      retire(time, learner);
    }
  }

  private void put(String id, Candidate candidate, OnlineLearner learner) {
    put++;
    learner.put(id, candidate.features, candidate.weights);
  }

  private void pin(Candidate candidate) {
    for (int feature : candidate.features) {
      features.pin(feature);
    }
  }

  private void unpin(int[] former) {
    for (int feature : former) {
      features.unpin(feature);
    }
  }

  private void retire(long now, OnlineLearner learner) {
    Iterator<Map.Entry<String, Candidate>> oldest = candidates.entrySet().iterator();
    while (oldest.hasNext()) {
      Map.Entry<String, Candidate> entry = oldest.next();
      if (now - entry.getValue().shown <= retireAfter) {
        return;
      }
      oldest.remove();
      unpin(entry.getValue().features);
      learner.remove(entry.getKey());
      retired++;
    }
  }

  int size() {
    return candidates.size();
  }

  long retired() {
    return retired;
  }

  /** All candidates as they are now. */
  CandidateSet toSet(int featureCount) {
    long[] offsets = offsets();
    int entries = (int) offsets[candidates.size()];
    int[] ofAll = new int[entries];
    float[] weights = new float[entries];
    copy(ofAll, weights);
    return new CandidateSet(
        FeatureRows.copyOf(offsets, ofAll, weights, featureCount),
        ExternalIds.ofStrings(new ArrayList<>(candidates.keySet())));
  }

  private long[] offsets() {
    long[] offsets = new long[candidates.size() + 1];
    int row = 0;
    for (Candidate candidate : candidates.values()) {
      offsets[row + 1] = offsets[row] + candidate.features.length;
      row++;
    }
    return offsets;
  }

  private void copy(int[] ofAll, float[] weights) {
    int at = 0;
    for (Candidate candidate : candidates.values()) {
      System.arraycopy(candidate.features, 0, ofAll, at, candidate.features.length);
      System.arraycopy(candidate.weights, 0, weights, at, candidate.features.length);
      at += candidate.features.length;
    }
  }

  void writeTo(SafetensorsWriter writer) {
    int size = candidates.size();
    long[] offsets = offsets();
    int[] ofAll = new int[(int) offsets[size]];
    float[] weights = new float[ofAll.length];
    copy(ofAll, weights);
    long[] idOffsets = new long[size + 1];
    long[] shown = new long[size + 2];
    ByteArrayOutputStream ids = new ByteArrayOutputStream();
    int row = 0;
    for (Map.Entry<String, Candidate> entry : candidates.entrySet()) {
      ids.writeBytes(entry.getKey().getBytes(StandardCharsets.UTF_8));
      shown[row] = entry.getValue().shown;
      idOffsets[++row] = ids.size();
    }
    shown[size] = put;
    shown[size + 1] = retired;
    byte[] bytes = ids.toByteArray();
    writer.tensor(IDS, Dtype.U8, MemorySegment.ofArray(bytes), bytes.length);
    writer.tensor(ID_OFFSETS, Dtype.I64, MemorySegment.ofArray(idOffsets), idOffsets.length);
    writer.tensor(SHOWN, Dtype.I64, MemorySegment.ofArray(shown), shown.length);
    writer.tensor(OFFSETS, Dtype.I64, MemorySegment.ofArray(offsets), offsets.length);
    writer.tensor(FEATURES, Dtype.I32, MemorySegment.ofArray(ofAll), ofAll.length);
    writer.tensor(WEIGHTS, Dtype.F32, MemorySegment.ofArray(weights), weights.length);
  }

  /** Goes on from what {@link #writeTo} wrote; pins are the features' own to remember. */
  void restore(SafetensorsFile file, int featureCount) throws MalformedFileException {
    MemorySegment offsets = file.require(OFFSETS, Dtype.I64, -1);
    MemorySegment ofAll = file.require(FEATURES, Dtype.I32, -1);
    MemorySegment weights = file.require(WEIGHTS, Dtype.F32, ofAll.byteSize() / Integer.BYTES);
    FeatureRows rows;
    try {
      rows = FeatureRows.over(offsets, ofAll, weights, featureCount);
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(file.path(), "catalogue", String.valueOf(e.getMessage()));
    }
    int size = rows.rows();
    MemorySegment bytes = file.require(IDS, Dtype.U8, -1);
    MemorySegment idOffsets = file.require(ID_OFFSETS, Dtype.I64, size + 1L);
    MemorySegment shown = file.require(SHOWN, Dtype.I64, size + 2L);
    List<String> ids = ids(file, bytes, idOffsets, size);
    for (int row = 0; row < size; row++) {
      long begin = rows.offset(row);
      int count = (int) (rows.offset(row + 1) - begin);
      Candidate candidate =
          new Candidate(new int[count], new float[count], shown.getAtIndex(JAVA_LONG, row));
      MemorySegment.copy(ofAll, JAVA_INT, begin * Integer.BYTES, candidate.features, 0, count);
      MemorySegment.copy(weights, JAVA_FLOAT, begin * Float.BYTES, candidate.weights, 0, count);
      if (candidates.put(ids.get(row), candidate) != null) {
        throw new MalformedFileException(
            file.path(), "tensor " + IDS, "has the id " + ids.get(row) + " twice");
      }
    }
    put = shown.getAtIndex(JAVA_LONG, size);
    retired = shown.getAtIndex(JAVA_LONG, size + 1L);
  }

  private static List<String> ids(
      SafetensorsFile file, MemorySegment bytes, MemorySegment offsets, int size)
      throws MalformedFileException {
    List<String> ids = new ArrayList<>(size);
    long begin = offsets.getAtIndex(JAVA_LONG, 0);
    for (int row = 0; row < size; row++) {
      long end = offsets.getAtIndex(JAVA_LONG, row + 1L);
      if (begin < 0 || end <= begin || end > bytes.byteSize()) {
        throw new MalformedFileException(
            file.path(),
            "tensor " + ID_OFFSETS,
            "entry "
                + (row + 1)
                + " is "
                + end
                + ", expected "
                + (begin + 1)
                + " to "
                + bytes.byteSize());
      }
      byte[] utf8 = bytes.asSlice(begin, end - begin).toArray(JAVA_BYTE);
      ids.add(new String(utf8, StandardCharsets.UTF_8));
      begin = end;
    }
    return ids;
  }
}
