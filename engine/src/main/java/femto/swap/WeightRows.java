package femto.swap;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Weights of features, ascending by feature, each once. Not written to once made.
 *
 * <p>Arrays and no map: a delta of a trainer that learns fast has tens of thousands of features,
 * and each is looked at several times.
 */
final class WeightRows {
  static final WeightRows NONE = new WeightRows(new int[0], new float[0], 0, 0);

  private final int[] features;

  /** For each feature its linear weight and then its factors, as in a table of weights. */
  private final float[] numbers;

  private final int size;
  private final int length;

  private WeightRows(int[] features, float[] numbers, int size, int length) {
    this.features = features;
    this.numbers = numbers;
    this.size = size;
    this.length = length;
  }

  /** Weights that are 0. */
  static WeightRows zeros(int[] ascending, int factors) {
    int length = 1 + factors;
    return new WeightRows(
        ascending,
        new float[Math.multiplyExact(ascending.length, length)],
        ascending.length,
        length);
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Numbers a feature: one more than it has factors. */
  int length() {
    return length;
  }

  int feature(int place) {
    return features[place];
  }

  /** The numbers of all features one after the other; only to be read. */
  float[] numbers() {
    return numbers;
  }

  /** Where in {@link #numbers} those of a feature begin. */
  int at(int place) {
    return place * length;
  }

  /** The place of a feature, or a negative number. */
  int find(int feature) {
    return Arrays.binarySearch(features, 0, size, feature);
  }

  /** Whether the numbers of a feature are these to the last bit. */
  boolean isSame(int place, float[] row) {
    int at = at(place);
    int different = 0;
    for (int i = 0; i < length; i++) {
      different |= Float.floatToRawIntBits(numbers[at + i]) ^ Float.floatToRawIntBits(row[i]);
    }
    return different == 0;
  }

  /** These and then others, which win. */
  WeightRows then(WeightRows next) {
    if (isEmpty() || next.isEmpty()) {
      return isEmpty() ? next : this;
    }
    int[] ofBoth = new int[Math.addExact(size, next.size)];
    float[] both = new float[Math.multiplyExact(ofBoth.length, length)];
    int count = 0;
    int i = 0;
    int j = 0;
    while (i < size || j < next.size) {
      boolean other = j < next.size && (i == size || next.features[j] <= features[i]);
      WeightRows from = other ? next : this;
      int place = other ? j : i;
      int feature = from.features[place];
      System.arraycopy(from.numbers, from.at(place), both, count * length, length);
      ofBoth[count++] = feature;
      i += i < size && features[i] == feature ? 1 : 0;
      j += other ? 1 : 0;
    }
    return new WeightRows(ofBoth, both, count, length);
  }

  /** Those at some places. */
  WeightRows select(BitSet places) {
    int count = places.cardinality();
    int[] some = new int[count];
    float[] ofSome = new float[count * length];
    int to = 0;
    for (int place = places.nextSetBit(0); place >= 0; place = places.nextSetBit(place + 1)) {
      some[to] = features[place];
      System.arraycopy(numbers, at(place), ofSome, to * length, length);
      to++;
    }
    return new WeightRows(some, ofSome, count, length);
  }

  /** The same in arrays that nobody else has. */
  WeightRows copy() {
    return new WeightRows(
        Arrays.copyOf(features, size), Arrays.copyOf(numbers, size * length), size, length);
  }

  /** Collects weights of features in any order; those that come later win. One owner. */
  static final class Builder {
    private int[] features = new int[16];
    private float[] numbers = new float[0];
    private int size;
    private int length;
    private boolean ascending = true;

    void add(int feature, float linear, float[] factors) {
      if (size == 0) {
        length = 1 + factors.length;
      } else if (length != 1 + factors.length) {
        throw new IllegalArgumentException(
            "weights of feature "
                + feature
                + " have "
                + factors.length
                + " factors, those before it "
                + (length - 1));
      }
      if (size == features.length) {
        features = Arrays.copyOf(features, 2 * size);
      }
      int at = Math.multiplyExact(size, length);
      if (at + length > numbers.length) {
        numbers = Arrays.copyOf(numbers, Math.max(16 * length, 2 * at));
      }
      ascending &= size == 0 || features[size - 1] < feature;
      features[size++] = feature;
      numbers[at] = linear;
      System.arraycopy(factors, 0, numbers, at + 1, factors.length);
    }

    void clear() {
      size = 0;
      ascending = true;
    }

    boolean isEmpty() {
      return size == 0;
    }

    /** What was collected: on these very arrays if it can, so only until more is added. */
    WeightRows rows() {
      if (ascending) {
        return size == 0 ? NONE : new WeightRows(features, numbers, size, length);
      }
      long[] order = new long[size]; // by feature, and the last of each behind the others
      for (int i = 0; i < size; i++) {
        order[i] = ((long) features[i] << Integer.SIZE) | i;
      }
      Arrays.sort(order);
      int[] sorted = new int[size];
      float[] ofSorted = new float[size * length];
      int count = 0;
      for (long entry : order) {
        int feature = (int) (entry >> Integer.SIZE);
        count -= count > 0 && sorted[count - 1] == feature ? 1 : 0;
        sorted[count] = feature;
        System.arraycopy(numbers, (int) entry * length, ofSorted, count * length, length);
        count++;
      }
      return new WeightRows(sorted, ofSorted, count, length);
    }
  }
}
