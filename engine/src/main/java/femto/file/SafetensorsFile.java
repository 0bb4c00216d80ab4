package femto.file;

import femto.memory.Slab;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An open safetensors file: its metadata and its tensors. Immutable and safe to share between
 * threads until {@link #close}, which frees or unmaps the data; use after that throws {@link
 * IllegalStateException}.
 *
 * <p>Nothing in the file is trusted: the header's length is checked against the file before it is
 * allocated, the tensors must cover the data exactly, and where there is a checksum it must fit. A
 * file that says Femto wrote it must have one.
 */
public final class SafetensorsFile implements AutoCloseable {
  private final Path path;
  private final HeaderParser.Header header;
  private final MemorySegment data;
  private final AutoCloseable memory;
  private final boolean checksummed;

  private SafetensorsFile(
      Path path,
      HeaderParser.Header header,
      MemorySegment data,
      AutoCloseable memory,
      boolean sum) {
    this.path = path;
    this.header = header;
    this.data = data;
    this.memory = memory;
    this.checksummed = sum;
  }

  /**
   * Opens a file by reading it into memory of its own, on huge pages where possible.
   *
   * @param path the file
   * @return the open file
   * @throws MalformedFileException if it is not a whole, valid safetensors file
   * @throws IOException if it cannot be read
   */
  public static SafetensorsFile read(Path path) throws IOException {
    return open(path, false);
  }

  /**
   * Opens a file by mapping it, which suits what is read in order and may exceed memory. The file
   * must not be changed in place while it is open (replacing it by renaming is safe). A file whose
   * data is not aligned is read instead.
   *
   * @param path the file
   * @return the open file
   * @throws MalformedFileException if it is not a whole, valid safetensors file
   * @throws IOException if it cannot be read
   */
  public static SafetensorsFile map(Path path) throws IOException {
    return open(path, true);
  }

  @SuppressWarnings("MustBeClosedChecker") // the open file owns the arena
  private static SafetensorsFile open(Path path, boolean map) throws IOException {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new IOException(path + ": safetensors files are little-endian, this machine is not");
    }
    if (Files.isDirectory(path)) {
      throw new MalformedFileException(path, "", "is a directory, expected a safetensors file");
    }
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString(), null, "there is no such file");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      byte[] headerBytes = readHeader(path, channel);
      HeaderParser.Header header = HeaderParser.parse(path, headerBytes);
      long dataStart = Safetensors.LENGTH_BYTES + (long) headerBytes.length;
      long dataBytes = channel.size() - dataStart;
      requireExactCover(path, header, dataBytes);
      boolean mapped = map && dataStart % Safetensors.ALIGNMENT == 0;
      AutoCloseable memory = mapped ? Arena.ofShared() : Slab.allocate(dataBytes);
      SafetensorsFile file = null;
      try {
        MemorySegment data;
        if (memory instanceof Arena arena) {
          data = channel.map(FileChannel.MapMode.READ_ONLY, dataStart, dataBytes, arena);
        } else {
          data = ((Slab) memory).segment();
          readData(path, channel, dataStart, data);
        }
        boolean checksummed = verifyChecksum(path, header, headerBytes, data);
        file = new SafetensorsFile(path, header, data.asReadOnly(), memory, checksummed);
        return file;
      } finally {
        if (file == null) {
          closeQuietly(memory);
        }
      }
    }
  }

  private static byte[] readHeader(Path path, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < Safetensors.LENGTH_BYTES) {
      throw new MalformedFileException(
          path, "", "has " + size + " bytes, expected a safetensors file (at least 8 bytes)");
    }
    ByteBuffer length =
        ByteBuffer.allocate(Safetensors.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    readFully(path, channel, length, 0);
    long headerBytes = length.flip().getLong();
    long available = Math.min(size - Safetensors.LENGTH_BYTES, Safetensors.MAX_HEADER_BYTES);
    if (headerBytes < 0 || headerBytes > available) {
      throw new MalformedFileException(
          path,
          "header",
          "claims "
              + Long.toUnsignedString(headerBytes)
              + " bytes, expected at most "
              + available
              + " in a file of "
              + size
              + ": not a safetensors file, or a damaged or truncated one");
    }
    ByteBuffer header = ByteBuffer.allocate((int) headerBytes);
    readFully(path, channel, header, Safetensors.LENGTH_BYTES);
    return header.array();
  }

  private static void readData(Path path, FileChannel channel, long start, MemorySegment data)
      throws IOException {
    for (long offset = 0; offset < data.byteSize(); offset += Safetensors.CHUNK_BYTES) {
      long bytes = Math.min(Safetensors.CHUNK_BYTES, data.byteSize() - offset);
      readFully(path, channel, data.asSlice(offset, bytes).asByteBuffer(), start + offset);
    }
  }

  private static void readFully(Path path, FileChannel channel, ByteBuffer into, long position)
      throws IOException {
    long at = position;
    while (into.hasRemaining()) {
      int read = channel.read(into, at);
      if (read < 0) {
        throw new MalformedFileException(
            path, "", "ends at byte " + at + " while it is being read");
      }
      at += read;
    }
  }

  private static void requireExactCover(Path path, HeaderParser.Header header, long dataBytes)
      throws MalformedFileException {
    List<TensorInfo> inOrder =
        header.tensors().values().stream()
            .sorted(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end))
            .toList();
    long expected = 0;
    for (TensorInfo tensor : inOrder) {
      String place = "tensor " + tensor.name();
      if (tensor.begin() != expected) {
        throw new MalformedFileException(
            path, place, "begins at byte " + tensor.begin() + " of the data, expected " + expected);
      }
      long bytes = byteSize(path, tensor);
      if (tensor.end() - tensor.begin() != bytes) {
        throw new MalformedFileException(
            path,
            place,
            "spans "
                + tensor.byteSize()
                + " bytes, expected "
                + bytes
                + " for "
                + tensor.describe());
      }
      if (tensor.end() > dataBytes) {
        throw new MalformedFileException(
            path,
            place,
            "ends at byte "
                + tensor.end()
                + " of the data, but the file holds only "
                + dataBytes
                + ": it is truncated");
      }
      expected = tensor.end();
    }
    if (expected != dataBytes) {
      throw new MalformedFileException(
          path, "", "holds " + dataBytes + " bytes of data, expected " + expected);
    }
  }

  private static long byteSize(Path path, TensorInfo tensor) throws MalformedFileException {
    try {
      long bytes = tensor.dtype().bytes();
      for (long dimension : tensor.shape()) {
        bytes = Math.multiplyExact(bytes, dimension);
      }
      return bytes;
    } catch (ArithmeticException e) {
      throw new MalformedFileException(
          path, "tensor " + tensor.name(), "has the impossible size " + tensor.describe());
    }
  }

  private static boolean verifyChecksum(
      Path path, HeaderParser.Header header, byte[] headerBytes, MemorySegment data)
      throws MalformedFileException {
    String stated = header.metadata().get(Safetensors.CHECKSUM_KEY);
    if (stated == null) {
      if (header.metadata().containsKey(Safetensors.WRITER_KEY)) {
        throw new MalformedFileException(
            path, "header", "says that Femto wrote the file, but the checksum is missing");
      }
      return false;
    }
    String text = new String(headerBytes, StandardCharsets.ISO_8859_1);
    int marker = text.indexOf(Safetensors.checksumMarker());
    int digits = marker + Safetensors.checksumMarker().length();
    if (marker < 0 || digits + Safetensors.CHECKSUM_ZERO.length() > headerBytes.length) {
      throw new MalformedFileException(
          path, "header", "has the checksum \"" + stated + "\", expected crc32c:xxxxxxxx");
    }
    String actual = Safetensors.CHECKSUM_PREFIX + Safetensors.checksum(headerBytes, digits, data);
    if (!actual.equals(stated)) {
      throw new MalformedFileException(
          path, "", "is damaged: its checksum is " + actual + ", the header says " + stated);
    }
    return true;
  }

  /**
   * The file's name, for messages.
   *
   * @return the path it was opened by
   */
  public Path path() {
    return path;
  }

  /**
   * Whether the file had a checksum (it fits, or the file would not be open).
   *
   * @return false for a file of another writer without one
   */
  public boolean isChecksummed() {
    return checksummed;
  }

  /**
   * The checksum, as an identity of the content.
   *
   * @return such as {@code crc32c:0a1b2c3d}; empty if the file has none
   */
  public Optional<String> checksum() {
    return Optional.ofNullable(header.metadata().get(Safetensors.CHECKSUM_KEY));
  }

  /**
   * All metadata strings.
   *
   * @return key to value
   */
  public Map<String, String> metadata() {
    return java.util.Collections.unmodifiableMap(header.metadata());
  }

  /**
   * One metadata string that must be there.
   *
   * @param key its key
   * @return its value
   * @throws MalformedFileException if the file has no such key
   */
  public String requireMetadata(String key) throws MalformedFileException {
    String value = header.metadata().get(key);
    if (value == null) {
      throw new MalformedFileException(path, "header", "has no metadata \"" + key + "\"");
    }
    return value;
  }

  /**
   * One metadata number that must be there.
   *
   * @param key its key
   * @return its value, 0 or more
   * @throws MalformedFileException if the file has no such key, or it is no such number
   */
  public long requireCount(String key) throws MalformedFileException {
    String text = requireMetadata(key);
    try {
      long count = Long.parseLong(text);
      if (count >= 0 && Long.toString(count).equals(text)) {
        return count;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new MalformedFileException(
        path, "metadata " + key, "is " + text + ", expected a whole number, 0 or more");
  }

  /**
   * The tensors in the order of the header, without padding.
   *
   * @return the tensors
   */
  public List<TensorInfo> tensors() {
    return header.tensors().values().stream()
        .filter(tensor -> !tensor.name().startsWith(Safetensors.PADDING_PREFIX))
        .toList();
  }

  /**
   * Whether the file has a tensor.
   *
   * @param name its name
   * @return true if it has
   */
  public boolean contains(String name) {
    return header.tensors().containsKey(name) && !name.startsWith(Safetensors.PADDING_PREFIX);
  }

  /**
   * The bytes of a tensor that must have a given type and shape.
   *
   * @param name its name
   * @param dtype its type
   * @param shape its dimensions, -1 for one of any size
   * @return a read-only segment, aligned for the type; it lives as long as this file is open
   * @throws MalformedFileException if the file has no such tensor
   */
  public MemorySegment require(String name, Dtype dtype, long... shape)
      throws MalformedFileException {
    TensorInfo tensor = header.tensors().get(name);
    if (tensor == null) {
      throw new MalformedFileException(
          path, "tensor " + name, "is missing, expected " + TensorInfo.describe(dtype, shape));
    }
    if (!tensor.is(dtype, shape)) {
      throw new MalformedFileException(
          path,
          "tensor " + name,
          "is " + tensor.describe() + ", expected " + TensorInfo.describe(dtype, shape));
    }
    MemorySegment bytes = data.asSlice(tensor.begin(), tensor.byteSize());
    if (bytes.address() % dtype.bytes() == 0) {
      return bytes;
    }
    MemorySegment aligned = Arena.ofAuto().allocate(tensor.byteSize(), Slab.ALIGNMENT);
    return aligned.copyFrom(bytes).asReadOnly();
  }

  /** Frees or unmaps the data. A second call does nothing. */
  @Override
  public void close() {
    if (data.scope().isAlive()) {
      closeQuietly(memory);
    }
  }

  private static void closeQuietly(AutoCloseable memory) {
    if (memory instanceof Slab slab) {
      slab.close();
    } else if (memory instanceof Arena arena) {
      arena.close();
    }
  }
}
