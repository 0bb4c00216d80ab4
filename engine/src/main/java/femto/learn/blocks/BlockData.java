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
 */
public record BlockData(FeatureSpace features, List<Block> blocks, float[] labels) {
  /**
   * Takes a copy of the list and checks the lengths.
   *
   * @throws IllegalArgumentException if they differ
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
    for (int i = 0; i < order.length; i++) {
      sortedLabels[i] = labels[order[i]];
    }
    List<Block> sortedBlocks = new ArrayList<>();
    for (Block block : blocks) {
      sortedBlocks.add(
          new Block(
              block.rows(), Arrays.stream(order).map(example -> block.rowOf()[example]).toArray()));
    }
    return new BlockData(features, sortedBlocks, sortedLabels);
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
