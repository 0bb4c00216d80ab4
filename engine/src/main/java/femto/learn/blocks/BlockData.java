package femto.learn.blocks;

import femto.learn.RelationalData;
import femto.model.FeatureSpace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Examples as relational blocks: the features of an example are those of its row of every block
 * together.
 *
 * <p>Immutable if nobody writes to the arrays, which are not copied.
 *
 * @param features what the rows' features are
 * @param blocks at least one, each of as many examples; no feature is of two of them
 * @param labels label of each example, finite
 * @param weights how much each example counts, finite, 0 or more, some above 0
 */
public record BlockData(
    FeatureSpace features, List<Block> blocks, float[] labels, float[] weights) {
  /**
   * Takes a copy of the list and checks the lengths and the numbers.
   *
   * @throws IllegalArgumentException if lengths differ, or a number is not what it has to be
   */
  public BlockData {
    blocks = List.copyOf(blocks);
    if (blocks.isEmpty()) {
      throw new IllegalArgumentException("no blocks, expected one or more");
    }
    for (int block = 0; block < blocks.size(); block++) {
      if (blocks.get(block).size() != labels.length) {
        throw new IllegalArgumentException(
            "block %d has %d examples, expected %d, as there are labels"
                .formatted(block, blocks.get(block).size(), labels.length));
      }
    }
    for (int example = 0; example < labels.length; example++) {
      if (!Float.isFinite(labels[example])) {
        throw new IllegalArgumentException(
            "example %d has the label %s, expected a finite number"
                .formatted(example, labels[example]));
      }
    }
    requireWeights(weights, labels.length);
  }

  /**
   * Examples that count alike.
   *
   * @param features what the rows' features are
   * @param blocks as above
   * @param labels as above
   */
  public BlockData(FeatureSpace features, List<Block> blocks, float[] labels) {
    this(features, blocks, labels, ones(labels.length));
  }

  private static float[] ones(int count) {
    float[] ones = new float[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static void requireWeights(float[] weights, int examples) {
    if (weights.length != examples) {
      throw new IllegalArgumentException(
          "weights of %d examples, expected %d".formatted(weights.length, examples));
    }
    boolean some = examples == 0;
    for (int example = 0; example < examples; example++) {
      if (!(weights[example] >= 0 && weights[example] <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "example %d has the weight %s, expected a finite number, 0 or more"
                .formatted(example, weights[example]));
      }
      some |= weights[example] > 0;
    }
    if (!some) {
      throw new IllegalArgumentException("all weights are 0, expected one above");
    }
  }

  /**
   * The same examples with other weights.
   *
   * @param other how much each example counts
   * @return the examples, sharing the arrays
   * @throws IllegalArgumentException if there are more or fewer, or one is not what it has to be
   */
  public BlockData weighted(float[] other) {
    return new BlockData(features, blocks, labels, other);
  }

  /** Whether some examples count more than others. */
  boolean isWeighted() {
    for (float weight : weights) {
      if (weight != 1) {
        return true;
      }
    }
    return false;
  }

  /**
   * Two blocks: contexts and candidates.
   *
   * @param data the examples
   * @return the same, sharing the arrays
   */
  public static BlockData of(RelationalData data) {
    return new BlockData(
        data.features(),
        List.of(
            new Block(data.contexts(), data.contextOf()),
            new Block(data.candidates(), data.candidateOf())),
        data.labels());
  }

  /**
   * The same with the examples of each row of the first block next to one another, which is quicker
   * to pass over; otherwise in the order that they have.
   */
  BlockData sorted() {
    int[] rowOf = blocks.getFirst().rowOf();
    int[] offsets = new int[blocks.getFirst().rows().rows() + 1];
    for (int row : rowOf) {
      offsets[row + 1]++;
    }
    Arrays.parallelPrefix(offsets, Integer::sum);
    int[] order = new int[rowOf.length];
    for (int example = 0; example < order.length; example++) {
      order[offsets[rowOf[example]]++] = example;
    }
    float[] sortedLabels = new float[order.length];
    float[] sortedWeights = new float[order.length];
    for (int i = 0; i < order.length; i++) {
      sortedLabels[i] = labels[order[i]];
      sortedWeights[i] = weights[order[i]];
    }
    List<Block> sortedBlocks = new ArrayList<>();
    for (Block block : blocks) {
      sortedBlocks.add(
          new Block(
              block.rows(), Arrays.stream(order).map(example -> block.rowOf()[example]).toArray()));
    }
    return new BlockData(features, sortedBlocks, sortedLabels, sortedWeights);
  }

  /**
   * Number of examples.
   *
   * @return 0 or more
   */
  public int size() {
    return labels.length;
  }
}
