package femto.swap;

import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import java.time.Instant;
import java.util.HexFormat;

/**
 * What each file of a version directory says of the version that it makes.
 *
 * @param number its number in the directory
 * @param checksum as {@link VersionInfo} has it
 * @param published when its trainer's readers could see it first, by the trainer's clock
 */
record VersionStamp(long number, long checksum, Instant published) {
  private static final String NUMBER_KEY = "femto.version.number";
  private static final String CHECKSUM_KEY = "femto.version.checksum";
  private static final String PUBLISHED_KEY = "femto.version.published";

  void addTo(SafetensorsWriter writer) {
    writer
        .metadata(NUMBER_KEY, Long.toString(number))
        .metadata(CHECKSUM_KEY, hex(checksum))
        .metadata(PUBLISHED_KEY, Long.toString(Math.max(0, published.toEpochMilli())));
  }

  static VersionStamp readFrom(SafetensorsFile file) throws MalformedFileException {
    return new VersionStamp(
        file.requireCount(NUMBER_KEY),
        hex(file, CHECKSUM_KEY),
        Instant.ofEpochMilli(file.requireCount(PUBLISHED_KEY)));
  }

  static String hex(long checksum) {
    return HexFormat.of().toHexDigits(checksum);
  }

  static long hex(SafetensorsFile file, String key) throws MalformedFileException {
    String text = file.requireMetadata(key);
    try {
      long checksum = HexFormat.fromHexDigitsToLong(text);
      if (hex(checksum).equals(text)) {
        return checksum;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw new MalformedFileException(
        file.path(), "metadata " + key, "is \"" + text + "\", expected 16 hexadecimal digits");
  }
}
