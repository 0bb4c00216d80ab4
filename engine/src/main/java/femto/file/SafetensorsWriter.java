package femto.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes a safetensors file: metadata, then tensors in the order in which they were added, each at
 * a multiple of 64 bytes. The format allows no gaps, so the bytes between two tensors are U8
 * tensors of their own, named {@code femto.padding.N}. The metadata gets a checksum over the whole
 * file. The same content gives the same bytes.
 *
 * <p>Not thread-safe. Off-heap segments and sources are read when {@link #write} is called, not
 * before.
 */
public final class SafetensorsWriter {
  /** What a source fills at once: enough for a channel, and too little to matter. */
  private static final long PIECE_BYTES = 1L << 22;

  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final List<Content> data = new ArrayList<>();
  private long end;

  /** The bytes of a tensor, put where they belong. */
  @FunctionalInterface
  private interface Content {
    void putInto(Sink sink) throws IOException;
  }

  /** A channel, and the checksum of what has been put there. */
  private static final class Sink {
    private final FileChannel channel;
    private final CRC32C crc = new CRC32C();

    Sink(FileChannel channel) {
      this.channel = channel;
    }

    void put(ByteBuffer bytes) throws IOException {
      crc.update(bytes.duplicate());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    void put(MemorySegment segment) throws IOException {
      for (long at = 0; at < segment.byteSize(); at += Safetensors.CHUNK_BYTES) {
        long bytes = Math.min(Safetensors.CHUNK_BYTES, segment.byteSize() - at);
        put(segment.asSlice(at, bytes).asByteBuffer());
      }
    }
  }

  /** Starts an empty file. */
  public SafetensorsWriter() {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new IllegalStateException("safetensors files are little-endian, this machine is not");
    }
    metadata.put(Safetensors.WRITER_KEY, Safetensors.WRITER);
    metadata.put(Safetensors.CHECKSUM_KEY, Safetensors.CHECKSUM_PREFIX + Safetensors.CHECKSUM_ZERO);
  }

  /**
   * Adds a metadata string.
   *
   * @param key its key, not yet used
   * @param value its value
   * @return this
   */
  public SafetensorsWriter metadata(String key, String value) {
    if (metadata.putIfAbsent(requireText(key), requireText(value)) != null) {
      throw new IllegalArgumentException("metadata key " + key + " was added before");
    }
    return this;
  }

  /**
   * Adds a tensor.
   *
   * @param name its name, not yet used
   * @param dtype type of its numbers
   * @param content its bytes
   * @param shape its dimensions, outermost first
   * @return this
   * @throws IllegalArgumentException if the content's size is not what type and shape say
   */
  public SafetensorsWriter tensor(String name, Dtype dtype, MemorySegment content, long... shape) {
    long bytes = byteSize(name, dtype, shape);
    if (content.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "tensor "
              + name
              + " has "
              + content.byteSize()
              + " bytes, expected "
              + bytes
              + " for "
              + TensorInfo.describe(dtype, shape));
    }
    // Channels take native memory, and of heap arrays only those of bytes.
    MemorySegment readable = content.isNative() ? content : nativeCopy(content);
    return add(name, dtype, bytes, sink -> sink.put(readable), shape);
  }

  /**
   * Adds a tensor that is not in memory as a whole. The file can then be written once.
   *
   * @param name its name, not yet used
   * @param dtype type of its numbers
   * @param source gives as many bytes as type and shape say, when the file is written
   * @param shape its dimensions, outermost first
   * @return this
   */
  public SafetensorsWriter tensor(String name, Dtype dtype, TensorSource source, long... shape) {
    long bytes = byteSize(name, dtype, shape);
    return add(name, dtype, bytes, sink -> putAll(source, bytes, sink), shape);
  }

  private static void putAll(TensorSource source, long bytes, Sink sink) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(Math.min(bytes, PIECE_BYTES), Safetensors.ALIGNMENT);
      for (long at = 0; at < bytes; at += PIECE_BYTES) {
        MemorySegment filled = piece.asSlice(0, Math.min(PIECE_BYTES, bytes - at));
        source.fill(filled);
        sink.put(filled);
      }
    }
  }

  private SafetensorsWriter add(
      String name, Dtype dtype, long bytes, Content content, long... shape) {
    if (name.equals(HeaderParser.METADATA)
        || name.startsWith(Safetensors.PADDING_PREFIX)
        || tensors.containsKey(requireText(name))) {
      throw new IllegalArgumentException("tensor name " + name + " is taken");
    }
    int padding = (int) (-end & (Safetensors.ALIGNMENT - 1));
    if (padding > 0) {
      String paddingName = Safetensors.PADDING_PREFIX + tensors.size();
      ByteBuffer zeros = ByteBuffer.allocate(padding);
      append(paddingName, Dtype.U8, padding, sink -> sink.put(zeros.duplicate()), (long) padding);
    }
    append(name, dtype, bytes, content, shape);
    return this;
  }

  private static long byteSize(String name, Dtype dtype, long[] shape) {
    try {
      long bytes = dtype.bytes();
      for (long dimension : shape) {
        bytes = Math.multiplyExact(bytes, dimension);
      }
      if (shape.length <= Safetensors.MAX_DIMENSIONS
          && java.util.Arrays.stream(shape).allMatch(dimension -> dimension >= 0)) {
        return bytes;
      }
    } catch (ArithmeticException e) {
      // Falls through to the one message for all.
    }
    throw new IllegalArgumentException(
        "tensor " + name + " cannot have the shape " + TensorInfo.describe(dtype, shape));
  }

  private static String requireText(String text) {
    if (!Safetensors.isUtf16(text)) {
      throw new IllegalArgumentException(
          "\"" + text + "\" holds half of a surrogate pair, which UTF-8 cannot");
    }
    return text;
  }

  private void append(String name, Dtype dtype, long bytes, Content content, long... shape) {
    List<Long> dimensions = java.util.Arrays.stream(shape).boxed().toList();
    long begin = end;
    end = Math.addExact(end, bytes);
    tensors.put(name, new TensorInfo(name, dtype, dimensions, begin, end));
    data.add(content);
  }

  private static MemorySegment nativeCopy(MemorySegment content) {
    return Arena.ofAuto().allocate(content.byteSize(), Safetensors.ALIGNMENT).copyFrom(content);
  }

  /**
   * Writes the file: to a temporary name, synced, then renamed.
   *
   * @param file its final name
   * @throws IOException if writing fails; an old file of that name is then untouched
   */
  public void write(Path file) throws IOException {
    byte[] header = header();
    int digits = headerText().indexOf(Safetensors.checksumMarker());
    digits += Safetensors.checksumMarker().length();
    long digitsAt = Safetensors.LENGTH_BYTES + (long) digits;
    DurableFile.write(
        file,
        channel -> {
          Sink sink = new Sink(channel);
          sink.put(Safetensors.lengthBytes(header.length));
          sink.put(ByteBuffer.wrap(header)); // with zeros for the checksum, as it is computed
          for (Content content : data) {
            content.putInto(sink);
          }
          writeFully(channel, Safetensors.checksum(sink.crc), digitsAt);
        });
  }

  private static void writeFully(FileChannel channel, String text, long position)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      channel.write(bytes, position + bytes.position());
    }
  }

  private byte[] header() {
    byte[] text = headerText().getBytes(StandardCharsets.UTF_8);
    int unaligned = (Safetensors.LENGTH_BYTES + text.length) % Safetensors.ALIGNMENT;
    int padding = unaligned == 0 ? 0 : Safetensors.ALIGNMENT - unaligned;
    byte[] header = java.util.Arrays.copyOf(text, text.length + padding);
    java.util.Arrays.fill(header, text.length, header.length, (byte) ' ');
    if (header.length > Safetensors.MAX_HEADER_BYTES) {
      throw new IllegalStateException(
          "header of " + header.length + " bytes, at most " + Safetensors.MAX_HEADER_BYTES);
    }
    return header;
  }

  private String headerText() {
    StringBuilder json = new StringBuilder("{").append(quote(HeaderParser.METADATA)).append(":{");
    String separator = "";
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      json.append(separator)
          .append(quote(entry.getKey()))
          .append(':')
          .append(quote(entry.getValue()));
      separator = ",";
    }
    json.append('}');
    for (TensorInfo tensor : tensors.values()) {
      json.append(',').append(quote(tensor.name())).append(":{\"dtype\":\"").append(tensor.dtype());
      json.append("\",\"shape\":").append(tensor.shape().toString().replace(" ", ""));
      json.append(",\"data_offsets\":[").append(tensor.begin()).append(',').append(tensor.end());
      json.append("]}");
    }
    return json.append('}').toString();
  }

  private static String quote(String value) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
