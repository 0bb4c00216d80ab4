package femto.tools.dictionary;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.memory.Slab;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of values, off the heap, in blocks of whole words padded with zeros. The block of a
 * value that has gone is used for the next of the same number of words. No block lies in two
 * chunks.
 *
 * <pre>
 *   place of a value, a long:   offset in words, 48 bits | length in bytes, 16 bits
 * </pre>
 */
final class ValueStore implements AutoCloseable {
  /** The smallest chunk that gets a huge page. */
  private static final int CHUNK_SHIFT = 21;

  private static final long CHUNK_BYTES = 1L << CHUNK_SHIFT;
  private static final int MOST_WORDS = words(EncodedValue.MAX_BYTES);
  private static final long NONE = -1;

  private final List<Slab> slabs = new ArrayList<>();
  private MemorySegment[] chunks = {};
  private long end;

  /** The first free block of so many words, each of which holds the offset of the next. */
  private final long[] free = new long[MOST_WORDS + 1];

  ValueStore() {
    Arrays.fill(free, NONE);
  }

  private static int words(int bytes) {
    return (bytes + Long.BYTES - 1) / Long.BYTES;
  }

  static int length(long place) {
    return (int) place & EncodedValue.MAX_BYTES;
  }

  private static long offset(long place) {
    return (place >>> Short.SIZE) * Long.BYTES;
  }

  private MemorySegment chunk(long offset) {
    return chunks[(int) (offset >>> CHUNK_SHIFT)];
  }

  private static long position(long offset) {
    return offset & (CHUNK_BYTES - 1);
  }

  /** Stores a value; returns its place. */
  long put(EncodedValue value) {
    int length = value.length();
    long offset = allocate(words(length));
    MemorySegment chunk = length == 0 ? MemorySegment.NULL : chunk(offset);
    for (int at = 0; at < length; at += Long.BYTES) {
      long word = (long) EncodedValue.WORD.get(value.utf8(), at);
      chunk.set(JAVA_LONG, position(offset) + at, word);
    }
    return ((offset / Long.BYTES) << Short.SIZE) | length;
  }

  private long allocate(int words) {
    long offset = free[words];
    if (words == 0) {
      return 0;
    }
    if (offset != NONE) {
      free[words] = chunk(offset).get(JAVA_LONG, position(offset));
      return offset;
    }
    long bytes = (long) words * Long.BYTES;
    long left = CHUNK_BYTES * chunks.length - end;
    if (bytes > left) {
      Slab slab = Slab.allocate(CHUNK_BYTES);
      slabs.add(slab);
      end = CHUNK_BYTES * chunks.length;
      chunks = Arrays.copyOf(chunks, chunks.length + 1);
      chunks[chunks.length - 1] = slab.segment();
    }
    offset = end;
    end += bytes;
    return offset;
  }

  /** Gives the block of a value back. */
  void free(long place) {
    int words = words(length(place));
    if (words > 0) {
      long offset = offset(place);
      chunk(offset).set(JAVA_LONG, position(offset), free[words]);
      free[words] = offset;
    }
  }

  boolean holds(long place, EncodedValue value) {
    int length = value.length();
    if (length(place) != length) {
      return false;
    }
    if (length == 0) {
      return true;
    }
    byte[] utf8 = value.utf8();
    MemorySegment chunk = chunk(offset(place));
    long position = position(offset(place));
    for (int at = 0; at < length; at += Long.BYTES) {
      if (chunk.get(JAVA_LONG, position + at) != (long) EncodedValue.WORD.get(utf8, at)) {
        return false;
      }
    }
    return true;
  }

  /** Copies a value out. */
  void get(long place, EncodedValue into) {
    int length = length(place);
    byte[] utf8 = into.ensure(length);
    if (length > 0) {
      long offset = offset(place);
      MemorySegment.copy(chunk(offset), JAVA_BYTE, position(offset), utf8, 0, length);
    }
    into.pad(length);
  }

  long bytes() {
    return CHUNK_BYTES * chunks.length;
  }

  @Override
  public void close() {
    slabs.forEach(Slab::close);
    slabs.clear();
  }
}
