package femto.tools.rank;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import de.siegmar.fastcsv.writer.CsvWriter;
import femto.file.DurableFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes a ranking as CSV (a header and a line for each rank) or as JSON lines (an object for each
 * rank), by the file's name: {@code .jsonl} is JSON lines, anything else CSV.
 */
public final class RankingFile {
  private static final String[] COLUMNS = {"context", "rank", "candidate", "prediction"};

  private RankingFile() {}

  /**
   * Ranks and writes: to a temporary name, synced, renamed.
   *
   * @param ranking what to rank
   * @param threads how many threads rank
   * @param file final name of the file
   * @param progress is told how many contexts are done
   * @return what it took
   * @throws IOException if writing fails or the thread is interrupted; an old file of that name is
   *     then untouched
   */
  public static BatchRanking.Times write(
      BatchRanking ranking, int threads, Path file, LongConsumer progress) throws IOException {
    boolean jsonLines = file.toString().endsWith(".jsonl");
    AtomicReference<BatchRanking.@Nullable Times> times = new AtomicReference<>();
    DurableFile.write(
        file,
        channel -> {
          Writer writer =
              new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8), 1 << 16);
          if (jsonLines) {
            times.set(writeJsonLines(ranking, threads, writer, progress));
          } else {
            times.set(writeCsv(ranking, threads, writer, progress));
          }
          writer.flush();
        });
    return Objects.requireNonNull(times.get());
  }

  private static BatchRanking.Times writeCsv(
      BatchRanking ranking, int threads, Writer writer, LongConsumer progress) throws IOException {
    CsvWriter csv = CsvWriter.builder().build(writer);
    csv.writeRecord(COLUMNS);
    BatchRanking.Times times =
        ranking.run(
            threads,
            (context, rank, candidate, prediction) ->
                csv.writeRecord(
                    context, Integer.toString(rank), candidate, Float.toString((float) prediction)),
            progress);
    csv.flush();
    return times;
  }

  private static BatchRanking.Times writeJsonLines(
      BatchRanking ranking, int threads, Writer writer, LongConsumer progress) throws IOException {
    JsonGenerator json = new JsonFactory().createGenerator(writer);
    json.setRootValueSeparator(null);
    BatchRanking.Times times =
        ranking.run(
            threads,
            (context, rank, candidate, prediction) -> {
              json.writeStartObject();
              json.writeStringField(COLUMNS[0], context);
              json.writeNumberField(COLUMNS[1], rank);
              json.writeStringField(COLUMNS[2], candidate);
              json.writeNumberField(COLUMNS[3], (float) prediction);
              json.writeEndObject();
              json.writeRaw('\n');
            },
            progress);
    json.flush();
    return times;
  }
}
