package femto.tools.ads;

import femto.learn.Auc;
import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A table of impressions with {@value #FIELDS} one-hot fields, as wide as Criteo's logs, and clicks
 * by a planted factorization machine: nothing drifts, and the best possible log loss and AUC are
 * known. Values of a field come by Zipf's law, so that most of a table's values come seldom.
 *
 * <p>Where the truth is field-weighted, the product of two values' factors counts times a strength
 * of their two fields (Pan et al., "Field-weighted Factorization Machines", WWW 2018): a few pairs
 * of fields matter much, most hardly.
 *
 * <p>Immutable and safe to share.
 */
public final class PlantedClicks {
  /** Fields: a third of few values, the rest of up to hundreds of thousands. */
  public static final int FIELDS = 39;

  /** Factors of the truth. */
  public static final int FACTORS = 4;

  private static final int CONTEXT_FIELDS = 30;
  private static final int SMALL_FIELDS = 13;
  private static final int MOST_VALUES = 45_000;
  private static final double GROWTH = 1.5;

  /** These give a click rate near a quarter and a best possible AUC near 0.8. */
  private static final double BIAS = -1.2;

  private static final double LINEAR = 0.1;
  private static final double FACTOR = 0.147;

  /** A strength is log-normal; its square has the mean 1, so that the truth stays as strong. */
  private static final double STRENGTH_SPREAD = 1.2;

  private final int rows;
  private final int[] features;
  private final float[] labels;
  private final float[] probabilities;
  private final int[] fieldOf;
  private final int[] valueOf;

  /** Values of one field, and the features that those which came have. */
  private static final class Values {
    final int count;
    final int[] feature;

    Values(int field) {
      double size = field < SMALL_FIELDS ? 4 << (field / 2) : 20 * Math.pow(GROWTH, field - 13.0);
      count = (int) Math.min(size, MOST_VALUES);
      feature = new int[count];
      Arrays.fill(feature, -1);
    }

    /** By Zipf's law of exponent 1: the logarithm of the rank is uniform. */
    int draw(RandomGenerator random) {
      int value = (int) Math.exp(random.nextDouble() * Math.log(count + 1.0)) - 1;
      return Math.min(value, count - 1);
    }
  }

  /** What the world is like. */
  private static final class Truth {
    private final long seed;
    private final double[][] strength = new double[FIELDS][FIELDS];
    private final double[] factors = new double[FACTORS];
    private final double[][] sums = new double[FIELDS][];

    Truth(boolean fieldWeighted, long seed) {
      this.seed = seed;
      SplittableRandom random = new SplittableRandom(seed ^ 0x5eedL);
      for (int a = 0; a < FIELDS; a++) {
        sums[a] = new double[FACTORS];
        for (int b = 0; b < a; b++) {
          double log = STRENGTH_SPREAD * (random.nextGaussian() - STRENGTH_SPREAD);
          strength[a][b] = fieldWeighted ? Math.exp(log) : 1;
        }
      }
    }

    /** The logit of a row, whose weights are drawn anew from the values' own seeds. */
    double score(int[] values) {
      double score = BIAS;
      for (int field = 0; field < FIELDS; field++) {
        SplittableRandom random =
            new SplittableRandom(seed + 1_000_003L * field + 7_919L * (values[field] + 1L));
        score += LINEAR * random.nextGaussian();
        for (int f = 0; f < FACTORS; f++) {
          factors[f] = FACTOR * random.nextGaussian();
        }
        sums[field] = factors.clone();
        for (int other = 0; other < field; other++) {
          double dot = 0;
          for (int f = 0; f < FACTORS; f++) {
            dot += factors[f] * sums[other][f];
          }
          score += strength[field][other] * dot;
        }
      }
      return score;
    }
  }

  private PlantedClicks(int rows, boolean fieldWeighted, long seed) {
    this.rows = rows;
    this.features = new int[Math.multiplyExact(rows, FIELDS)];
    this.labels = new float[rows];
    this.probabilities = new float[rows];
    Values[] fields = new Values[FIELDS];
    Arrays.setAll(fields, Values::new);
    Truth truth = new Truth(fieldWeighted, seed);
    SplittableRandom random = new SplittableRandom(seed);
    int[] values = new int[FIELDS];
    int[] newField = new int[1 << 16];
    int[] newValue = new int[1 << 16];
    int count = 0;
    for (int row = 0; row < rows; row++) {
      for (int field = 0; field < FIELDS; field++) {
        values[field] = fields[field].draw(random);
        if (fields[field].feature[values[field]] < 0) {
          if (count == newField.length) {
            newField = Arrays.copyOf(newField, 2 * count);
            newValue = Arrays.copyOf(newValue, 2 * count);
          }
          newField[count] = field;
          newValue[count] = values[field];
          fields[field].feature[values[field]] = count++;
        }
        features[row * FIELDS + field] = fields[field].feature[values[field]];
      }
      double probability = 1 / (1 + Math.exp(-truth.score(values)));
      probabilities[row] = (float) probability;
      labels[row] = random.nextDouble() < probability ? 1 : 0;
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
    return new PlantedClicks(rows, fieldWeighted, seed);
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
   * The fields, the first {@value #CONTEXT_FIELDS} of the context.
   *
   * @return of the names f0, f1 and so on
   */
  public static List<Field> fields() {
    List<Field> fields = new ArrayList<>();
    for (int field = 0; field < FIELDS; field++) {
      Side side = field < CONTEXT_FIELDS ? Side.CONTEXT : Side.CANDIDATE;
      fields.add(Field.oneHot("f" + field, side));
    }
    return fields;
  }

  /**
   * The features that came in the first rows, under the same numbers.
   *
   * @param end number of rows
   * @return the features
   */
  public FeatureSpace space(int end) {
    FeatureSpace.Builder builder = new FeatureSpace.Builder(fields());
    int count = features(end);
    for (int feature = 0; feature < count; feature++) {
      builder.add(fieldOf[feature], Integer.toString(valueOf[feature]));
    }
    return builder.build();
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
      into.reset(labels[next]);
      int begin = next++ * FIELDS;
      for (int i = begin; i < begin + FIELDS; i++) {
        if (features[i] < known) {
          into.add(features[i], 1);
        }
      }
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
