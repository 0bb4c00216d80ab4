package femto.tools.dictionary;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A value as a dictionary holds it: UTF-8, in which half of a surrogate pair is '?'. A buffer that
 * is used again and again; it is padded with zeros to whole words.
 */
final class EncodedValue {
  /** Longest value, in bytes. */
  static final int MAX_BYTES = (1 << 16) - 1;

  /** Words as they lie in memory, which are only compared and hashed. */
  static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  // Two numbers without a pattern: the golden ratio's fraction, and wyhash's second secret.
  private static final long SEED = 0x9e3779b97f4a7c15L;
  private static final long MULTIPLIER = 0xe7037ed1a0b428dbL;

  private byte[] utf8 = new byte[64];
  private int length;

  byte[] utf8() {
    return utf8;
  }

  int length() {
    return length;
  }

  /** Sets the value. False if it is too long, and then there is none. */
  boolean set(CharSequence value) {
    byte[] bytes = value.toString().getBytes(StandardCharsets.UTF_8);
    return set(bytes, bytes.length);
  }

  /** Sets the value from UTF-8. False if it is too long, and then there is none. */
  boolean set(byte[] from, int bytes) {
    if (bytes > MAX_BYTES) {
      length = 0;
      return false;
    }
    System.arraycopy(from, 0, ensure(bytes), 0, bytes);
    pad(bytes);
    return true;
  }

  /** Makes room for a value of so many bytes, which the caller writes, and then {@link #pad}s. */
  byte[] ensure(int bytes) {
    if (utf8.length < bytes + Long.BYTES) {
      utf8 = new byte[Math.max(bytes + Long.BYTES, 2 * utf8.length)];
    }
    return utf8;
  }

  /** Ends the value after so many bytes. */
  void pad(int bytes) {
    WORD.set(utf8, bytes, 0L);
    length = bytes;
  }

  /** The hash of this value of a field. */
  long hash(int field) {
    long hash = SEED * (field + 1L);
    for (int at = 0; at < length; at += Long.BYTES) {
      hash = mix(hash ^ (long) WORD.get(utf8, at));
    }
    return mix(mix(hash) ^ length);
  }

  /** Multiplies to 128 bits and adds the halves without carry, as in wyhash (Wang Yi, 2019). */
  static long mix(long value) {
    return value * MULTIPLIER ^ Math.unsignedMultiplyHigh(value, MULTIPLIER);
  }

  byte[] toBytes() {
    return Arrays.copyOf(utf8, length);
  }

  /** Whether these bytes, which came from elsewhere, are valid UTF-8. */
  boolean isUtf8() {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8, 0, length));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return new String(utf8, 0, length, StandardCharsets.UTF_8);
  }
}
