package femto.swap;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * A 64-bit hash of ids under two secret numbers drawn for each table, so that nobody outside can
 * choose ids that collide. It multiplies to 128 bits and adds the halves without carry, as in
 * wyhash (Wang Yi, 2019): once for eight bytes of text and once more at the end.
 *
 * <p>The hash of a text is that of its UTF-8 bytes, whether it is given as bytes or as characters.
 * Immutable; allocates nothing.
 */
class IdHash {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** The one that is the same everywhere: for no table, since anybody could fill its slots. */
  static final IdHash FINGERPRINT = new IdHash(0xa0761d6478bd642fL, 0xe7037ed1a0b428dbL);

  private final long seed;
  private final long multiplier;

  IdHash(long seed, long multiplier) {
    this.seed = seed;
    this.multiplier = multiplier | 1;
  }

  /** A hash that no other table has. */
  static IdHash random() {
    SecureRandom random = new SecureRandom();
    return new IdHash(random.nextLong(), random.nextLong());
  }

  /** Twice: after one product, numbers that differ in some bits in the middle only share slots. */
  long of(long id) {
    return mix(mix(seed ^ id));
  }

  long of(byte[] utf8, int begin, int length) {
    long hash = seed;
    int at = begin;
    int end = begin + length;
    for (; end - at >= Long.BYTES; at += Long.BYTES) {
      hash = mix(hash ^ (long) WORD.get(utf8, at));
    }
    long word = 0;
    for (int bits = 0; at < end; at++, bits += Byte.SIZE) {
      word |= (utf8[at] & 0xffL) << bits;
    }
    return finish(hash, word, length);
  }

  long of(CharSequence id) {
    long hash = seed;
    long word = 0;
    int bits = 0; // of word that are in use, below 64
    int length = 0;
    int chars = id.length();
    for (int i = 0; i < chars; i++) {
      char c = id.charAt(i);
      if (c < 0x80) {
        word |= (long) c << bits;
        bits += Byte.SIZE;
        length++;
        if (bits == Long.SIZE) {
          hash = mix(hash ^ word);
          word = 0;
          bits = 0;
        }
        continue;
      }
      int codePoint = Character.codePointAt(id, i);
      i += Character.charCount(codePoint) - 1;
      long utf8 = Utf8.pack(codePoint);
      int bytes = Utf8.bytes(codePoint);
      word |= utf8 << bits;
      bits += bytes * Byte.SIZE;
      length += bytes;
      if (bits >= Long.SIZE) {
        hash = mix(hash ^ word);
        bits -= Long.SIZE;
        // What did not fit; nothing if all did, since a long holds four bytes and zeros.
        word = utf8 >>> (bytes * Byte.SIZE - bits);
      }
    }
    return finish(hash, word, length);
  }

  /** The length tells apart texts that end in different numbers of zero bytes. */
  private long finish(long hash, long word, int length) {
    return mix(mix(hash ^ word) ^ length);
  }

  private long mix(long value) {
    return value * multiplier ^ Math.unsignedMultiplyHigh(value, multiplier);
  }
}
