package femto.learn.blocks;

import femto.model.FeatureRows;

/**
 * A part of the features of examples that many of them share, such as all that is known of a user:
 * stored once.
 *
 * <p>Immutable if nobody writes to the array, which is not copied.
 *
 * @param rows the shared rows
 * @param rowOf which of them each example has
 */
public record Block(FeatureRows rows, int[] rowOf) {
  /**
   * Checks the rows named.
   *
   * @throws IllegalArgumentException if an example names a row that is not there
   */
  public Block {
    for (int example = 0; example < rowOf.length; example++) {
      if (rowOf[example] < 0 || rowOf[example] >= rows.rows()) {
        throw new IllegalArgumentException(
            "example %d has row %d, expected 0 to %d"
                .formatted(example, rowOf[example], rows.rows() - 1));
      }
    }
  }

  /** Number of examples. */
  int size() {
    return rowOf.length;
  }
}
