package femto.swap;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the name of a file in a version directory says.
 *
 * @param number its number in the directory
 * @param full whether it is a version in full, or else what changes in the one of the number before
 * @param checksum that of the version, as {@link VersionInfo} has it; 0 in the name of a delta
 */
record VersionName(long number, boolean full, long checksum) implements Comparable<VersionName> {
  private static final Pattern PATTERN =
      Pattern.compile("([0-9]{12,18})\\.(?:delta|full\\.([0-9a-f]{16}))\\.femto");

  static VersionName full(long number, long checksum) {
    return new VersionName(number, true, checksum);
  }

  static VersionName delta(long number) {
    return new VersionName(number, false, 0);
  }

  /** What a name says, or null if it is not one of these. */
  static @Nullable VersionName parse(String file) {
    Matcher matcher = PATTERN.matcher(file);
    if (!matcher.matches()) {
      return null;
    }
    long number = Long.parseLong(matcher.group(1));
    String checksum = matcher.group(2);
    VersionName name =
        checksum == null ? delta(number) : full(number, Long.parseUnsignedLong(checksum, 16));
    return name.toString().equals(file) ? name : null;
  }

  @Override
  public int compareTo(VersionName other) {
    int byNumber = Long.compare(number, other.number);
    return byNumber == 0 ? toString().compareTo(other.toString()) : byNumber;
  }

  @Override
  public String toString() {
    return full
        ? String.format(Locale.ROOT, "%012d.full.%016x.femto", number, checksum)
        : String.format(Locale.ROOT, "%012d.delta.femto", number);
  }
}
