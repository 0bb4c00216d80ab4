package femto.tools.ads;

import femto.model.FeatureSpace;
import femto.tools.data.ImpressionFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.function.IntSupplier;

/**
 * Writes the rows of {@link PlantedClicks} to the folder of a data set, with the probability of
 * each click as the truth. Rows are drawn three times, and are never all in memory: a row takes 5
 * bytes of the heap, and a feature 4, besides a bit and a half for every value that there could be.
 *
 * <p>The last sixth of the rows are the test part of the fold {@code test}. Row i happened i
 * seconds after the start of 2026 (UTC).
 */
public final class ClickDataSet {
  /** What the data set calls itself. */
  public static final String NAME = "clicks";

  /** Fewest rows: one of them is a test row. */
  public static final int MIN_ROWS = 6;

  /** Most rows. */
  public static final int MAX_ROWS = 100_000_000;

  /** Rows after which it is told how far it is. */
  public static final int STEP_ROWS = 100_000;

  private static final int PASSES = 3;
  private static final int TEST_SHARE = 6;
  private static final long START = 1_767_225_600; // 2026-01-01T00:00Z

  private ClickDataSet() {}

  /**
   * What the world is like.
   *
   * @param fieldWeighted whether pairs of fields matter differently
   * @param valuesScale how many times the values the large fields have, 0.01 to 1000; with 1 and
   *     600,000 rows some 370,000 features come
   * @param seed one seed gives one data set, byte for byte
   */
  public record Options(boolean fieldWeighted, double valuesScale, long seed) {}

  /**
   * Writes a data set.
   *
   * @param folder its final name; a data set there is replaced
   * @param rows how many, {@link #MIN_ROWS} to {@link #MAX_ROWS}; of two of the same options, the
   *     shorter is the longer one's beginning
   * @param options what the world is like
   * @param progress run {@link #steps} times
   * @return the number of features that came
   * @throws IllegalArgumentException if a number is out of range
   * @throws IOException if writing fails, or the name is taken by something else; nothing has
   *     changed then
   */
  public static int write(Path folder, int rows, Options options, Runnable progress)
      throws IOException {
    if (rows < MIN_ROWS || rows > MAX_ROWS) {
      throw new IllegalArgumentException(
          "rows=" + rows + ", expected " + MIN_ROWS + " to " + MAX_ROWS);
    }
    ClickWorld world =
        new ClickWorld(options.fieldWeighted(), options.valuesScale(), options.seed());
    Drawn drawn = new Drawn(world, rows, progress);
    FeatureSpace features = drawn.features.space();
    ImpressionFiles.write(folder, NAME, features, drawn);
    return features.size();
  }

  /**
   * How often {@link #write} tells how far it is.
   *
   * @param rows how many it writes
   * @return 0 or more
   */
  public static long steps(int rows) {
    return (long) PASSES * (rows / STEP_ROWS);
  }

  /** Which values have come; they are numbered field by field, the most frequent first. */
  private static final class Features {
    private final int[] first = new int[ClickWorld.FIELDS + 1];
    private final long[][] bits = new long[ClickWorld.FIELDS][];

    /** By field, how many have come before each 64 values. */
    private final int[][] before = new int[ClickWorld.FIELDS][];

    Features(BitSet[] seen) {
      for (int field = 0; field < ClickWorld.FIELDS; field++) {
        bits[field] = seen[field].toLongArray();
        before[field] = new int[bits[field].length];
        int count = 0;
        for (int word = 0; word < bits[field].length; word++) {
          before[field][word] = count;
          count += Long.bitCount(bits[field][word]);
        }
        first[field + 1] = Math.addExact(first[field], count);
      }
    }

    int of(int field, int value) {
      int word = value >>> 6;
      long lower = bits[field][word] & ((1L << value) - 1);
      return first[field] + before[field][word] + Long.bitCount(lower);
    }

    FeatureSpace space() {
      int[] values = new int[first[ClickWorld.FIELDS]];
      int[] sizes = new int[ClickWorld.FIELDS];
      int feature = 0;
      for (int field = 0; field < ClickWorld.FIELDS; field++) {
        BitSet seen = BitSet.valueOf(bits[field]);
        for (int value = seen.nextSetBit(0); value >= 0; value = seen.nextSetBit(value + 1)) {
          values[feature++] = value;
        }
        sizes[field] = first[field + 1] - first[field];
      }
      return FeatureSpace.of(
          ClickWorld.fields(),
          sizes,
          number -> Integer.toString(values[number]).getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** The rows of a world, of which labels and probabilities are kept. */
  private static final class Drawn implements ImpressionFiles.Impressions {
    private final ClickWorld world;
    private final Runnable progress;
    private final BitSet clicked;
    private final float[] probabilities;
    private final Features features;

    Drawn(ClickWorld world, int rows, Runnable progress) {
      this.world = world;
      this.progress = progress;
      this.clicked = new BitSet(rows);
      this.probabilities = new float[rows];
      BitSet[] seen = new BitSet[ClickWorld.FIELDS];
      for (int field = 0; field < ClickWorld.FIELDS; field++) {
        seen[field] = new BitSet();
      }
      ClickWorld.Rows drawn = world.rows();
      for (int row = 0; row < rows; row++) {
        drawn.next();
        for (int field = 0; field < ClickWorld.FIELDS; field++) {
          seen[field].set(drawn.value(field));
        }
        double probability = drawn.probability();
        probabilities[row] = (float) probability;
        clicked.set(row, drawn.label(probability) == 1);
        tell(row);
      }
      this.features = new Features(seen);
    }

    private void tell(int row) {
      if ((row + 1) % STEP_ROWS == 0) {
        progress.run();
      }
    }

    @Override
    public int size() {
      return probabilities.length;
    }

    @Override
    public int length(boolean candidates) {
      return candidates ? ClickWorld.FIELDS - ClickWorld.CONTEXT_FIELDS : ClickWorld.CONTEXT_FIELDS;
    }

    @Override
    public IntSupplier features(boolean candidates) {
      int begin = candidates ? ClickWorld.CONTEXT_FIELDS : 0;
      int end = begin + length(candidates);
      ClickWorld.Rows drawn = world.rows();
      return new IntSupplier() {
        private int field = end;
        private int row;

        @Override
        public int getAsInt() {
          if (field == end) {
            drawn.next();
            tell(row++);
            field = begin;
          }
          int feature = features.of(field, drawn.value(field));
          field++;
          return feature;
        }
      };
    }

    @Override
    public float label(int example) {
      return clicked.get(example) ? 1 : 0;
    }

    @Override
    public float probability(int example) {
      return probabilities[example];
    }

    @Override
    public long time(int example) {
      return START + example;
    }

    @Override
    public boolean isTest(int example) {
      return example >= size() - size() / TEST_SHARE;
    }
  }
}
