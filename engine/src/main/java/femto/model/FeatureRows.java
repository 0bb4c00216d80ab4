package femto.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.memory.Slab;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Sparse rows of features, in compressed sparse row form: row r holds the features {@code
 * feature(offset(r)) .. feature(offset(r+1)-1)} with their weights, ascending.
 *
 * <p>A view over memory that somebody else owns. Safe to share while nobody writes to it.
 */
public final class FeatureRows {
  private final MemorySegment offsets;
  private final MemorySegment features;
  private final MemorySegment weights;
  private final int rows;

  /** Whether all weights are 1, as those of one-hot fields are: then they need not be read. */
  private final boolean allOnes;

  private FeatureRows(
      MemorySegment offsets, MemorySegment features, MemorySegment weights, boolean allOnes) {
    this.offsets = offsets;
    this.features = features;
    this.weights = weights;
    this.rows = (int) (offsets.byteSize() / Long.BYTES - 1);
    this.allOnes = allOnes;
  }

  /**
   * Views three segments as rows, after checking them.
   *
   * @param offsets I64 [rows + 1], ascending, from 0 to the number of entries
   * @param features I32 [entries], ascending and distinct inside a row, each 0 to featureCount-1
   * @param weights F32 [entries], finite
   * @param featureCount number of features there are
   * @return the view
   * @throws IllegalArgumentException naming the first thing that does not hold
   */
  public static FeatureRows over(
      MemorySegment offsets, MemorySegment features, MemorySegment weights, int featureCount) {
    long rows = offsets.byteSize() / Long.BYTES - 1;
    long entries = features.byteSize() / Integer.BYTES;
    if (rows < 0 || rows > Integer.MAX_VALUE || weights.byteSize() != entries * Float.BYTES) {
      throw new IllegalArgumentException(
          "offsets of "
              + offsets.byteSize()
              + ", features of "
              + features.byteSize()
              + " and weights of "
              + weights.byteSize()
              + " bytes do not fit together");
    }
    FeatureRows read = new FeatureRows(offsets, features, weights, false);
    boolean allOnes = read.check(entries, featureCount);
    return new FeatureRows(offsets, features, weights, allOnes);
  }

  /**
   * Copies arrays into rows.
   *
   * @param offsets as in {@link #over}
   * @param features as in {@link #over}
   * @param weights as in {@link #over}
   * @param featureCount number of features there are
   * @return rows on memory of their own, freed by the garbage collector
   */
  public static FeatureRows copyOf(
      long[] offsets, int[] features, float[] weights, int featureCount) {
    return over(
        ownCopy(MemorySegment.ofArray(offsets)),
        ownCopy(MemorySegment.ofArray(features)),
        ownCopy(MemorySegment.ofArray(weights)),
        featureCount);
  }

  /**
   * The same rows on memory of their own, which no file's closing takes away.
   *
   * @return the copy, freed by the garbage collector
   */
  public FeatureRows copy() {
    return new FeatureRows(ownCopy(offsets), ownCopy(features), ownCopy(weights), allOnes);
  }

  private static MemorySegment ownCopy(MemorySegment segment) {
    return Arena.ofAuto().allocate(segment.byteSize(), Slab.ALIGNMENT).copyFrom(segment);
  }

  /** Refuses what does not hold; true if all weights are 1. */
  private boolean check(long entries, int featureCount) {
    boolean allOnes = true;
    if (offset(0) != 0) {
      throw malformed(0, "begins at entry " + offset(0) + ", expected 0");
    }
    for (int row = 0; row < rows; row++) {
      long begin = offset(row);
      long end = offset(row + 1);
      if (end < begin || end > entries) {
        throw malformed(row, "ends at entry " + end + ", expected " + begin + " to " + entries);
      }
      int previous = -1;
      for (long entry = begin; entry < end; entry++) {
        int feature = feature(entry);
        if (feature <= previous || feature >= featureCount) {
          String expected = (previous + 1) + " to " + (featureCount - 1);
          throw malformed(row, "has feature " + feature + ", expected " + expected);
        }
        if (!Float.isFinite(weight(entry))) {
          throw malformed(row, "has the weight " + weight(entry) + ", expected a finite number");
        }
        allOnes &= weight(entry) == 1;
        previous = feature;
      }
    }
    if (offset(rows) != entries) {
      throw malformed(rows, "is missing: " + entries + " entries are there");
    }
    return allOnes;
  }

  private static IllegalArgumentException malformed(int row, String problem) {
    return new IllegalArgumentException("row " + row + " " + problem);
  }

  /**
   * Number of rows.
   *
   * @return 0 to 2^31-1
   */
  public int rows() {
    return rows;
  }

  /**
   * Index of a row's first entry.
   *
   * @param row 0 to {@link #rows()}; at rows() the number of all entries
   * @return the entry index
   */
  public long offset(int row) {
    return offsets.get(JAVA_LONG, (long) row * Long.BYTES);
  }

  /**
   * The feature of an entry.
   *
   * @param entry entry index
   * @return the feature
   */
  public int feature(long entry) {
    return features.get(JAVA_INT, entry * Integer.BYTES);
  }

  /**
   * The weight of an entry: the x of its feature.
   *
   * @param entry entry index
   * @return the weight
   */
  public float weight(long entry) {
    return allOnes ? 1 : weights.get(JAVA_FLOAT, entry * Float.BYTES);
  }

  /**
   * Copies entries that follow one another.
   *
   * @param entry the first of them
   * @param count how many
   * @param intoFeatures receives their features
   * @param intoWeights receives their weights
   * @param at where in both
   * @throws IndexOutOfBoundsException if there are not so many, or there is no room
   */
  public void copyEntries(long entry, int count, int[] intoFeatures, float[] intoWeights, int at) {
    MemorySegment.copy(features, JAVA_INT, entry * Integer.BYTES, intoFeatures, at, count);
    if (allOnes) {
      Arrays.fill(intoWeights, at, at + count, 1);
    } else {
      MemorySegment.copy(weights, JAVA_FLOAT, entry * Float.BYTES, intoWeights, at, count);
    }
  }

  /**
   * The offsets' memory, for writing to a file.
   *
   * @return I64 [rows + 1]
   */
  public MemorySegment offsets() {
    return offsets;
  }

  /**
   * The features' memory, for writing to a file.
   *
   * @return I32 [entries]
   */
  public MemorySegment features() {
    return features;
  }

  /**
   * The weights' memory, for writing to a file.
   *
   * @return F32 [entries]
   */
  public MemorySegment weights() {
    return weights;
  }
}
