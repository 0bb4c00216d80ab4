package femto.tools.evaluate;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether probabilities are what they say: of all that is given 0.3, 0.3 should come true.
 *
 * @param bins those of equal width that hold something, ascending
 * @param expectedError the mean over examples of how far the bin's rate is from its mean
 *     probability (ECE: Naeini, Cooper and Hauskrecht, AAAI 2015); NaN without examples
 */
public record Calibration(List<Bin> bins, double expectedError) {
  /**
   * Probabilities that are near one another.
   *
   * @param count how many there are, 1 or more
   * @param positives how many came true
   * @param probability their mean
   */
  public record Bin(int count, int positives, double probability) {
    /**
     * How often it came true.
     *
     * @return 0 to 1
     */
    public double rate() {
      return (double) positives / count;
    }
  }

  /** Takes a copy of the list. */
  public Calibration {
    bins = List.copyOf(bins);
  }

  /**
   * Measures probabilities.
   *
   * @param positive the class of each example
   * @param probabilities as many predicted probabilities of the positive class, 0 to 1
   * @param count number of bins, 1 or more; bin i holds probabilities from i / count to below (i +
   *     1) / count, the last one 1 too
   * @return the bins, and how far they are off
   * @throws IllegalArgumentException if the lengths differ or a number is out of range
   */
  public static Calibration of(boolean[] positive, double[] probabilities, int count) {
    Checks.requireSameLength(positive.length, probabilities.length);
    if (count < 1) {
      throw new IllegalArgumentException(count + " bins, expected 1 or more");
    }
    int[] counts = new int[count];
    int[] positives = new int[count];
    double[] sums = new double[count];
    for (int i = 0; i < positive.length; i++) {
      double probability = probabilities[i];
      if (!(probability >= 0 && probability <= 1)) {
        throw new IllegalArgumentException(
            "probability " + i + " is " + probability + ", expected 0 to 1");
      }
      int bin = Math.min((int) (probability * count), count - 1);
      counts[bin]++;
      positives[bin] += positive[i] ? 1 : 0;
      sums[bin] += probability;
    }
    List<Bin> bins = new ArrayList<>();
    double error = 0;
    for (int bin = 0; bin < count; bin++) {
      if (counts[bin] > 0) {
        bins.add(new Bin(counts[bin], positives[bin], sums[bin] / counts[bin]));
        error += Math.abs(positives[bin] - sums[bin]);
      }
    }
    return new Calibration(bins, error / positive.length);
  }
}
