package femto.tools.ads;

import femto.learn.Auc;
import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.model.FeatureSpace;
import femto.model.Field;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A table of impressions with {@value #FIELDS} one-hot fields, as wide as Criteo's logs, and clicks
 * by a planted factorization machine, whose strength may differ between pairs of fields: nothing
 * drifts, and the best possible log loss and AUC are known. Values of a field come by Zipf's law,
 * so that most of a table's values come seldom. {@link ClickDataSet} writes the same rows to a data
 * set.
 *
 * <p>Immutable and safe to share.
 */
public final class PlantedClicks {
  /** Fields: a third of few values, the rest of up to hundreds of thousands. */
  public static final int FIELDS = ClickWorld.FIELDS;

  /** Factors of the truth. */
  public static final int FACTORS = ClickWorld.FACTORS;

  private final int rows;
  private final int[] features;
  private final float[] labels;
  private final float[] probabilities;
  private final int[] fieldOf;
  private final int[] valueOf;

  private PlantedClicks(int rows, ClickWorld world) {
    this.rows = rows;
    this.features = new int[Math.multiplyExact(rows, FIELDS)];
    this.labels = new float[rows];
    this.probabilities = new float[rows];
    int[][] featureOf = new int[FIELDS][];
    for (int field = 0; field < FIELDS; field++) {
      featureOf[field] = new int[world.values(field)];
      Arrays.fill(featureOf[field], -1);
    }
    ClickWorld.Rows drawn = world.rows();
    int[] newField = new int[1 << 16];
    int[] newValue = new int[1 << 16];
    int count = 0;
    for (int row = 0; row < rows; row++) {
      drawn.next();
      for (int field = 0; field < FIELDS; field++) {
        int value = drawn.value(field);
        if (featureOf[field][value] < 0) {
          if (count == newField.length) {
            newField = Arrays.copyOf(newField, 2 * count);
            newValue = Arrays.copyOf(newValue, 2 * count);
          }
          newField[count] = field;
          newValue[count] = value;
          featureOf[field][value] = count++;
        }
        features[row * FIELDS + field] = featureOf[field][value];
      }
      double probability = drawn.probability();
      probabilities[row] = (float) probability;
      labels[row] = drawn.label(probability);
    }
    this.fieldOf = Arrays.copyOf(newField, count);
    this.valueOf = Arrays.copyOf(newValue, count);
  }

  /**
   * Draws a table.
   *
   * @param rows how many, 1 to 50 million
   * @param fieldWeighted whether pairs of fields matter differently
   * @param seed one seed gives one table; of two tables of one seed, the shorter is the longer
   *     one's beginning
   * @return the table
   */
  public static PlantedClicks draw(int rows, boolean fieldWeighted, long seed) {
    return draw(rows, fieldWeighted, 1, seed);
  }

  /**
   * Draws a table of fields with more or fewer values.
   *
   * @param rows as above
   * @param fieldWeighted as above
   * @param valuesScale how many times the values the large fields have, {@value
   *     ClickWorld#LEAST_SCALE} to {@value ClickWorld#MOST_SCALE}; 1 above
   * @param seed as above
   * @return the table
   * @throws IllegalArgumentException if the scale is out of range
   */
  public static PlantedClicks draw(int rows, boolean fieldWeighted, double valuesScale, long seed) {
    return new PlantedClicks(rows, new ClickWorld(fieldWeighted, valuesScale, seed));
  }

  /**
   * Number of rows.
   *
   * @return 1 or more
   */
  public int rows() {
    return rows;
  }

  /**
   * How many values came in the first rows. Features are numbered by when they came first, so these
   * are the first ones.
   *
   * @param end number of rows
   * @return how many features they have
   */
  public int features(int end) {
    int most = -1;
    for (int i = 0; i < end * FIELDS; i++) {
      most = Math.max(most, features[i]);
    }
    return most + 1;
  }

  /**
   * The feature of a field of a row.
   *
   * @param row 0 to rows-1
   * @param field 0 to {@value #FIELDS}-1
   * @return its number
   */
  public int feature(int row, int field) {
    return features[row * FIELDS + field];
  }

  /**
   * Whether a row was clicked.
   *
   * @param row 0 to rows-1
   * @return 1 or 0
   */
  public float label(int row) {
    return labels[row];
  }

  /**
   * The fields, the first {@value ClickWorld#CONTEXT_FIELDS} of the context.
   *
   * @return of the names f0, f1 and so on
   */
  public static List<Field> fields() {
    return ClickWorld.fields();
  }

  /**
   * The features that came in the first rows, under the same numbers.
   *
   * @param end number of rows
   * @return the features
   */
  public FeatureSpace space(int end) {
    int count = features(end);
    FeatureSpace.Rows named = new FeatureSpace.Rows(fields(), count);
    for (int feature = 0; feature < count; feature++) {
      named.bind(feature, fieldOf[feature], Integer.toString(valueOf[feature]));
    }
    return named.build();
  }

  /**
   * Mean log loss of the truth's own probabilities, than which none is better but by chance.
   *
   * @param from first row
   * @param end row after the last
   * @return nats
   */
  public double bestLogLoss(int from, int end) {
    double sum = 0;
    for (int row = from; row < end; row++) {
      double p = probabilities[row];
      sum -= Math.log(labels[row] == 1 ? p : 1 - p);
    }
    return sum / (end - from);
  }

  /**
   * AUC of the truth's own probabilities.
   *
   * @param from first row
   * @param end row after the last
   * @return 0 to 1
   */
  public double bestAuc(int from, int end) {
    double[] positives = new double[end - from];
    double[] negatives = new double[end - from];
    int positive = 0;
    for (int row = from; row < end; row++) {
      if (labels[row] == 1) {
        positives[positive++] = probabilities[row];
      } else {
        negatives[row - from - positive] = probabilities[row];
      }
    }
    return Auc.of(positives, positive, negatives, end - from - positive);
  }

  /**
   * Some rows as examples, in their order, which is random. Can be cut for several threads.
   *
   * @param from first row
   * @param end row after the last
   * @param known features from this number on are left out, as values are that a model does not
   *     know
   * @return the examples
   */
  public ExampleSource source(int from, int end, int known) {
    return new Rows(from, end, known);
  }

  /**
   * The same, in an order that is drawn anew for each pass. For one thread.
   *
   * @param from as above
   * @param end as above
   * @param known as above
   * @return the examples
   */
  public ExampleSource shuffled(int from, int end, int known) {
    return new Shuffled(IntStream.range(from, end).toArray(), known);
  }

  private void read(int row, int known, Example into) {
    into.reset(labels[row]);
    int begin = row * FIELDS;
    for (int i = begin; i < begin + FIELDS; i++) {
      if (features[i] < known) {
        into.add(features[i], 1);
      }
    }
  }

  private final class Shuffled implements ExampleSource {
    private final int[] rows;
    private final int known;
    private int[] order = {};
    private int next;

    Shuffled(int[] rows, int known) {
      this.rows = rows;
      this.known = known;
    }

    @Override
    public long size() {
      return rows.length;
    }

    @Override
    public void start(long seed) {
      order = IntArrays.shuffle(rows.clone(), new Random(seed));
      next = 0;
    }

    @Override
    public boolean next(Example into) {
      if (next == order.length) {
        return false;
      }
      read(order[next++], known, into);
      return true;
    }
  }

  private final class Rows implements ExampleSource {
    private final int from;
    private final int end;
    private final int known;
    private int next;

    Rows(int from, int end, int known) {
      this.from = from;
      this.end = end;
      this.known = known;
      this.next = end;
    }

    @Override
    public long size() {
      return (long) end - from;
    }

    @Override
    public void start(long seed) {
      next = from;
    }

    @Override
    public boolean next(Example into) {
      if (next == end) {
        return false;
      }
      read(next++, known, into);
      return true;
    }

    @Override
    public List<ExampleSource> split(int parts) {
      List<ExampleSource> sources = new ArrayList<>();
      for (int part = 0; part < parts; part++) {
        int begin = from + (int) ((long) part * (end - from) / parts);
        int stop = from + (int) ((part + 1L) * (end - from) / parts);
        sources.add(new Rows(begin, stop, known));
      }
      return sources;
    }
  }

  /**
   * Writes rows as text: the label, then a feature and its weight for each field, {@code
   * feature:1}, or with its field before it, {@code field:feature:1}.
   *
   * @param out receives a line a row
   * @param from first row
   * @param end row after the last
   * @param known features from this number on are left out
   * @param withFields whether fields are written, as libffm wants them
   * @throws IOException if writing fails
   */
  public void write(Writer out, int from, int end, int known, boolean withFields)
      throws IOException {
    StringBuilder line = new StringBuilder();
    for (int row = from; row < end; row++) {
      line.setLength(0);
      line.append(labels[row] == 1 ? '1' : '0');
      for (int field = 0; field < FIELDS; field++) {
        int feature = feature(row, field);
        if (feature < known) {
          line.append(' ');
          if (withFields) {
            line.append(field).append(':');
          }
          line.append(feature).append(":1");
        }
      }
      out.append(line.append('\n'));
    }
  }
}
