package femto.model;

import femto.kernels.RowTable;
import java.util.Arrays;

/**
 * Folding where fields decide how features go together: first what each field of the side sums to,
 * {@code S_a = sum_{j in a} x_j v_j} over whole rows of weights, and then pairs of fields. All in
 * f32, in the order of the features and then of the fields, a partial sum a factor: the same bits
 * everywhere.
 */
abstract class FieldFolding extends Folding {
  private static final int OTHER_SIDE = -1;

  private final FeatureSpace space;
  private final RowTable table;
  private final Side side;
  private final float[] row;

  /** Fields of this side and of the other, as the model numbers them, ascending. */
  final int[] own;

  final int[] others;

  /** By field, its place in {@link #own}. */
  private final int[] places;

  /** By place: what a field sums to, and of how many features. */
  final float[][] sums;

  final int[] counts;
  final int factors;

  /** Of all pairs inside the row, by factor. */
  final float[] pairs;

  FieldFolding(Model model, Side side) {
    this.space = model.features();
    this.table = model.weights();
    this.side = side;
    this.factors = model.factors();
    this.row = new float[1 + table.length()];
    this.own = model.fieldsOf(side);
    this.others = model.fieldsOf(side == Side.CONTEXT ? Side.CANDIDATE : Side.CONTEXT);
    this.places = new int[space.fields().size()];
    Arrays.fill(places, OTHER_SIDE);
    for (int place = 0; place < own.length; place++) {
      places[own[place]] = place;
    }
    this.sums = new float[own.length][table.length()];
    this.counts = new int[own.length];
    this.pairs = new float[factors];
  }

  @Override
  final float fold(float start, int[] rowFeatures, float[] rowWeights, int count, float[] vector) {
    for (int place = 0; place < own.length; place++) {
      if (counts[place] > 0) {
        Arrays.fill(sums[place], 0);
        counts[place] = 0;
      }
    }
    Arrays.fill(pairs, 0);
    float constant = start;
    for (int i = 0; i < count; i++) {
      int place = placeOf(rowFeatures[i]);
      float x = rowWeights[i];
      read(rowFeatures[i]);
      constant = Math.fma(row[0], x, constant);
      for (int f = 1; f < row.length; f++) {
        row[f] *= x;
      }
      if (counts[place]++ > 0) {
        addPairsInside(place, row);
      }
      float[] sum = sums[place];
      for (int f = 0; f < sum.length; f++) {
        sum[f] += row[1 + f];
      }
    }
    addPairsOfFields();
    for (float pair : pairs) {
      constant += pair;
    }
    vector(vector);
    return constant;
  }

  /** Whether the rows are contexts. */
  final boolean isContext() {
    return side == Side.CONTEXT;
  }

  private void read(int feature) {
    if (patch == null) {
      table.copyRow(feature, row);
    } else {
      patch.copyRow(feature, row);
    }
  }

  private int placeOf(int feature) {
    if (feature < 0 || feature >= space.size()) {
      throw new IndexOutOfBoundsException(
          "feature " + feature + ", expected 0 to " + (space.size() - 1));
    }
    int field = space.fieldOf(feature);
    int place = field == FeatureSpace.UNKNOWN ? OTHER_SIDE : places[field];
    if (place == OTHER_SIDE) {
      throw new IllegalArgumentException(
          "feature %d is of %s, expected one of a %s field"
              .formatted(
                  feature,
                  field == FeatureSpace.UNKNOWN
                      ? "no field"
                      : "the field " + space.fields().get(field).name(),
                  side.name().toLowerCase(java.util.Locale.ROOT)));
    }
    return place;
  }

  /**
   * Adds the pairs of a feature with those of its field before it.
   *
   * @param scaled has, from index 1 on, x times its row of weights
   */
  abstract void addPairsInside(int place, float[] scaled);

  /** Adds the pairs of features of different fields of the row. */
  abstract void addPairsOfFields();

  /** Writes what the other side's vector is multiplied by. */
  abstract void vector(float[] into);
}
