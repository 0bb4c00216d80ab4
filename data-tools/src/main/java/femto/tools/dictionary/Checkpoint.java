package femto.tools.dictionary;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_CHAR;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.memory.Slab;
import femto.model.Field;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A dictionary in a file: which row stands for which value, and everything that decides what
 * becomes of the next. The same history gives the same bytes.
 *
 * <pre>
 *   growing.fields        U16 [n]      field of a row; n rows have been given out
 *   growing.offsets       I64 [n + 1]  where a row's value begins in growing.bytes
 *   growing.bytes         U8  [m]      all values, UTF-8, one after the other
 *   growing.seen          I64 [n]      when a row was last seen
 *   growing.pins          I32 [n]      how often a row is pinned
 *   growing.order         I32 [l]      the rows that are not, the one seen longest ago first
 *   growing.sketch        U8  [s]      the sketch's counters; none if the minimum is 1
 *   growing.exact_hashes  I64 [e]      values that are counted exactly, ascending
 *   growing.exact_counts  I32 [e]      how often they have come
 *   growing.numbers       I64 [12]     {@link Numbers}
 * </pre>
 *
 * The metadata {@code growing.fields} names the fields.
 */
final class Checkpoint {
  private static final String FIELDS = "growing.fields";
  private static final String OFFSETS = "growing.offsets";
  private static final String BYTES = "growing.bytes";
  private static final String SEEN = "growing.seen";
  private static final String PINS = "growing.pins";
  private static final String ORDER = "growing.order";
  private static final String SKETCH = "growing.sketch";
  private static final String EXACT_HASHES = "growing.exact_hashes";
  private static final String EXACT_COUNTS = "growing.exact_counts";
  private static final String NUMBERS = "growing.numbers";

  private Checkpoint() {}

  /** The single numbers of a dictionary. */
  record Numbers(
      int capacity,
      boolean outOfVocabulary,
      long latest,
      long known,
      long admitted,
      long belowMinimum,
      long refused,
      long tooLong,
      long recycled) {
    private static final List<String> NAMES =
        List.of(
            "capacity",
            "outOfVocabulary",
            "latest",
            "known",
            "admitted",
            "belowMinimum",
            "refused",
            "tooLong",
            "recycled",
            "exactShift",
            "early",
            "halvings");
  }

  /** What a file held. */
  record Content(
      List<Field> fields, Numbers numbers, RowTable rows, Sketch.@Nullable State sketch) {}

  static void write(
      SafetensorsWriter writer,
      Arena arena,
      List<Field> fields,
      Numbers numbers,
      RowTable rows,
      @Nullable Sketch sketch) {
    writer.metadata(FIELDS, Field.format(fields));
    writeRows(writer, arena, rows);
    Sketch.State state =
        sketch == null
            ? new Sketch.State(new byte[0], new long[0], new int[0], 0, 0, 0)
            : sketch.state();
    int exact = state.hashes().length;
    long[] all = {
      numbers.capacity,
      numbers.outOfVocabulary ? 1 : 0,
      numbers.latest,
      numbers.known,
      numbers.admitted,
      numbers.belowMinimum,
      numbers.refused,
      numbers.tooLong,
      numbers.recycled,
      state.shift(),
      state.early(),
      state.halvings()
    };
    writer.tensor(
        SKETCH,
        Dtype.U8,
        copy(arena, MemorySegment.ofArray(state.counters())),
        state.counters().length);
    writer.tensor(
        EXACT_HASHES, Dtype.I64, copy(arena, MemorySegment.ofArray(state.hashes())), exact);
    writer.tensor(
        EXACT_COUNTS, Dtype.I32, copy(arena, MemorySegment.ofArray(state.counts())), exact);
    writer.tensor(NUMBERS, Dtype.I64, copy(arena, MemorySegment.ofArray(all)), all.length);
  }

  private static MemorySegment copy(Arena arena, MemorySegment of) {
    return arena.allocate(of.byteSize(), Slab.ALIGNMENT).copyFrom(of);
  }

  private static void writeRows(SafetensorsWriter writer, Arena arena, RowTable rows) {
    int used = rows.used();
    MemorySegment fields = arena.allocate((long) used * Character.BYTES, Slab.ALIGNMENT);
    MemorySegment offsets = arena.allocate((used + 1L) * Long.BYTES, Slab.ALIGNMENT);
    MemorySegment seen = arena.allocate((long) used * Long.BYTES, Slab.ALIGNMENT);
    MemorySegment pins = arena.allocate((long) used * Integer.BYTES, Slab.ALIGNMENT);
    long end = 0;
    for (int row = 0; row < used; row++) {
      fields.setAtIndex(JAVA_CHAR, row, (char) rows.field(row));
      seen.setAtIndex(JAVA_LONG, row, rows.seen(row));
      pins.setAtIndex(JAVA_INT, row, rows.pins(row));
      end += rows.length(row);
      offsets.setAtIndex(JAVA_LONG, row + 1L, end);
    }
    MemorySegment bytes = arena.allocate(end, Slab.ALIGNMENT);
    EncodedValue value = new EncodedValue();
    for (int row = 0; row < used; row++) {
      rows.get(row, value);
      long begin = offsets.getAtIndex(JAVA_LONG, row);
      MemorySegment.copy(value.utf8(), 0, bytes, JAVA_BYTE, begin, value.length());
    }
    int listed = 0;
    for (int row = rows.oldest(); row != RowTable.NONE; row = rows.newer(row)) {
      listed++;
    }
    MemorySegment order = arena.allocate((long) listed * Integer.BYTES, Slab.ALIGNMENT);
    int at = 0;
    for (int row = rows.oldest(); row != RowTable.NONE; row = rows.newer(row)) {
      order.setAtIndex(JAVA_INT, at++, row);
    }
    writer.tensor(FIELDS, Dtype.U16, fields, used);
    writer.tensor(OFFSETS, Dtype.I64, offsets, used + 1L);
    writer.tensor(BYTES, Dtype.U8, bytes, end);
    writer.tensor(SEEN, Dtype.I64, seen, used);
    writer.tensor(PINS, Dtype.I32, pins, used);
    writer.tensor(ORDER, Dtype.I32, order, listed);
  }

  /** Reads a dictionary that has so many rows and so large a sketch; the caller closes the rows. */
  static Content read(SafetensorsFile file, DictionaryOptions options)
      throws MalformedFileException {
    return new Reader(file).read(options);
  }

  private static final class Reader {
    private final SafetensorsFile file;

    Reader(SafetensorsFile file) {
      this.file = file;
    }

    private MalformedFileException malformed(String tensor, String problem) {
      return new MalformedFileException(file.path(), "tensor " + tensor, problem);
    }

    private MalformedFileException entry(String tensor, long at, long found, String expected) {
      return malformed(tensor, "entry " + at + " is " + found + ", expected " + expected);
    }

    Content read(DictionaryOptions options) throws MalformedFileException {
      List<Field> fields = fields();
      MemorySegment all = file.require(NUMBERS, Dtype.I64, Numbers.NAMES.size());
      Numbers numbers = numbers(all);
      requireSame("capacity", options.capacity(), numbers.capacity);
      requireSame("outOfVocabulary", options.outOfVocabulary(), numbers.outOfVocabulary);
      Sketch.State sketch = sketch(all, options);
      RowTable rows = rows(fields, numbers);
      return new Content(fields, numbers, rows, sketch);
    }

    private void requireSame(String name, Object asked, Object found) {
      if (!asked.equals(found)) {
        throw new IllegalArgumentException(
            name + "=" + asked + ", expected " + found + " as in " + file.path());
      }
    }

    private List<Field> fields() throws MalformedFileException {
      try {
        return Field.parse(file.requireMetadata(FIELDS));
      } catch (IllegalArgumentException e) {
        throw new MalformedFileException(
            file.path(), "metadata " + FIELDS, String.valueOf(e.getMessage()));
      }
    }

    private Numbers numbers(MemorySegment all) throws MalformedFileException {
      for (int i = 0; i < Numbers.NAMES.size(); i++) {
        long number = all.getAtIndex(JAVA_LONG, i);
        long lowest = i == 0 ? 1 : 0;
        long highest =
            switch (i) {
              case 0 -> DictionaryOptions.MOST_ROWS;
              case 1 -> 1;
              case 9 -> Long.SIZE - 1;
              default -> Long.MAX_VALUE;
            };
        if (number < lowest || number > highest) {
          throw malformed(
              NUMBERS,
              Numbers.NAMES.get(i) + " is " + number + ", expected " + lowest + " to " + highest);
        }
      }
      return new Numbers(
          (int) all.getAtIndex(JAVA_LONG, 0),
          all.getAtIndex(JAVA_LONG, 1) == 1,
          all.getAtIndex(JAVA_LONG, 2),
          all.getAtIndex(JAVA_LONG, 3),
          all.getAtIndex(JAVA_LONG, 4),
          all.getAtIndex(JAVA_LONG, 5),
          all.getAtIndex(JAVA_LONG, 6),
          all.getAtIndex(JAVA_LONG, 7),
          all.getAtIndex(JAVA_LONG, 8));
    }

    /** None if there was no sketch, or there shall be none. */
    private Sketch.@Nullable State sketch(MemorySegment all, DictionaryOptions options)
        throws MalformedFileException {
      MemorySegment counters = file.require(SKETCH, Dtype.U8, -1);
      MemorySegment hashes = file.require(EXACT_HASHES, Dtype.I64, -1);
      long exact = hashes.byteSize() / Long.BYTES;
      MemorySegment counts = file.require(EXACT_COUNTS, Dtype.I32, exact);
      int shift = (int) all.getAtIndex(JAVA_LONG, 9);
      if (exact > Sketch.MOST_EXACT) {
        throw malformed(
            EXACT_HASHES, "has " + exact + " entries, expected at most " + Sketch.MOST_EXACT);
      }
      for (int i = 0; i < exact; i++) {
        long hash = hashes.getAtIndex(JAVA_LONG, i);
        if (i > 0 && hash <= hashes.getAtIndex(JAVA_LONG, i - 1L)) {
          throw entry(EXACT_HASHES, i, hash, "more than the one before it");
        }
        if (!Sketch.isDrawn(hash, shift)) {
          throw entry(EXACT_HASHES, i, hash, "a hash that is drawn at exactShift " + shift);
        }
        if (counts.getAtIndex(JAVA_INT, i) < 1) {
          throw entry(EXACT_COUNTS, i, counts.getAtIndex(JAVA_INT, i), "1 or more");
        }
      }
      if (counters.byteSize() == 0 || options.minimumCount() == 1) {
        return null;
      }
      requireSame("sketchBytes", (long) options.sketchBytes(), counters.byteSize());
      return new Sketch.State(
          counters.toArray(JAVA_BYTE),
          hashes.toArray(JAVA_LONG),
          counts.toArray(JAVA_INT),
          shift,
          all.getAtIndex(JAVA_LONG, 10),
          all.getAtIndex(JAVA_LONG, 11));
    }

    private RowTable rows(List<Field> fields, Numbers numbers) throws MalformedFileException {
      MemorySegment rowFields = file.require(FIELDS, Dtype.U16, -1);
      long used = rowFields.byteSize() / Character.BYTES;
      int shared = numbers.outOfVocabulary ? fields.size() : 0;
      if (used < shared || used > numbers.capacity) {
        throw malformed(
            FIELDS, "has " + used + " rows, expected " + shared + " to " + numbers.capacity);
      }
      MemorySegment offsets = file.require(OFFSETS, Dtype.I64, used + 1);
      MemorySegment bytes = file.require(BYTES, Dtype.U8, -1);
      MemorySegment seen = file.require(SEEN, Dtype.I64, used);
      MemorySegment pins = file.require(PINS, Dtype.I32, used);
      MemorySegment order = file.require(ORDER, Dtype.I32, -1);
      checkOffsets(offsets, (int) used, bytes.byteSize());
      checkRows(rowFields, offsets, seen, pins, (int) used, shared, fields.size(), numbers.latest);
      checkOrder(order, seen, pins, (int) used, shared);
      RowTable rows = new RowTable(numbers.capacity);
      try {
        for (int row = 0; row < shared; row++) {
          rows.addShared(row);
          rows.restorePins(row, pins.getAtIndex(JAVA_INT, row));
        }
        restore(rows, rowFields, offsets, bytes, seen, pins, (int) used);
        for (long i = 0; i < order.byteSize() / Integer.BYTES; i++) {
          rows.restoreOrder(order.getAtIndex(JAVA_INT, i));
        }
        return rows;
      } catch (Throwable failure) {
        rows.close();
        throw failure;
      }
    }

    private void checkOffsets(MemorySegment offsets, int used, long bytes)
        throws MalformedFileException {
      long begin = 0;
      for (int row = 0; row <= used; row++) {
        long end = offsets.getAtIndex(JAVA_LONG, row);
        long highest = row == 0 ? 0 : Math.min(bytes, begin + EncodedValue.MAX_BYTES);
        if (end < begin || end > highest) {
          throw entry(OFFSETS, row, end, begin + " to " + highest);
        }
        begin = end;
      }
      if (begin != bytes) {
        throw entry(OFFSETS, used, begin, String.valueOf(bytes));
      }
    }

    private void checkRows(
        MemorySegment rowFields,
        MemorySegment offsets,
        MemorySegment seen,
        MemorySegment pins,
        int used,
        int shared,
        int fields,
        long latest)
        throws MalformedFileException {
      for (int row = 0; row < used; row++) {
        int field = rowFields.getAtIndex(JAVA_CHAR, row);
        if (row < shared ? field != row : field >= fields) {
          String expected = row < shared ? String.valueOf(row) : "0 to " + (fields - 1);
          throw entry(FIELDS, row, field, expected);
        }
        if (row < shared && offsets.getAtIndex(JAVA_LONG, row + 1L) != 0) {
          throw entry(OFFSETS, row + 1L, offsets.getAtIndex(JAVA_LONG, row + 1L), "0");
        }
        long time = seen.getAtIndex(JAVA_LONG, row);
        long highest = row < shared ? 0 : latest;
        if (time < 0 || time > highest) {
          throw entry(SEEN, row, time, "0 to " + highest);
        }
        if (pins.getAtIndex(JAVA_INT, row) < 0) {
          throw entry(PINS, row, pins.getAtIndex(JAVA_INT, row), "0 or more");
        }
      }
    }

    /** Each row that has a value and no pin is there once, the one seen longest ago first. */
    private void checkOrder(
        MemorySegment order, MemorySegment seen, MemorySegment pins, int used, int shared)
        throws MalformedFileException {
      BitSet expected = new BitSet(used);
      for (int row = shared; row < used; row++) {
        expected.set(row, pins.getAtIndex(JAVA_INT, row) == 0);
      }
      long listed = order.byteSize() / Integer.BYTES;
      if (listed != expected.cardinality()) {
        throw malformed(
            ORDER,
            "has " + listed + " rows, expected " + expected.cardinality() + " without a pin");
      }
      long before = 0;
      for (int i = 0; i < listed; i++) {
        int row = order.getAtIndex(JAVA_INT, i);
        if (row < 0 || !expected.get(row)) {
          throw entry(ORDER, i, row, "a row with a value and without a pin, once");
        }
        expected.clear(row);
        long time = seen.getAtIndex(JAVA_LONG, row);
        if (time < before) {
          throw entry(ORDER, i, row, "a row seen at " + before + " or later, not at " + time);
        }
        before = time;
      }
    }

    private void restore(
        RowTable rows,
        MemorySegment rowFields,
        MemorySegment offsets,
        MemorySegment bytes,
        MemorySegment seen,
        MemorySegment pins,
        int used)
        throws MalformedFileException {
      EncodedValue value = new EncodedValue();
      for (int row = rows.used(); row < used; row++) {
        long begin = offsets.getAtIndex(JAVA_LONG, row);
        int length = (int) (offsets.getAtIndex(JAVA_LONG, row + 1L) - begin);
        MemorySegment.copy(bytes, JAVA_BYTE, begin, value.ensure(length), 0, length);
        value.pad(length);
        if (!value.isUtf8()) {
          throw malformed(BYTES, "the value of row " + row + " is not valid UTF-8");
        }
        int field = rowFields.getAtIndex(JAVA_CHAR, row);
        long hash = value.hash(field);
        int same = rows.find(hash, field, value);
        if (same != RowTable.NONE) {
          throw malformed(
              BYTES,
              "rows "
                  + same
                  + " and "
                  + row
                  + " have the same value \""
                  + value
                  + "\" of field "
                  + field
                  + ", expected different ones");
        }
        rows.restore(
            hash, field, value, seen.getAtIndex(JAVA_LONG, row), pins.getAtIndex(JAVA_INT, row));
      }
    }
  }
}
