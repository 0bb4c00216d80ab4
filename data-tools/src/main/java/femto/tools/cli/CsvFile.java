package femto.tools.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import de.siegmar.fastcsv.writer.CsvWriter;
import femto.file.DurableFile;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.channels.Channels;
import java.nio.file.Path;

/** A CSV file that is whole or not there. */
final class CsvFile {
  private CsvFile() {}

  /** Writes rows. */
  @FunctionalInterface
  interface Rows {
    void write(CsvWriter csv) throws IOException;
  }

  static void write(Path file, Rows rows) throws IOException {
    DurableFile.write(
        file,
        channel -> {
          try (CsvWriter csv =
              CsvWriter.builder()
                  .build(
                      new OutputStreamWriter(Channels.newOutputStream(channel), UTF_8) {
                        @Override
                        public void close() throws IOException {
                          flush(); // the channel is synced after that
                        }
                      })) {
            rows.write(csv);
          }
        });
  }
}
