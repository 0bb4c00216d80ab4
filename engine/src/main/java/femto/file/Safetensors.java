package femto.file;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** What reader and writer of the container agree on. */
final class Safetensors {
  /** The file begins with the header's length: eight bytes, little-endian. */
  static final int LENGTH_BYTES = 8;

  /** The reference library's own limit. */
  static final long MAX_HEADER_BYTES = 100_000_000;

  /** Femto's files start their data, and each tensor in it, at multiples of this. */
  static final int ALIGNMENT = 64;

  static final String PADDING_PREFIX = "femto.padding.";
  static final String WRITER_KEY = "femto.writer";
  static final String WRITER = "femto";
  static final String CHECKSUM_KEY = "femto.checksum";
  static final String CHECKSUM_PREFIX = "crc32c:";
  static final String CHECKSUM_ZERO = "00000000";

  /** Largest piece handed to a channel or a checksum at once. */
  static final long CHUNK_BYTES = 1L << 26;

  static final int MAX_DIMENSIONS = 16;

  private Safetensors() {}

  /** Whether every surrogate has its other half: what has not cannot be written as UTF-8. */
  static boolean isUtf16(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }

  /** The header's text up to the checksum's digits, as Femto writes it. */
  static String checksumMarker() {
    return "\"" + CHECKSUM_KEY + "\":\"" + CHECKSUM_PREFIX;
  }

  /** CRC32C over the length bytes, the header with its checksum digits zeroed, and the data. */
  static String checksum(byte[] header, int digits, MemorySegment data) {
    byte[] zeroed = header.clone();
    byte[] zeros = CHECKSUM_ZERO.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(zeros, 0, zeroed, digits, zeros.length);
    CRC32C crc = new CRC32C();
    crc.update(lengthBytes(header.length));
    crc.update(zeroed);
    for (long offset = 0; offset < data.byteSize(); offset += CHUNK_BYTES) {
      long bytes = Math.min(CHUNK_BYTES, data.byteSize() - offset);
      crc.update(data.asSlice(offset, bytes).asByteBuffer());
    }
    return checksum(crc);
  }

  /** The digits of a checksum. */
  static String checksum(CRC32C crc) {
    return "%08x".formatted(crc.getValue());
  }

  static ByteBuffer lengthBytes(long headerBytes) {
    return ByteBuffer.allocate(LENGTH_BYTES)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .putLong(headerBytes)
        .flip();
  }
}
