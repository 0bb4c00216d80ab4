package femto.tools.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder for what is needed only for a while. Closing deletes it with everything in it.
 *
 * @param path where it is
 */
public record TemporaryFolder(Path path) implements AutoCloseable {
  /**
   * Makes an empty folder where the system keeps temporary files.
   *
   * @param prefix what its name begins with
   * @return the folder
   * @throws IOException if it cannot be made
   */
  public static TemporaryFolder create(String prefix) throws IOException {
    return new TemporaryFolder(Files.createTempDirectory(prefix));
  }

  @Override
  public void close() throws IOException {
    DurableFolder.delete(path);
  }
}
