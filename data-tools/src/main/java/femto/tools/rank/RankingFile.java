package femto.tools.rank;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import de.siegmar.fastcsv.writer.CsvWriter;
import femto.file.DurableFile;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Writes a ranking as CSV (a header and a line for each rank) or as JSON lines (an object for each
 * rank), by the file's name: {@code .jsonl} is JSON lines, anything else CSV.
 *
 * <p>A library quotes each id, once; the lines are put together here, as there are many more of
 * them than ids, and nothing else in them needs quoting.
 */
public final class RankingFile {
  /** Bytes that are written at once. */
  private static final int CHUNK = 1 << 16;

  private RankingFile() {}

  /** What stands around the values of a line, and how an id is written. */
  private record Format(
      String header,
      String context,
      String rank,
      String candidate,
      String prediction,
      String end,
      UnaryOperator<String> quoting) {
    static Format csv() {
      return new Format(
          "context,rank,candidate,prediction\r\n", "", ",", ",", ",", "\r\n", csvQuoting());
    }

    static Format jsonLines() {
      JsonStringEncoder encoder = JsonStringEncoder.getInstance();
      return new Format(
          "",
          "{\"context\":",
          ",\"rank\":",
          ",\"candidate\":",
          ",\"prediction\":",
          "}\n",
          id -> '"' + String.valueOf(encoder.quoteAsString(id)) + '"');
    }
  }

  /** As the first of two fields, where what must be quoted anywhere is quoted. */
  private static UnaryOperator<String> csvQuoting() {
    StringWriter text = new StringWriter();
    CsvWriter csv = CsvWriter.builder().bufferSize(0).build(text);
    return id -> {
      csv.writeRecord(id, "");
      String quoted = text.toString().replaceFirst(",\r\n$", "");
      text.getBuffer().setLength(0);
      return quoted;
    };
  }

  /**
   * Ranks and writes: to a temporary name, synced, renamed.
   *
   * @param ranking what to rank
   * @param threads how many threads rank
   * @param file final name of the file
   * @param progress as for {@link BatchRanking#run}
   * @return what it took
   * @throws IOException if writing fails or the thread is interrupted; an old file of that name is
   *     then untouched
   */
  public static BatchRanking.Times write(
      BatchRanking ranking, int threads, Path file, LongConsumer progress) throws IOException {
    Format format = file.toString().endsWith(".jsonl") ? Format.jsonLines() : Format.csv();
    AtomicReference<BatchRanking.@Nullable Times> times = new AtomicReference<>();
    DurableFile.write(
        file, channel -> times.set(write(ranking, threads, format, channel, progress)));
    return Objects.requireNonNull(times.get());
  }

  private static BatchRanking.Times write(
      BatchRanking ranking,
      int threads,
      Format format,
      WritableByteChannel channel,
      LongConsumer progress)
      throws IOException {
    byte[][] candidates =
        ranking.candidateIds().stream()
            .map(id -> bytes(format.candidate() + format.quoting().apply(id) + format.prediction()))
            .toArray(byte[][]::new);
    Lines lines = new Lines(channel);
    lines.append(bytes(format.header()));
    byte[] end = bytes(format.end());
    BatchRanking.Times times =
        ranking.run(
            threads,
            new BatchRanking.Sink() {
              private int last = -1;
              private byte[] begin = {};

              @Override
              public void accept(int context, int rank, int candidate, double prediction)
                  throws IOException {
                if (context != last) {
                  String id = format.quoting().apply(ranking.contextIds().get(context));
                  begin = bytes(format.context() + id + format.rank());
                  last = context;
                }
                lines.append(begin);
                lines.append(Integer.toString(rank));
                lines.append(candidates[candidate]);
                lines.append(Float.toString((float) prediction));
                lines.append(end);
              }
            },
            progress);
    lines.flush();
    return times;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Collects bytes, and writes many at once. */
  private static final class Lines {
    private final WritableByteChannel channel;
    private byte[] bytes = new byte[CHUNK];
    private int size;

    Lines(WritableByteChannel channel) {
      this.channel = channel;
    }

    void append(byte[] text) throws IOException {
      makeRoom(text.length);
      System.arraycopy(text, 0, bytes, size, text.length);
      size += text.length;
    }

    /** Takes a number, which is ASCII. */
    void append(String number) throws IOException {
      makeRoom(number.length());
      for (int i = 0; i < number.length(); i++) {
        bytes[size++] = (byte) number.charAt(i);
      }
    }

    private void makeRoom(int needed) throws IOException {
      if (bytes.length - size < needed) {
        flush();
        if (bytes.length < needed) {
          bytes = new byte[needed];
        }
      }
    }

    void flush() throws IOException {
      ByteBuffer rest = ByteBuffer.wrap(bytes, 0, size);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      size = 0;
    }
  }
}
