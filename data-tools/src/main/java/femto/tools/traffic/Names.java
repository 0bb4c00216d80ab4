package femto.tools.traffic;

import static java.nio.charset.StandardCharsets.UTF_8;

import it.unimi.dsi.fastutil.HashCommon;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Numbers texts in the order in which they come. A text takes its bytes and about 30 more, where a
 * map of strings takes about 70: a log has an id for each impression.
 */
final class Names {
  static final int NONE = -1;

  private static final int CHUNK_BITS = 20;
  private static final int CHUNK = 1 << CHUNK_BITS;
  private static final int LENGTH_BYTES = 2;
  private static final long FNV_PRIME = 0x100000001b3L;

  /** Other in each process, so that no log can be made whose texts all collide. */
  private static final long SEED = new SplittableRandom().nextLong();

  /** Each text behind its length, none across two chunks. */
  private final List<byte[]> chunks = new ArrayList<>();

  private int used = CHUNK;
  private final LongArrayList places = new LongArrayList();

  /**
   * Slots by hash, each a hash above a number plus 1, or 0 if it is free. The hash saves going to
   * the text of every other one that is met on the way, each a cache miss or two.
   */
  private long[] table = new long[1 << 4];

  /** The number of a text, a new one if it has none; {@link #NONE} for an empty text. */
  int number(byte[] text, int from, int to) {
    if (from == to) {
      return NONE;
    }
    int hash = hash(text, from, to);
    int slot = hash & (table.length - 1);
    while (table[slot] != 0) {
      int number = (int) table[slot] - 1;
      if ((int) (table[slot] >>> Integer.SIZE) == hash && is(number, text, from, to)) {
        return number;
      }
      slot = (slot + 1) & (table.length - 1);
    }
    add(text, from, to);
    table[slot] = (long) hash << Integer.SIZE | places.size();
    if (places.size() > table.length / 4 * 3) {
      grow();
    }
    return places.size() - 1;
  }

  private static int hash(byte[] text, int from, int to) {
    long hash = SEED;
    for (int at = from; at < to; at++) {
      hash = (hash ^ text[at]) * FNV_PRIME;
    }
    return (int) HashCommon.mix(hash);
  }

  private boolean is(int number, byte[] text, int from, int to) {
    long place = places.getLong(number);
    byte[] chunk = chunks.get((int) (place >>> CHUNK_BITS));
    int begin = begin(place);
    return Arrays.equals(chunk, begin, begin + length(place), text, from, to);
  }

  private static int begin(long place) {
    return (int) (place & (CHUNK - 1)) + LENGTH_BYTES;
  }

  private int length(long place) {
    byte[] chunk = chunks.get((int) (place >>> CHUNK_BITS));
    int at = (int) (place & (CHUNK - 1));
    return (chunk[at] & 0xff) << 8 | (chunk[at + 1] & 0xff);
  }

  private void add(byte[] text, int from, int to) {
    int length = to - from;
    if (used + LENGTH_BYTES + length > CHUNK) {
      chunks.add(new byte[CHUNK]);
      used = 0;
    }
    byte[] chunk = chunks.get(chunks.size() - 1);
    places.add((long) (chunks.size() - 1) << CHUNK_BITS | used);
    chunk[used] = (byte) (length >>> 8);
    chunk[used + 1] = (byte) length;
    System.arraycopy(text, from, chunk, used + LENGTH_BYTES, length);
    used += LENGTH_BYTES + length;
  }

  private void grow() {
    long[] larger = new long[2 * table.length];
    for (long entry : table) {
      if (entry != 0) {
        int slot = (int) (entry >>> Integer.SIZE) & (larger.length - 1);
        while (larger[slot] != 0) {
          slot = (slot + 1) & (larger.length - 1);
        }
        larger[slot] = entry;
      }
    }
    table = larger;
  }

  int size() {
    return places.size();
  }

  String text(int number) {
    long place = places.getLong(number);
    byte[] chunk = chunks.get((int) (place >>> CHUNK_BITS));
    return new String(chunk, begin(place), length(place), UTF_8);
  }
}
