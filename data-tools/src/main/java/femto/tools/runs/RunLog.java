package femto.tools.runs;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import femto.file.DurableFile;
import femto.file.MalformedFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file of runs, one JSON object a line, that is only ever appended to: a run is known by the
 * number of its line.
 *
 * <p>Thread-safe, and safe between processes: lines are appended and read under a lock of the file,
 * so none is lost or mixed with another. A line is durable once {@link #append} returns. What a
 * process that was killed left of a line stays, as a line of its own that {@link #read} reports.
 */
public final class RunLog {
  /** Far more than the parameters of a run take. */
  private static final int MAX_LINE_BYTES = 1 << 20;

  /** Some hundred thousand runs; all of them are read at once. */
  private static final long MAX_FILE_BYTES = 1L << 28;

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

  /**
   * A lock of a file is the process's: its threads take turns by this one, also for reading, as
   * closing any channel of a file gives up the lock.
   */
  private static final Object TURN = new Object();

  private final Path file;

  /**
   * Names a log; nothing is read or written yet.
   *
   * @param file the file, which need not exist
   */
  public RunLog(Path file) {
    this.file = file;
  }

  /**
   * A run and where it stands.
   *
   * @param number number of its line, from 1
   * @param run the run
   */
  public record Entry(int number, Run run) {}

  /**
   * A line that is no run.
   *
   * @param number its number, from 1
   * @param problem what was found and what was expected
   */
  public record Malformed(int number, String problem) {}

  /**
   * What a file holds.
   *
   * @param entries its runs, in the order in which they were appended
   * @param malformed the other lines
   */
  public record Content(List<Entry> entries, List<Malformed> malformed) {}

  // ---- Appending ----

  /**
   * Appends a run, in a new file if there is none.
   *
   * @param run the run
   * @throws IOException if it cannot be written; the file is then as it was
   */
  public void append(Run run) throws IOException {
    byte[] line = JSON.writeValueAsBytes(toJson(run));
    if (line.length > MAX_LINE_BYTES) {
      throw new IOException(
          file + ": a line of " + line.length + " bytes, expected at most " + MAX_LINE_BYTES);
    }
    synchronized (TURN) {
      boolean isNew = !Files.exists(file);
      try (FileChannel channel = FileChannel.open(file, CREATE, READ, WRITE)) {
        channel.lock(); // given up when the channel is closed
        append(channel, line);
      }
      if (isNew) {
        DurableFile.syncDirectory(DurableFile.requireTarget(file));
      }
    }
  }

  private static void append(FileChannel channel, byte[] line) throws IOException {
    long size = channel.size();
    ByteBuffer bytes = ByteBuffer.allocate(line.length + 2);
    if (size > 0 && lastByte(channel, size) != '\n') {
      bytes.put((byte) '\n'); // ends what a killed process left
    }
    bytes.put(line).put((byte) '\n').flip();
    try {
      for (long at = size; bytes.hasRemaining(); ) {
        at += channel.write(bytes, at);
      }
      channel.force(true);
    } catch (IOException e) {
      try {
        channel.truncate(size);
      } catch (IOException alsoFailed) {
        e.addSuppressed(alsoFailed);
      }
      throw e;
    }
  }

  private static byte lastByte(FileChannel channel, long size) throws IOException {
    ByteBuffer last = ByteBuffer.allocate(1);
    channel.read(last, size - 1);
    return last.get(0);
  }

  private static ObjectNode toJson(Run run) {
    ObjectNode object = JSON.createObjectNode();
    object.put("time", run.time().toString());
    object.put("command", run.command());
    object.put("femto", run.version());
    object.put("data", run.data());
    object.put("protocol", run.protocol());
    object.put("model", run.model());
    run.parameters().forEach(object.putObject("parameters")::put);
    object.put("seed", run.seed());
    ObjectNode metrics = object.putObject("metrics");
    run.metrics().forEach((name, value) -> metrics.set(name, number(value)));
    object.set("seconds", number(run.seconds()));
    object.put("file", run.file() == null ? null : run.file().toString());
    return object;
  }

  /** JSON has no NaN. */
  private static JsonNode number(double value) {
    return Double.isFinite(value)
        ? JSON.getNodeFactory().numberNode(value)
        : JSON.getNodeFactory().nullNode();
  }

  // ---- Reading ----

  /**
   * Reads all runs. A line that is none is told of, and does not keep the others from being read.
   *
   * @return what the file holds
   * @throws MalformedFileException if it is too large
   * @throws IOException if it cannot be read
   */
  public Content read() throws IOException {
    byte[] bytes = bytes();
    List<Entry> entries = new ArrayList<>();
    List<Malformed> malformed = new ArrayList<>();
    int number = 0;
    for (int begin = 0, end; begin < bytes.length; begin = end + 1) {
      for (end = begin; end < bytes.length && bytes[end] != '\n'; ) {
        end++;
      }
      number++;
      try {
        entries.add(new Entry(number, run(bytes, begin, end)));
      } catch (JsonProcessingException e) {
        malformed.add(new Malformed(number, "is no JSON: " + e.getOriginalMessage()));
      } catch (IOException | DateTimeParseException | InvalidPathException e) {
        malformed.add(new Malformed(number, String.valueOf(e.getMessage())));
      }
    }
    return new Content(entries, malformed);
  }

  private byte[] bytes() throws IOException {
    synchronized (TURN) {
      try (FileChannel channel = FileChannel.open(file, READ)) {
        channel.lock(0, Long.MAX_VALUE, true);
        long size = channel.size();
        if (size > MAX_FILE_BYTES) {
          throw new MalformedFileException(
              file, "", "has " + size + " bytes, expected at most " + MAX_FILE_BYTES);
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) size);
        while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
          // until all is read
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
      }
    }
  }

  private static Run run(byte[] bytes, int begin, int end) throws IOException {
    if (end - begin > MAX_LINE_BYTES) {
      throw new IOException("has " + (end - begin) + " bytes, expected at most " + MAX_LINE_BYTES);
    }
    JsonNode object = JSON.readTree(bytes, begin, end - begin);
    if (!object.isObject()) {
      throw new IOException("is empty or another thing, expected a JSON object");
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> member : members(object, "parameters")) {
      parameters.put(member.getKey(), text(member.getValue(), member.getKey()));
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> member : members(object, "metrics")) {
      metrics.put(member.getKey(), number(member.getValue(), member.getKey()));
    }
    JsonNode seed = object.path("seed");
    if (!seed.canConvertToLong() || !seed.isIntegralNumber()) {
      throw new IOException("seed " + seed + ", expected a whole number");
    }
    return new Run(
        Instant.parse(text(object.path("time"), "time")),
        text(object.path("command"), "command"),
        text(object.path("femto"), "femto"),
        text(object.path("data"), "data"),
        text(object.path("protocol"), "protocol"),
        text(object.path("model"), "model"),
        parameters,
        seed.longValue(),
        metrics,
        number(object.path("seconds"), "seconds"),
        path(object.path("file")));
  }

  private static Iterable<Map.Entry<String, JsonNode>> members(JsonNode object, String name)
      throws IOException {
    JsonNode inner = object.path(name);
    if (!inner.isObject()) {
      throw new IOException(name + " " + inner + ", expected a JSON object");
    }
    return inner.properties();
  }

  private static String text(JsonNode value, String name) throws IOException {
    if (!value.isTextual()) {
      throw new IOException(name + " " + value + ", expected a text");
    }
    return value.textValue();
  }

  private static double number(JsonNode value, String name) throws IOException {
    if (value.isNull()) {
      return Double.NaN;
    }
    if (!value.isNumber()) {
      throw new IOException(name + " " + value + ", expected a number");
    }
    return value.doubleValue();
  }

  private static @Nullable Path path(JsonNode value) throws IOException {
    return value.isNull() || value.isMissingNode() ? null : Path.of(text(value, "file"));
  }
}
