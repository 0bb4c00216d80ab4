package femto.swap;

import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import org.jspecify.annotations.Nullable;

/**
 * The room that a trainer's live model has for rows that change: what its deltas take is some part
 * of it, so a follower needs as much.
 *
 * @param share as {@link LiveOptions#patchShare}
 * @param rows as {@link LiveOptions#leastPatchRows}
 */
record PatchRoom(double share, int rows) {
  private static final String SHARE_KEY = "femto.version.patch_share";
  private static final String ROWS_KEY = "femto.version.patch_rows";

  /** No file makes a follower set aside more than that for each row of its larger table. */
  private static final long MOST_ROWS_PER_ROW = 8;

  static PatchRoom of(LiveOptions options) {
    return new PatchRoom(options.patchShare(), options.leastPatchRows());
  }

  void addTo(SafetensorsWriter writer) {
    writer.metadata(SHARE_KEY, Double.toString(share)).metadata(ROWS_KEY, Integer.toString(rows));
  }

  /** What a file says, or null if it says nothing. */
  static @Nullable PatchRoom readFrom(SafetensorsFile file) throws MalformedFileException {
    String share = file.metadata().get(SHARE_KEY);
    if (share == null) {
      return null;
    }
    try {
      double number = Double.parseDouble(share);
      if (number > 0 && number <= 1) {
        return new PatchRoom(
            number, (int) Math.min(Integer.MAX_VALUE, file.requireCount(ROWS_KEY)));
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new MalformedFileException(
        file.path(), "metadata " + SHARE_KEY, "is \"" + share + "\", expected above 0, at most 1");
  }

  /** Options with this room, or their own if that is more. */
  LiveOptions within(LiveOptions own, int largestTable) {
    int bounded = (int) Math.min(rows, MOST_ROWS_PER_ROW * largestTable);
    return own.withPatch(
        Math.max(own.patchShare(), share), Math.max(own.leastPatchRows(), bounded));
  }
}
