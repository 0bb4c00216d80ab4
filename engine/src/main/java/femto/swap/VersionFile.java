package femto.swap;

import femto.model.Model;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A model and its candidates in one file; {@code engine/docs/model-file.md} is the specification.
 * {@link femto.model.ModelFile#read} reads the model of such a file alone.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class VersionFile {
  private VersionFile() {}

  /**
   * What a file holds.
   *
   * @param model the model, of which whoever reads it is the owner
   * @param candidates its candidates, on memory that the garbage collector frees
   */
  public record Content(Model model, CandidateSet candidates) {}

  /**
   * Writes a model and its candidates: to a temporary name, synced, renamed. The same content gives
   * the same bytes.
   *
   * @param model the model
   * @param candidates features of this model, and ids
   * @param path final name of the file
   * @throws IllegalArgumentException if there are more ids now than candidates
   * @throws IOException if writing fails; an old file of that name is then untouched
   */
  public static void write(Model model, CandidateSet candidates, Path path) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads a model and its candidates into memory of their own.
   *
   * @param path the file
   * @return both
   * @throws femto.file.MalformedFileException if the file is not whole and sound, or has no
   *     candidates; the message says what was found where, and what was expected
   * @throws IOException if it cannot be read
   */
  public static Content read(Path path) throws IOException {
    throw new UnsupportedOperationException();
  }
}
