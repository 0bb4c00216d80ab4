package femto.swap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.memory.Slab;
import femto.model.FeatureRows;
import femto.model.Model;
import femto.model.ModelFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * A model and its candidates in one file; {@code engine/docs/model-file.md} is the specification.
 * {@link ModelFile#read} reads the model of such a file alone.
 *
 * <pre>
 *   candidates.offsets     I64 [n + 1]  where a candidate's features begin
 *   candidates.features    I32 [e]      features of all candidates
 *   candidates.weights     F32 [e]      their weights
 *   candidates.ids         I64 [n]      ids that are longs, or
 *   candidates.id_offsets  I64 [n + 1]  where a text begins in
 *   candidates.id_bytes    U8  [m]      all ids, UTF-8, one after the other
 * </pre>
 */
public final class VersionFile {
  private static final String OFFSETS = "candidates.offsets";
  private static final String FEATURES = "candidates.features";
  private static final String WEIGHTS = "candidates.weights";
  private static final String LONG_IDS = "candidates.ids";
  private static final String ID_OFFSETS = "candidates.id_offsets";
  private static final String ID_BYTES = "candidates.id_bytes";

  private VersionFile() {}

  /**
   * What a file holds.
   *
   * @param model the model, of which whoever reads it is the owner
   * @param candidates its candidates, on memory that the garbage collector frees
   */
  public record Content(Model model, CandidateSet candidates) {}

  /**
   * Writes a model and its candidates: to a temporary name, synced, renamed. The same content gives
   * the same bytes.
   *
   * @param model the model
   * @param candidates features of this model, and ids
   * @param path final name of the file
   * @throws IllegalArgumentException if there are more ids now than candidates
   * @throws IOException if writing fails; an old file of that name is then untouched
   */
  public static void write(Model model, CandidateSet candidates, Path path) throws IOException {
    FeatureRows rows = candidates.features();
    int size = rows.rows();
    if (candidates.ids().size() != size) {
      throw new IllegalArgumentException(
          "features of " + size + " candidates, but " + candidates.ids().size() + " ids now");
    }
    write(new SafetensorsWriter(), model, rows, candidates.ids(), row -> row, path);
  }

  /**
   * Writes a file that has been begun.
   *
   * @param writer has metadata, or nothing
   * @param index of the id of each row
   */
  static void write(
      SafetensorsWriter writer,
      Model model,
      FeatureRows rows,
      ExternalIds ids,
      IntUnaryOperator index,
      Path path)
      throws IOException {
    int size = rows.rows();
    try (Arena arena = Arena.ofShared()) {
      ModelFile.writeTo(writer, model, arena);
      long entries = rows.offset(size);
      writer.tensor(OFFSETS, Dtype.I64, rows.offsets(), size + 1L);
      writer.tensor(FEATURES, Dtype.I32, rows.features(), entries);
      writer.tensor(WEIGHTS, Dtype.F32, rows.weights(), entries);
      if (ids.isLong()) {
        writer.tensor(LONG_IDS, Dtype.I64, longs(size, ids, index, arena), size);
      } else {
        addTexts(writer, size, ids, index, arena);
      }
      writer.write(path);
    }
  }

  private static MemorySegment longs(
      int size, ExternalIds ids, IntUnaryOperator index, Arena arena) {
    MemorySegment longs = arena.allocate((long) size * Long.BYTES, Slab.ALIGNMENT);
    for (int row = 0; row < size; row++) {
      longs.setAtIndex(JAVA_LONG, row, ids.longId(index.applyAsInt(row)));
    }
    return longs;
  }

  private static void addTexts(
      SafetensorsWriter writer, int size, ExternalIds ids, IntUnaryOperator index, Arena arena) {
    MemorySegment offsets = arena.allocate((size + 1L) * Long.BYTES, Slab.ALIGNMENT);
    for (int row = 0; row < size; row++) {
      long begin = offsets.getAtIndex(JAVA_LONG, row);
      int bytes = utf8(ids, index, row).length;
      offsets.setAtIndex(JAVA_LONG, row + 1L, begin + bytes);
    }
    long all = offsets.getAtIndex(JAVA_LONG, size);
    MemorySegment bytes = arena.allocate(all, Slab.ALIGNMENT);
    for (int row = 0; row < size; row++) {
      byte[] utf8 = utf8(ids, index, row);
      MemorySegment.copy(
          utf8, 0, bytes, JAVA_BYTE, offsets.getAtIndex(JAVA_LONG, row), utf8.length);
    }
    writer.tensor(ID_OFFSETS, Dtype.I64, offsets, size + 1L);
    writer.tensor(ID_BYTES, Dtype.U8, bytes, all);
  }

  private static byte[] utf8(ExternalIds ids, IntUnaryOperator index, int row) {
    return ids.id(index.applyAsInt(row)).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a model and its candidates into memory of their own.
   *
   * @param path the file
   * @return both
   * @throws MalformedFileException if the file is not whole and sound, or has no candidates; the
   *     message says what was found where, and what was expected
   * @throws IOException if it cannot be read
   */
  public static Content read(Path path) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.read(path)) {
      return readFrom(file);
    }
  }

  /** Reads an open file into memory of its own. */
  static Content readFrom(SafetensorsFile file) throws MalformedFileException {
    Model model = ModelFile.readFrom(file);
    try {
      return new Content(model, candidates(file, model.features().size()));
    } catch (Throwable failure) {
      model.close();
      throw failure;
    }
  }

  private static CandidateSet candidates(SafetensorsFile file, int featureCount)
      throws MalformedFileException {
    MemorySegment offsets = file.require(OFFSETS, Dtype.I64, -1);
    MemorySegment features = file.require(FEATURES, Dtype.I32, -1);
    MemorySegment weights = file.require(WEIGHTS, Dtype.F32, features.byteSize() / Integer.BYTES);
    FeatureRows rows;
    try {
      rows = FeatureRows.over(offsets, features, weights, featureCount).copy();
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(file.path(), "candidates", String.valueOf(e.getMessage()));
    }
    return new CandidateSet(rows, ids(file, rows.rows()));
  }

  private static ExternalIds ids(SafetensorsFile file, int size) throws MalformedFileException {
    if (file.contains(LONG_IDS) && file.contains(ID_OFFSETS)) {
      throw new MalformedFileException(
          file.path(), "tensor " + ID_OFFSETS, "is there beside " + LONG_IDS + ", expected one");
    }
    boolean texts = file.contains(ID_OFFSETS);
    try {
      return texts
          ? ExternalIds.ofStrings(texts(file, size))
          : ExternalIds.ofLongs(file.require(LONG_IDS, Dtype.I64, size).toArray(JAVA_LONG));
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(
          file.path(), "tensor " + (texts ? ID_BYTES : LONG_IDS), String.valueOf(e.getMessage()));
    }
  }

  private static List<String> texts(SafetensorsFile file, int size) throws MalformedFileException {
    MemorySegment offsets = file.require(ID_OFFSETS, Dtype.I64, size + 1L);
    MemorySegment bytes = file.require(ID_BYTES, Dtype.U8, -1);
    List<String> ids = new ArrayList<>(size);
    long begin = 0;
    for (int index = 0; index <= size; index++) {
      long end = offsets.getAtIndex(JAVA_LONG, index);
      long highest = index == 0 ? 0 : Math.min(bytes.byteSize(), begin + TextIds.MAX_BYTES);
      if (end < begin || end > highest || (index == size && end != bytes.byteSize())) {
        throw new MalformedFileException(
            file.path(),
            "tensor " + ID_OFFSETS,
            "entry "
                + index
                + " is "
                + end
                + ", expected "
                + (index == size ? bytes.byteSize() : begin)
                + " to "
                + highest);
      }
      if (index > 0) {
        ids.add(text(file, bytes.asSlice(begin, end - begin).asByteBuffer(), index - 1));
      }
      begin = end;
    }
    return ids;
  }

  private static String text(SafetensorsFile file, ByteBuffer utf8, int index)
      throws MalformedFileException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedFileException(
          file.path(), "tensor " + ID_BYTES, "id " + index + " is not valid UTF-8");
    }
  }
}
