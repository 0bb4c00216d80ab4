package femto.tools.dictionary;

import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.model.FeatureSpace;
import femto.model.Field;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The features of a model that learns from a stream: a value gets a row when it has come often
 * enough and a row is free, and loses it to another when it was not seen for a while.
 *
 * <p>Which value has which row is in a file, a Chronicle Map, where other processes look it up with
 * {@link SharedDictionary}. The same is in memory, where {@link #take} finds it: the file is only
 * touched when a row changes hands. What a restart goes by is the checkpoint: {@link #resume} makes
 * the file hold what the checkpoint says.
 *
 * <p>A value is held as UTF-8, in which half of a surrogate pair is '?', of {@value #MAX_BYTES}
 * bytes at most. The same calls in the same order give the same rows.
 *
 * <p>One owner at a time; not thread-safe.
 */
public final class GrowingDictionary implements AutoCloseable {
  /** Longest value that may get a row, in bytes of UTF-8. */
  public static final int MAX_BYTES = EncodedValue.MAX_BYTES;

  /** As many fields as a model can have: the last number of 16 bits stands for none. */
  private static final int MOST_FIELDS = (1 << 16) - 1;

  private final List<Field> fields;
  private final DictionaryOptions options;
  private final Bindings bindings;
  private final SharedMap map;
  private final RowTable rows;
  private final @Nullable Sketch sketch;
  private final EncodedValue encoded = new EncodedValue();
  private final EncodedValue former = new EncodedValue();
  private long latest;
  private long known;
  private long admitted;
  private long belowMinimum;
  private long refused;
  private long tooLong;
  private long recycled;

  /** In what state {@link #resume} found the file. */
  public enum MapState {
    /** Closed by its last owner. */
    CLOSED,
    /** Left open by an owner that died, and put right. */
    RECOVERED,
    /** Missing or beyond repair; it was made anew. One beyond repair is kept as {@code .broken}. */
    REBUILT
  }

  /**
   * What {@link #resume} did.
   *
   * @param dictionary the dictionary, of which the caller is the owner
   * @param state in what state the file was
   * @param undone entries that came after the checkpoint, or were damaged, and were removed
   * @param added entries of the checkpoint that were missing and were added; all of them if the
   *     file was made anew
   */
  public record Resumed(GrowingDictionary dictionary, MapState state, int undone, int added) {}

  private GrowingDictionary(
      List<Field> fields,
      DictionaryOptions options,
      Bindings bindings,
      SharedMap map,
      RowTable rows,
      @Nullable Sketch sketch) {
    this.fields = fields;
    this.options = options;
    this.bindings = bindings;
    this.map = map;
    this.rows = rows;
    this.sketch = sketch;
  }

  /**
   * Makes a dictionary that has no values yet. If each field has a row for what is out of the
   * vocabulary, that of field f is row f.
   *
   * @param mapFile name of the Chronicle Map, which must not be there; a file of the same name with
   *     {@code .owner} after it lies beside it
   * @param fields the fields, of different names
   * @param options how large it may become, and which values get a row
   * @param bindings is told of all changes
   * @return the dictionary
   * @throws IllegalArgumentException if there are too many fields, or fewer rows than shared rows
   * @throws IllegalStateException if the JVM was started without the options that Chronicle Map
   *     needs; the message names them
   * @throws IOException if the file is there, another process owns it, or it cannot be made
   */
  public static GrowingDictionary create(
      Path mapFile, List<Field> fields, DictionaryOptions options, Bindings bindings)
      throws IOException {
    List<Field> checked = Field.parse(Field.format(fields));
    if (checked.size() > MOST_FIELDS) {
      throw new IllegalArgumentException(
          "fields=" + checked.size() + ", expected at most " + MOST_FIELDS);
    }
    int shared = options.outOfVocabulary() ? checked.size() : 0;
    if (options.capacity() < shared) {
      throw new IllegalArgumentException(
          "capacity="
              + options.capacity()
              + ", expected a row or more for each of "
              + shared
              + " fields");
    }
    SharedMap.requireJvmOptions();
    if (Files.exists(mapFile)) {
      throw new FileAlreadyExistsException(
          mapFile.toString(), null, "expected no such file; resume goes on with one");
    }
    SharedMap.Owner owner = SharedMap.Owner.of(mapFile);
    SharedMap map = null;
    RowTable rows = null;
    try {
      map = SharedMap.create(mapFile, options.capacity(), owner);
      rows = new RowTable(options.capacity());
      GrowingDictionary dictionary =
          new GrowingDictionary(checked, options, bindings, map, rows, newSketch(options, null));
      for (int field = 0; field < shared; field++) {
        rows.addShared(field);
      }
      return dictionary;
    } catch (Throwable failure) {
      release(owner, map, rows);
      throw failure;
    }
  }

  private static @Nullable Sketch newSketch(
      DictionaryOptions options, Sketch.@Nullable State state) {
    if (options.minimumCount() == 1) {
      return null;
    }
    return state == null
        ? new Sketch(options.sketchBytes(), options.minimumCount())
        : new Sketch(state, options.minimumCount());
  }

  private static void release(
      SharedMap.Owner owner, @Nullable SharedMap map, @Nullable RowTable rows) throws IOException {
    if (rows != null) {
      rows.close();
    }
    if (map == null) {
      owner.release();
    } else {
      map.abandon();
    }
  }

  /**
   * Goes on from a checkpoint. What the file took in after it is removed from the file, and what
   * the file lacks is added. A file that its owner left open is recovered first, which no other
   * process may be looking at.
   *
   * @param mapFile name of the Chronicle Map
   * @param checkpoint a file that {@link #writeTo} has added to
   * @param options as the dictionary was made with, except that the minimum and the time after
   *     which rows are recycled may be others
   * @param bindings is told of all changes later
   * @return the dictionary, and what was done
   * @throws IllegalArgumentException if the options do not fit the checkpoint
   * @throws IllegalStateException if the JVM was started without the options that Chronicle Map
   *     needs; the message names them
   * @throws MalformedFileException if the checkpoint is not sound; the file is untouched then
   * @throws IOException if another process owns the file, or it cannot be read or made
   */
  public static Resumed resume(
      Path mapFile, SafetensorsFile checkpoint, DictionaryOptions options, Bindings bindings)
      throws IOException {
    SharedMap.requireJvmOptions();
    Checkpoint.Content content = Checkpoint.read(checkpoint, options);
    RowTable rows = content.rows();
    SharedMap.Owner owner;
    try {
      owner = SharedMap.Owner.of(mapFile);
    } catch (Throwable failure) {
      rows.close();
      throw failure;
    }
    Reconciled file = null;
    try {
      file = reconcile(mapFile, rows, options.capacity(), owner);
      GrowingDictionary dictionary =
          new GrowingDictionary(
              content.fields(),
              options,
              bindings,
              file.map,
              rows,
              newSketch(options, content.sketch()));
      dictionary.restore(content.numbers());
      return new Resumed(dictionary, file.state, file.undone, file.added);
    } catch (Throwable failure) {
      release(owner, file == null ? null : file.map, rows);
      throw failure;
    }
  }

  /** A file that holds what the rows say, and what was done for it. */
  private record Reconciled(SharedMap map, MapState state, int undone, int added) {}

  private static Reconciled reconcile(
      Path mapFile, RowTable rows, int capacity, SharedMap.Owner owner) throws IOException {
    if (Files.exists(mapFile)) {
      if (owner.foundClosed()) {
        try {
          return reconcile(SharedMap.open(mapFile, capacity, owner), MapState.CLOSED, rows);
        } catch (IOException | RuntimeException | AssertionError | InternalError e) {
          // It is not as its owner left it: perhaps it can be put right.
        }
      }
      try {
        return reconcile(SharedMap.recover(mapFile, capacity, owner), MapState.RECOVERED, rows);
      } catch (IOException | RuntimeException | AssertionError | InternalError e) {
        SharedMap.moveAway(mapFile);
      }
    }
    return reconcile(SharedMap.create(mapFile, capacity, owner), MapState.REBUILT, rows);
  }

  private static Reconciled reconcile(SharedMap map, MapState state, RowTable rows)
      throws IOException {
    try {
      EncodedValue value = new EncodedValue();
      BitSet found = new BitSet(rows.used());
      int undone =
          map.removeUnless(
              (key, row) -> {
                if (row < rows.shared() || row >= rows.used()) {
                  return false;
                }
                rows.get((int) row, value);
                boolean same = SharedMap.key(rows.field((int) row), value).contentEquals(key);
                if (same) {
                  found.set((int) row);
                }
                return same;
              });
      int added = 0;
      for (int row = found.nextClearBit(rows.shared());
          row < rows.used();
          row = found.nextClearBit(row + 1)) {
        rows.get(row, value);
        map.put(SharedMap.key(rows.field(row), value), row);
        added++;
      }
      int values = rows.used() - rows.shared();
      if (map.size() != values) {
        throw new IOException("the map has " + map.size() + " entries, expected " + values);
      }
      return new Reconciled(map, state, undone, added);
    } catch (Throwable failure) {
      map.closeOnly();
      throw failure;
    }
  }

  private void restore(Checkpoint.Numbers numbers) {
    latest = numbers.latest();
    known = numbers.known();
    admitted = numbers.admitted();
    belowMinimum = numbers.belowMinimum();
    refused = numbers.refused();
    tooLong = numbers.tooLong();
    recycled = numbers.recycled();
  }

  /**
   * The row of a value that an event has. If it has none, it is counted, and gets one if it has
   * come often enough and a row is free, or can be recycled.
   *
   * @param field index of the field
   * @param value the value as the dictionary shall hold it (for a bucket field, the bucket)
   * @param time time of the event, 0 or more, in a unit of the caller's; one before the latest
   *     counts as the latest
   * @return its row; if it has none, the one that the field's values without a row share, or {@link
   *     FeatureSpace#UNKNOWN}
   * @throws IndexOutOfBoundsException if there is no such field
   * @throws IllegalArgumentException if the time is negative
   * @throws RuntimeException of Chronicle Map if the file could not be changed; then no row has
   *     changed hands. A process that died while it looked something up can be the cause: then
   *     closing this and resuming helps
   */
  public int take(int field, CharSequence value, long time) {
    byte[] utf8 = value.toString().getBytes(StandardCharsets.UTF_8);
    return take(field, utf8, utf8.length, time);
  }

  /**
   * The same of a value that is in UTF-8 already. Allocates nothing if it has a row.
   *
   * @param field as in {@link #take(int, CharSequence, long)}
   * @param utf8 the value
   * @param length how many bytes of it
   * @param time as in {@link #take(int, CharSequence, long)}
   * @return its row, as there
   */
  public int take(int field, byte[] utf8, int length, long time) {
    Objects.checkIndex(field, fields.size());
    if (time < 0) {
      throw new IllegalArgumentException("time=" + time + ", expected 0 or more");
    }
    latest = Math.max(latest, time);
    if (!encoded.set(utf8, length)) {
      tooLong++;
      return others(field);
    }
    long hash = encoded.hash(field);
    int row = rows.find(hash, field, encoded);
    if (row == RowTable.NONE) {
      return takeUnknown(field, hash);
    }
    known++;
    rows.touch(row, latest);
    return row;
  }

  private int takeUnknown(int field, long hash) {
    if (sketch != null && !sketch.add(hash)) {
      belowMinimum++;
      return others(field);
    }
    int row;
    if (!rows.isFull()) {
      row = rows.used();
      map.put(SharedMap.key(field, encoded), row);
      rows.add(hash, field, encoded, latest);
    } else {
      row = recyclable();
      if (row == RowTable.NONE) {
        refused++;
        return others(field);
      }
      rows.get(row, former);
      map.replace(SharedMap.key(rows.field(row), former), SharedMap.key(field, encoded), row);
      rows.replace(row, hash, field, encoded, latest);
      recycled++;
      bindings.unbound(row);
    }
    admitted++;
    if (sketch != null) {
      sketch.admitted(hash);
    }
    bindings.bound(row, field, encoded.toString());
    return row;
  }

  private int recyclable() {
    int oldest = rows.oldest();
    return options.recycleAfter() > 0
            && oldest != RowTable.NONE
            && latest - rows.seen(oldest) >= options.recycleAfter()
        ? oldest
        : RowTable.NONE;
  }

  /**
   * The row that all values of a field without a row of their own share.
   *
   * @param field index of the field
   * @return the row, or {@link FeatureSpace#UNKNOWN} if the options give none
   */
  public int others(int field) {
    return options.outOfVocabulary() ? field : FeatureSpace.UNKNOWN;
  }

  /**
   * Finds the row of a value. Changes and counts nothing.
   *
   * @param field index of the field
   * @param value the value as the dictionary holds it
   * @return its row; if it has none, the one that the field's values without a row share, or {@link
   *     FeatureSpace#UNKNOWN}
   * @throws IndexOutOfBoundsException if there is no such field
   */
  public int find(int field, CharSequence value) {
    Objects.checkIndex(field, fields.size());
    int row = encoded.set(value) ? rows.find(encoded.hash(field), field, encoded) : RowTable.NONE;
    return row == RowTable.NONE ? others(field) : row;
  }

  /**
   * Keeps a row from being recycled, until it is unpinned as often as it was pinned.
   *
   * @param row a row that stands for a value, or for what is out of the vocabulary
   * @throws IndexOutOfBoundsException if it stands for nothing
   */
  public void pin(int row) {
    rows.pin(Objects.checkIndex(row, rows.used()));
  }

  /**
   * Takes one pin back. With the last one, the row counts as seen at the latest time.
   *
   * @param row a row that is pinned
   * @throws IndexOutOfBoundsException if it stands for nothing
   * @throws IllegalStateException if it is not pinned
   */
  public void unpin(int row) {
    if (rows.pins(Objects.checkIndex(row, rows.used())) == 0) {
      throw new IllegalStateException("row " + row + " is not pinned");
    }
    rows.unpin(row, latest);
  }

  /**
   * The features as they are now: as many as the capacity, those of rows without a value unbound.
   *
   * @return features of their own, which do not change
   */
  public FeatureSpace freeze() {
    FeatureSpace.Rows frozen = new FeatureSpace.Rows(fields, options.capacity());
    for (int row = 0; row < rows.shared(); row++) {
      frozen.others(rows.field(row), row);
    }
    for (int row = rows.shared(); row < rows.used(); row++) {
      rows.get(row, former);
      frozen.bind(row, rows.field(row), former.toBytes());
    }
    return frozen.build();
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
   * The options.
   *
   * @return as given
   */
  public DictionaryOptions options() {
    return options;
  }

  /**
   * What has been done.
   *
   * @return the counts now
   */
  public Counts counts() {
    return new Counts(
        rows.used() - rows.shared(),
        known,
        admitted,
        sketch == null ? 0 : sketch.early(),
        belowMinimum,
        refused,
        tooLong,
        recycled,
        sketch == null ? 0 : sketch.earlyChance(),
        sketch == null ? 0 : sketch.halvings());
  }

  /**
   * Memory that it takes: rows, their values, the sketch. Nearly all of it lies off the heap; the
   * file is not counted.
   *
   * @return bytes
   */
  public long bytes() {
    return rows.bytes() + (sketch == null ? 0 : sketch.bytes());
  }

  /**
   * Adds everything from which {@link #resume} goes on, as it is now.
   *
   * @param writer the file being made
   * @param arena memory for the copies, alive until the file is written
   */
  public void writeTo(SafetensorsWriter writer, Arena arena) {
    Checkpoint.Numbers numbers =
        new Checkpoint.Numbers(
            options.capacity(),
            options.outOfVocabulary(),
            latest,
            known,
            admitted,
            belowMinimum,
            refused,
            tooLong,
            recycled);
    Checkpoint.write(writer, arena, fields, numbers, rows, sketch);
  }

  /**
   * Closes the file after everything is on the disk, and frees the memory. A second call does
   * nothing.
   *
   * @throws IOException if the disk failed; the next {@link #resume} will recover the file then
   */
  @Override
  public void close() throws IOException {
    rows.close();
    map.close();
  }

  /** Leaves the file as an owner that dies does; for tests. */
  void abandon() throws IOException {
    map.abandon();
  }
}
