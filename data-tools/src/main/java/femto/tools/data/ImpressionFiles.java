package femto.tools.data;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.Dtype;
import femto.file.SafetensorsWriter;
import femto.file.TensorSource;
import femto.model.FeatureSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Writes a data set whose examples are impressions, each with a context row and a candidate row of
 * its own, one-hot. Rows are read again for each side and go to the file as they are read, so that
 * a data set may be larger than memory.
 */
public final class ImpressionFiles {
  private ImpressionFiles() {}

  /** Examples in their order, which can be read again. */
  public interface Impressions {
    /**
     * Number of examples.
     *
     * @return 1 or more
     */
    int size();

    /**
     * Reads the features of one side.
     *
     * @param candidates whether those of the candidates, not of the contexts
     * @return gives the features of the first row, ascending, then those of the second and so on;
     *     as many in each row
     */
    IntSupplier features(boolean candidates);

    /**
     * How many features a row of one side has.
     *
     * @param candidates whether a row of a candidate, not of a context
     * @return 1 or more
     */
    int length(boolean candidates);

    /**
     * Whether an example was positive.
     *
     * @param example 0 to size-1
     * @return 1 or 0
     */
    float label(int example);

    /**
     * The true probability that it is.
     *
     * @param example 0 to size-1
     * @return 0 to 1
     */
    float probability(int example);

    /**
     * When it happened.
     *
     * @param example 0 to size-1
     * @return seconds since 1970-01-01T00:00Z
     */
    long time(int example);

    /**
     * Whether it is of the test part of the fold {@code test}.
     *
     * @param example 0 to size-1
     * @return false for the training part
     */
    boolean isTest(int example);
  }

  /**
   * Writes the folder under its final name, whole or not at all.
   *
   * @param folder its final name; a data set there is replaced
   * @param name what data it is
   * @param features all fields and values
   * @param impressions the examples
   * @throws IOException if writing fails, or the name is taken by something else; nothing has
   *     changed then
   */
  public static void write(Path folder, String name, FeatureSpace features, Impressions impressions)
      throws IOException {
    DataSetFiles.write(
        folder,
        name,
        features,
        writer -> addRows(writer, impressions),
        writer -> {
          writer.metadata(DataSetFiles.POSITIVE_KEY, "1");
          addExamples(writer, impressions);
        });
  }

  private static void addRows(SafetensorsWriter writer, Impressions impressions) {
    for (boolean candidates : new boolean[] {false, true}) {
      String prefix = candidates ? DataSetFiles.CANDIDATES : DataSetFiles.CONTEXTS;
      int length = impressions.length(candidates);
      long rows = impressions.size();
      Counter row = new Counter();
      writer.tensor(
          prefix + ".offsets", Dtype.I64, longs(() -> (long) row.next() * length), rows + 1);
      IntSupplier values = impressions.features(candidates);
      writer.tensor(prefix + ".features", Dtype.I32, ints(values), rows * length);
      int one = Float.floatToRawIntBits(1);
      writer.tensor(prefix + ".weights", Dtype.F32, ints(() -> one), rows * length);
    }
  }

  private static void addExamples(SafetensorsWriter writer, Impressions impressions) {
    long size = impressions.size();
    writer.tensor("context", Dtype.I32, ints(new Counter()::next), size);
    writer.tensor("candidate", Dtype.I32, ints(new Counter()::next), size);
    writer.tensor("label", Dtype.F32, floats(impressions::label), size);
    Counter time = new Counter();
    writer.tensor("time", Dtype.I64, longs(() -> impressions.time(time.next())), size);
    Counter tested = new Counter();
    writer.tensor(
        DataSetFiles.FOLD_PREFIX + "test",
        Dtype.U8,
        into -> {
          for (long at = 0; at < into.byteSize(); at++) {
            into.set(JAVA_BYTE, at, (byte) (impressions.isTest(tested.next()) ? 1 : 0));
          }
        },
        size);
    writer.tensor("truth.mean", Dtype.F32, floats(impressions::probability), size);
    writer.tensor("truth.positive", Dtype.F32, floats(impressions::probability), size);
  }

  /** 0, 1, 2 and so on. */
  private static final class Counter {
    private int count;

    int next() {
      return count++;
    }
  }

  @FunctionalInterface
  private interface OfExample {
    float of(int example);
  }

  private static TensorSource floats(OfExample number) {
    Counter example = new Counter();
    return ints(() -> Float.floatToRawIntBits(number.of(example.next())));
  }

  private static TensorSource ints(IntSupplier numbers) {
    return into -> {
      for (long at = 0; at < into.byteSize(); at += Integer.BYTES) {
        into.set(JAVA_INT, at, numbers.getAsInt());
      }
    };
  }

  private static TensorSource longs(LongSupplier numbers) {
    return into -> {
      for (long at = 0; at < into.byteSize(); at += Long.BYTES) {
        into.set(JAVA_LONG, at, numbers.getAsLong());
      }
    };
  }
}
