package femto.tools.train;

import femto.learn.Example;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a data set as the features of a model. Rows that a copy of which memory may not hold are
 * carried over as they are read, the others beforehand. Immutable and safe to share.
 */
final class ProjectedRows {
  /** Entries of which a copy is no matter: 128 MiB of them. */
  static final long MOST_COPIED = 1L << 24;

  /** Entries of 8 bytes that a core's own cache holds. */
  private static final long MOST_CACHED = 1L << 17;

  /** Entries of 4 bytes, features or weights, in a cache line. */
  private static final int LINE_ENTRIES = 16;

  private final FeatureRows rows;

  /** By features of the rows, those of the model; null where they are of the model already. */
  private final int @Nullable [] numbers;

  private ProjectedRows(FeatureRows rows, int @Nullable [] numbers) {
    this.rows = rows;
    this.numbers = numbers;
  }

  /** Rows as they are. */
  static ProjectedRows of(FeatureRows rows) {
    return new ProjectedRows(rows, null);
  }

  /**
   * Views rows as others.
   *
   * @param rows rows of the one space
   * @param projection to the other
   * @param mostCopied how many entries may be copied
   */
  static ProjectedRows of(FeatureRows rows, Projection projection, long mostCopied) {
    boolean large = rows.offset(rows.rows()) > mostCopied;
    return large && !projection.isSame() && projection.keepsOrder()
        ? new ProjectedRows(rows, projection.targets())
        : new ProjectedRows(projection.apply(rows), null);
  }

  int rows() {
    return rows.rows();
  }

  /** Adds a row's features to an example. */
  void addTo(Example into, int row) {
    if (numbers == null) {
      into.addRow(rows, row);
    } else {
      into.addRow(rows, row, numbers);
    }
  }

  /** Whether they are more than a processor's cache holds. */
  boolean areMany() {
    return rows.offset(rows.rows()) > MOST_CACHED;
  }

  /**
   * Reads a number of each cache line of some rows, all rows at once, so that memory is waited for
   * once and not row by row.
   *
   * @param some numbers of rows
   * @param count how many of them
   * @param offsets of at least count numbers, for a moment
   * @return a number that nobody needs
   */
  int touch(int[] some, int count, long[] offsets) {
    for (int i = 0; i < count; i++) {
      offsets[i] = rows.offset(some[i]);
    }
    int sum = 0;
    for (int i = 0; i < count; i++) {
      long end = rows.offset(some[i] + 1);
      for (long entry = offsets[i]; entry < end; entry += LINE_ENTRIES) {
        sum += rows.feature(entry) + Float.floatToRawIntBits(rows.weight(entry));
      }
      if (end > offsets[i]) {
        sum += rows.feature(end - 1) + Float.floatToRawIntBits(rows.weight(end - 1));
      }
    }
    return sum;
  }

  /** Adds the features of some rows to a set. */
  void addTo(BitSet into, BitSet which) {
    for (int row = which.nextSetBit(0); row >= 0; row = which.nextSetBit(row + 1)) {
      for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
        int feature = rows.feature(entry);
        int target = numbers == null ? feature : numbers[feature];
        if (target != FeatureSpace.UNKNOWN) {
          into.set(target);
        }
      }
    }
  }
}
