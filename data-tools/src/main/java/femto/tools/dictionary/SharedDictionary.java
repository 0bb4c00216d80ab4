package femto.tools.dictionary;

import femto.model.FeatureSpace;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Looks up, from another process, which row a value has in a {@link GrowingDictionary} now: values
 * that no version has yet, for instance. It changes nothing.
 *
 * <p>A look-up takes about half a microsecond. A process that is killed in the middle of one may
 * leave a part of the file locked; its owner then cannot change that part, fails after a minute,
 * and has to resume.
 *
 * <p>One owner at a time; not thread-safe.
 */
public final class SharedDictionary implements AutoCloseable {
  private final SharedMap map;
  private final EncodedValue encoded = new EncodedValue();

  private SharedDictionary(SharedMap map) {
    this.map = map;
  }

  /**
   * Opens the file of a dictionary.
   *
   * @param mapFile name of the Chronicle Map
   * @return the open file
   * @throws IllegalStateException if the JVM was started without the options that Chronicle Map
   *     needs; the message names them
   * @throws IOException if there is no such file, or it is no Chronicle Map
   */
  public static SharedDictionary open(Path mapFile) throws IOException {
    SharedMap.requireJvmOptions();
    return new SharedDictionary(SharedMap.open(mapFile, 1, null));
  }

  /**
   * Finds the row of a value.
   *
   * @param field index of the field
   * @param value the value as the dictionary holds it
   * @return its row, or {@link FeatureSpace#UNKNOWN}
   */
  public int find(int field, CharSequence value) {
    return encoded.set(value) ? (int) map.get(SharedMap.key(field, encoded)) : FeatureSpace.UNKNOWN;
  }

  /** Closes the file. A second call does nothing. */
  @Override
  public void close() {
    map.closeOnly();
  }
}
