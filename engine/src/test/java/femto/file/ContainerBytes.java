package femto.file;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Safetensors files built by hand, from the format's description and nothing of the product. */
final class ContainerBytes {
  private ContainerBytes() {}

  /** Exactly this header, no padding. */
  static byte[] exact(String header, byte... data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return withLength(text.length, text, data);
  }

  /** The header padded with spaces to a multiple of 8 bytes, as the reference library does. */
  static byte[] reference(String header, byte... data) {
    return padded(header, 8, 0, data);
  }

  /** The header padded so that the data begins at a multiple of 64 bytes. */
  static byte[] aligned(String header, byte... data) {
    return padded(header, 64, 8, data);
  }

  private static byte[] padded(String header, int alignment, int before, byte... data) {
    int bytes = header.getBytes(StandardCharsets.UTF_8).length;
    int padding = Math.floorMod(-(bytes + before), alignment);
    return exact(header + " ".repeat(padding), data);
  }

  static byte[] withLength(long length, byte[] header, byte... data) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
    file.writeBytes(header);
    file.writeBytes(data);
    return file.toByteArray();
  }

  static String entry(String name, String dtype, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }

  static byte[] littleEndian(float... numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float number : numbers) {
      bytes.putFloat(number);
    }
    return bytes.array();
  }
}
