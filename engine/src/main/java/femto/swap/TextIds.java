package femto.swap;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Ids that are texts, in UTF-8 one after the other in chunks. No text lies in two chunks: one that
 * does not fit goes to the start of the next.
 *
 * <pre>
 *   place of a text, a long:   offset, 48 bits | length in bytes, 16 bits
 *   offset:                    chunk | position in it, 18 bits
 * </pre>
 */
class TextIds extends ExternalIds {
  /** Longest id, in bytes. */
  static final int MAX_BYTES = (1 << 16) - 1;

  /** Below half of the smallest region of G1 (1 MiB), above which arrays waste memory there. */
  private static final int CHUNK_SHIFT = 18;

  static final int CHUNK_BYTES = 1 << CHUNK_SHIFT;

  private static final int LONGEST_QUOTE = 60;

  private final Segment given;

  private volatile Segment appended = new Segment(new Texts(new long[0]), new SlotTable(0));

  /** The writer's own: where the next appended text may go. */
  private long end;

  /** Texts, numbered from 0. There may be room for more. */
  private record Texts(long[] places, byte[] @Nullable [] chunks) {
    Texts(long[] places) {
      this(places, new byte[0] @Nullable []);
    }

    static int length(long place) {
      return (int) place & MAX_BYTES;
    }

    static int position(long place) {
      return (int) (place >>> Short.SIZE) & (CHUNK_BYTES - 1);
    }

    static int chunk(long offset) {
      return (int) (offset >>> CHUNK_SHIFT);
    }

    byte[] chunkOf(long place) {
      return Objects.requireNonNull(chunks[chunk(place >>> Short.SIZE)]);
    }

    boolean holds(int number, CharSequence id) {
      long place = places[number];
      return Utf8.equal(chunkOf(place), position(place), length(place), id);
    }

    boolean holds(int number, byte[] utf8, int begin, int length) {
      long place = places[number];
      int position = position(place);
      return length(place) == length
          && Arrays.equals(
              chunkOf(place), position, position + length, utf8, begin, begin + length);
    }

    long hash(int number, IdHash hash) {
      long place = places[number];
      return hash.of(chunkOf(place), position(place), length(place));
    }

    String text(int number) {
      long place = places[number];
      return new String(chunkOf(place), position(place), length(place), StandardCharsets.UTF_8);
    }

    /** Where a text of so many bytes goes, if the texts before it end at an offset. */
    static long fit(long end, int length) {
      int left = CHUNK_BYTES - ((int) end & (CHUNK_BYTES - 1));
      return length <= left ? end : end + left;
    }

    /** The same with room for at least so many chunks. */
    Texts withChunks(int atLeast) {
      return atLeast <= chunks.length
          ? this
          : new Texts(places, Arrays.copyOf(chunks, Math.max(atLeast, 2 * chunks.length)));
    }

    Texts withPlaces(int room) {
      return new Texts(Arrays.copyOf(places, room), chunks);
    }

    void write(int number, long offset, byte[] utf8) {
      int at = chunk(offset);
      byte[] chunk = chunks[at];
      if (chunk == null) {
        chunk = new byte[CHUNK_BYTES];
        chunks[at] = chunk;
      }
      long place = offset << Short.SIZE | utf8.length;
      System.arraycopy(utf8, 0, chunk, position(place), utf8.length);
      places[number] = place;
    }

    long bytes() {
      long bytes = (long) places.length * Long.BYTES;
      for (byte[] chunk : chunks) {
        bytes += chunk == null ? 0 : chunk.length;
      }
      return bytes;
    }
  }

  private record Segment(Texts texts, SlotTable table) {
    /** The number of an id if it is below a limit, or NONE. */
    int find(CharSequence id, long hash, int limit) {
      int slot = table.first(hash);
      int number = table.number(slot);
      while (number >= 0 && !(number < limit && texts.holds(number, id))) {
        slot = table.next(hash, slot);
        number = table.number(slot);
      }
      return number;
    }

    int find(byte[] utf8, int begin, int length, long hash, int limit) {
      int slot = table.first(hash);
      int number = table.number(slot);
      while (number >= 0 && !(number < limit && texts.holds(number, utf8, begin, length))) {
        slot = table.next(hash, slot);
        number = table.number(slot);
      }
      return number;
    }

    /** Adds the text at a number, unless it is there: then this returns the number it has. */
    int add(int number, long hash) {
      long place = texts.places()[number];
      byte[] chunk = texts.chunkOf(place);
      int slot = table.first(hash);
      int other = table.number(slot);
      while (other >= 0) {
        if (texts.holds(other, chunk, Texts.position(place), Texts.length(place))) {
          return other;
        }
        slot = table.next(hash, slot);
        other = table.number(slot);
      }
      table.put(slot, hash, number);
      return number;
    }
  }

  private TextIds(Texts texts, IdHash hash) {
    super(hash, texts.places().length);
    int count = texts.places().length;
    given = new Segment(texts, new SlotTable(count));
    for (int i = 0; i < count; i++) {
      int at = given.add(i, texts.hash(i, hash));
      if (at != i) {
        throw duplicate(quote(texts.text(i)), at, i);
      }
    }
  }

  TextIds(Iterable<String> ids, IdHash hash) {
    this(textsOf(ids), hash);
  }

  static TextIds of(Iterable<String> ids, IdHash hash) {
    return new TextIds(ids, hash);
  }

  private static Texts textsOf(Iterable<? extends @Nullable String> ids) {
    int room = FIRST_ROOM;
    if (ids instanceof Collection<?> collection) {
      room = collection.size();
      checkCount(room);
    }
    Texts texts = new Texts(new long[room]);
    int count = 0;
    long end = 0;
    for (String id : ids) {
      checkCount(count + 1L);
      if (id == null) {
        throw new IllegalArgumentException("id at " + count + " is null, expected a text");
      }
      byte[] utf8 = encode(id, " at " + count);
      if (count == texts.places().length) {
        texts = texts.withPlaces(Math.max(FIRST_ROOM, 2 * count));
      }
      long offset = Texts.fit(end, utf8.length);
      texts = texts.withChunks(Texts.chunk(offset) + 1);
      texts.write(count, offset, utf8);
      end = offset + utf8.length;
      count++;
    }
    return trimmed(texts, count, end);
  }

  /** Places and chunks as long as they must be. */
  private static Texts trimmed(Texts texts, int count, long end) {
    int used = Texts.chunk(end + CHUNK_BYTES - 1);
    byte[] @Nullable [] chunks = Arrays.copyOf(texts.chunks(), used);
    int last = used - 1;
    byte[] chunk = last < 0 ? null : chunks[last];
    if (chunk != null) {
      chunks[last] = Arrays.copyOf(chunk, (int) (end - ((long) last << CHUNK_SHIFT)));
    }
    long[] places = texts.places();
    return new Texts(places.length == count ? places : Arrays.copyOf(places, count), chunks);
  }

  private static byte[] encode(String id, String where) {
    if (id.isEmpty()) {
      throw new IllegalArgumentException("id" + where + " is empty, expected a text");
    }
    int unpaired = Utf8.unpairedSurrogate(id);
    if (unpaired >= 0) {
      throw new IllegalArgumentException(
          "id"
              + where
              + " has half of a surrogate pair, U+"
              + Integer.toHexString(id.charAt(unpaired)).toUpperCase(Locale.ROOT)
              + ", as char "
              + unpaired
              + ", which UTF-8 cannot hold");
    }
    byte[] utf8 = id.getBytes(StandardCharsets.UTF_8);
    if (utf8.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "id"
              + where
              + " takes "
              + utf8.length
              + " bytes in UTF-8, expected at most "
              + MAX_BYTES
              + ": "
              + quote(id));
    }
    return utf8;
  }

  private static String quote(String id) {
    int shown = Math.min(id.length(), LONGEST_QUOTE);
    return '"' + id.substring(0, shown) + (shown < id.length() ? "..." : "") + '"';
  }

  @Override
  public boolean isLong() {
    return false;
  }

  @Override
  public int index(CharSequence id) {
    long hashOfId = hash.of(id);
    int first = givenFirst();
    int index = given.find(id, hashOfId, first);
    if (index != NONE) {
      return index;
    }
    int more = size() - first;
    if (more == 0) {
      return NONE;
    }
    index = appended.find(id, hashOfId, more);
    return index == NONE ? NONE : first + index;
  }

  private int index(byte[] utf8, int begin, int length) {
    long hashOfId = hash.of(utf8, begin, length);
    int first = givenFirst();
    int index = given.find(utf8, begin, length, hashOfId, first);
    if (index != NONE) {
      return index;
    }
    int more = size() - first;
    if (more == 0) {
      return NONE;
    }
    index = appended.find(utf8, begin, length, hashOfId, more);
    return index == NONE ? NONE : first + index;
  }

  @Override
  public String id(int index) {
    checkIndex(index);
    int first = givenFirst();
    return index < first ? given.texts().text(index) : appended.texts().text(index - first);
  }

  @Override
  public int indexOfOrAppend(CharSequence id) {
    int known = index(id);
    if (known != NONE) {
      return known;
    }
    byte[] utf8 = encode(id.toString(), "");
    int index = nextIndex();
    write(utf8, index - givenFirst());
    show(index + 1);
    return index;
  }

  /** A2 and A3. */
  void write(byte[] utf8, int number) {
    Segment segment = appended;
    if (number == segment.texts().places().length) {
      segment = grown(segment);
      appended = segment;
    }
    long offset = Texts.fit(end, utf8.length);
    Texts texts = segment.texts().withChunks(Texts.chunk(offset) + 1);
    if (texts.chunks().length > segment.texts().chunks().length) {
      segment = new Segment(texts, segment.table());
      appended = segment;
    }
    texts.write(number, offset, utf8);
    segment.add(number, texts.hash(number, hash));
    end = offset + utf8.length;
  }

  private Segment grown(Segment full) {
    int count = full.texts().places().length;
    int room = Math.max(FIRST_ROOM, 2 * count);
    Segment copy = new Segment(full.texts().withPlaces(room), new SlotTable(room));
    for (int i = 0; i < count; i++) {
      copy.add(i, full.texts().hash(i, hash));
    }
    return copy;
  }

  @Override
  int indexIn(ExternalIds other, int index) {
    checkIndex(index);
    int first = givenFirst();
    Texts texts = index < first ? given.texts() : appended.texts();
    long place = texts.places()[index < first ? index : index - first];
    return ((TextIds) other)
        .index(texts.chunkOf(place), Texts.position(place), Texts.length(place));
  }

  @Override
  long fingerprint(int index) {
    checkIndex(index);
    int first = givenFirst();
    return index < first
        ? given.texts().hash(index, IdHash.FINGERPRINT)
        : appended.texts().hash(index - first, IdHash.FINGERPRINT);
  }

  @Override
  long bytes() {
    return given.texts().bytes()
        + given.table().bytes()
        + appended.texts().bytes()
        + appended.table().bytes();
  }
}
