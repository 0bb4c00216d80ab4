package femto.learn.blocks;

import femto.learn.blocks.BlockOptions.Target;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small random examples: rows that are shared, of one value and of several, of any weights. */
final class Problems {
  private Problems() {}

  /**
   * Draws examples.
   *
   * @param blocks number of blocks; each has a field of ids and one of any values, and there are
   *     values that no example has
   */
  static BlockData draw(Random random, int blocks, int examples, Target target) {
    List<Field> fields = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      Side side = block == 1 ? Side.CANDIDATE : Side.CONTEXT;
      fields.add(Field.oneHot("id" + block, side));
      fields.add(Field.rootHot("any" + block, side));
    }
    FeatureSpace.Builder builder = new FeatureSpace.Builder(fields);
    int[] rows = new int[blocks];
    int[] values = new int[blocks];
    for (int block = 0; block < blocks; block++) {
      rows[block] = 1 + random.nextInt(4);
      values[block] = 1 + random.nextInt(4);
      for (int row = 0; row < rows[block]; row++) {
        builder.add(2 * block, "row" + row);
      }
      for (int value = 0; value < values[block]; value++) {
        builder.add(2 * block + 1, "value" + value);
      }
    }
    FeatureSpace space = builder.build();
    List<Block> drawn = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      List<Integer> features = new ArrayList<>();
      List<Float> weights = new ArrayList<>();
      long[] offsets = new long[rows[block] + 1];
      for (int row = 0; row < rows[block]; row++) {
        features.add(space.find(2 * block, "row" + row));
        weights.add(1f);
        for (int value = 0; value < values[block]; value++) {
          if (random.nextBoolean()) {
            features.add(space.find(2 * block + 1, "value" + value));
            weights.add((float) random.nextGaussian());
          }
        }
        offsets[row + 1] = features.size();
      }
      float[] x = new float[weights.size()];
      for (int i = 0; i < x.length; i++) {
        x[i] = weights.get(i);
      }
      FeatureRows shared =
          FeatureRows.copyOf(
              offsets, features.stream().mapToInt(i -> i).toArray(), x, space.size());
      int count = rows[block];
      drawn.add(new Block(shared, random.ints(examples, 0, count).toArray()));
    }
    float[] labels = new float[examples];
    for (int e = 0; e < examples; e++) {
      labels[e] =
          switch (target) {
            case NUMBER -> 3 + (float) random.nextGaussian();
            case PROBIT -> random.nextInt(2);
            case ORDINAL -> e < 2 ? e + 1 : 1 + random.nextInt(4); // two levels at least
          };
    }
    return new BlockData(space, drawn, labels);
  }

  /** The same with weights: some are 0, as long as one is not. */
  static BlockData weigh(BlockData data, Random random) {
    float[] weights = new float[data.size()];
    for (int e = 0; e < weights.length; e++) {
      weights[e] = random.nextInt(5) == 0 ? 0 : 0.1f + 3 * random.nextFloat();
    }
    weights[random.nextInt(weights.length)] = 2;
    return data.weighted(weights);
  }
}
