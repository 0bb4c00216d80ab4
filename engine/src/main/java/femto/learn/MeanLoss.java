package femto.learn;

/** The mean of losses, each of which counts as often as its example. One owner at a time. */
final class MeanLoss extends Apart {
  private static final double LARGE = 0x1p900;

  private final Loss loss;
  private double sum;
  private double count;

  /**
   * The product of {@code 1 + e^-|score|} of examples whose logarithm is not in the sum yet: one
   * logarithm for hundreds of them, since one each took 15 to 20 ns.
   */
  private double product = 1;

  MeanLoss(Loss loss) {
    this.loss = loss;
  }

  void add(double score, double label, double importance) {
    count += importance;
    if (loss == Loss.LOGISTIC && importance == 1 && (label == 0 || label == 1)) {
      double x = label == 1 ? -score : score;
      sum += Math.max(x, 0);
      product *= 1 + Math.exp(-Math.abs(x));
      if (product > LARGE) {
        sum += Math.log(product);
        product = 1;
      }
    } else {
      sum += importance * loss.value(score, label);
    }
  }

  void add(MeanLoss others) {
    sum += others.sum + Math.log(others.product);
    count += others.count;
  }

  /** The mean, 0 if there were none. */
  double get() {
    return count == 0 ? 0 : (sum + Math.log(product)) / count;
  }
}
