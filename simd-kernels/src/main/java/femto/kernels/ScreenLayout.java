package femto.kernels;

import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;

/**
 * Where the numbers of a {@link Screen} stand: pure arithmetic, no memory.
 *
 * <p>The candidates stand in an order of the screen's own. 64 of them are a <em>leaf</em>, 16
 * leaves a <em>group</em>, 16 groups a <em>supergroup</em>. A node holds the bounds of its 16
 * children side by side, so that one vector holds one number of all of them:
 *
 * <pre>
 *   node of a supergroup (its groups) or of a group (its leaves)
 *   +---------------------------+---------------------------+-----+------------+
 *   | low and high [16] of d=0  | low and high [16] of d=1  | ... | radius[16] |
 *   +---------------------------+---------------------------+-----+------------+
 *   (low and high: 2 bytes each, floats without their last 16 bits, rounded outwards)
 *
 *   frame of a group: code c of dimension d stands for low[d] + c * step[d]
 *   +-- each dimension, padded to 16 --+-- the same --+--------+-------+-- 56 bytes --+
 *   |              low[d]              |   step[d]    | radius | error |              |
 *   +----------------------------------+--------------+--------+-------+--------------+
 *
 *   codes of a leaf: 4 bits each; 32 bytes a dimension, padded to an even number of dimensions
 *   byte  0         1         2         3               30        31
 *   +---------+---------+---------+---------+     +---------+---------+
 *   |  0 | 16 | 32 | 48 |  1 | 17 | 33 | 49 | ... | 15 | 31 | 47 | 63 |
 *   +---------+---------+---------+---------+     +---------+---------+
 *   (numbers of the candidates, the low four bits first)
 *
 *   +------------------+-- each group --+-------+-------------+
 *   | supergroup nodes | node  |  frame | codes | row indexes |
 *   +------------------+----------------+-------+-------------+
 * </pre>
 *
 * The dimensions are the bias and the factors of a row. All numbers are 4-byte floats and ints in
 * native byte order, and every part begins at a multiple of 64 bytes.
 *
 * @param rows number of candidates, 0 to 2^31-1
 * @param length number of factors a row
 */
public record ScreenLayout(int rows, int length) {
  /** Candidates a leaf. */
  public static final int LEAF_ROWS = KernelSupport.LEAF;

  /** Children a node. */
  public static final int CHILDREN = KernelSupport.CHILDREN;

  /** Candidates a group. */
  public static final int GROUP_ROWS = LEAF_ROWS * CHILDREN;

  private static final long ALIGNMENT = 64;

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if rows is negative or length out of range
   */
  public ScreenLayout {
    if (rows < 0) {
      throw new IllegalArgumentException("rows=" + rows + ", expected 0 or more");
    }
    new RowLayout(length).strideBytes();
  }

  /**
   * Numbers that a candidate has in the screen.
   *
   * @return the bias and the factors
   */
  public int dimensions() {
    return length + 1;
  }

  /**
   * Number of leaves that hold a candidate.
   *
   * @return 0 to 2^25
   */
  public int leaves() {
    return (int) ((rows + (long) LEAF_ROWS - 1) / LEAF_ROWS);
  }

  /**
   * Number of groups that hold a candidate.
   *
   * @return 0 to 2^21
   */
  public int groups() {
    return (int) ((rows + (long) GROUP_ROWS - 1) / GROUP_ROWS);
  }

  /**
   * Number of supergroups that hold a candidate.
   *
   * @return 0 to 2^17
   */
  public int supergroups() {
    return (groups() + CHILDREN - 1) / CHILDREN;
  }

  /**
   * Size of a node.
   *
   * @return bytes
   */
  public long nodeBytes() {
    return (dimensions() + 1) * KernelSupport.NODE_ROW_BYTES;
  }

  /**
   * Byte offset of a child's low and high in a dimension.
   *
   * @param dimension from 0
   * @param child 0 to 15
   * @return byte offset inside the node
   */
  static long sideOffset(int dimension, int child) {
    return dimension * KernelSupport.NODE_ROW_BYTES + (long) child * Integer.BYTES;
  }

  /**
   * Byte offset of a child's radius.
   *
   * @param child 0 to 15
   * @return byte offset inside the node
   */
  long radiusOffset(int child) {
    return sideOffset(dimensions(), child);
  }

  /**
   * Byte offset of a supergroup's node.
   *
   * @param supergroup from 0
   * @return byte offset
   */
  public long supergroupOffset(int supergroup) {
    return supergroup * nodeBytes();
  }

  /**
   * Byte offset of a group's node.
   *
   * @param group from 0
   * @return byte offset
   */
  public long groupOffset(int group) {
    return supergroups() * nodeBytes() + group * groupBytes();
  }

  /**
   * Dimensions with the padding of frames.
   *
   * @return a multiple of 16, above the number of dimensions or equal to it
   */
  public int paddedDimensions() {
    return (dimensions() + CHILDREN - 1) / CHILDREN * CHILDREN;
  }

  /**
   * Size of a frame.
   *
   * @return bytes
   */
  public long frameBytes() {
    return 2L * paddedDimensions() * Float.BYTES + ALIGNMENT;
  }

  /**
   * Size of a group's node and frame.
   *
   * @return bytes
   */
  long groupBytes() {
    return nodeBytes() + frameBytes();
  }

  /**
   * Byte offset of a group's frame.
   *
   * @param group from 0
   * @return byte offset
   */
  public long frameOffset(int group) {
    return groupOffset(group) + nodeBytes();
  }

  /**
   * Byte offset of the step of a dimension.
   *
   * @param dimension from 0
   * @return byte offset inside the frame
   */
  long stepOffset(int dimension) {
    return ((long) paddedDimensions() + dimension) * Float.BYTES;
  }

  /**
   * Byte offset of the radius in a frame; the error follows.
   *
   * @return byte offset inside the frame
   */
  long frameRadiusOffset() {
    return stepOffset(paddedDimensions());
  }

  /**
   * Size of a leaf's codes.
   *
   * @return bytes
   */
  public long leafBytes() {
    return ScalarKernels.leafBytes(dimensions());
  }

  /**
   * Byte offset of a leaf's codes.
   *
   * @param leaf from 0
   * @return byte offset
   */
  public long codesOffset(int leaf) {
    return groupOffset(groups()) + leaf * leafBytes();
  }

  /**
   * Byte offset of the row index of the candidate at a place in the screen's order.
   *
   * @param place from 0
   * @return byte offset
   */
  public long indexOffset(long place) {
    return codesOffset(leaves()) + place * Integer.BYTES;
  }

  /**
   * Size of the whole screen.
   *
   * @return bytes
   */
  public long bytes() {
    return (indexOffset(rows) + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
