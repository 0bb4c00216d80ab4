package femto.model;

/** What turns a score into a prediction. Both are monotone, so ranking never needs them. */
public enum Link {
  /** The score itself: a rating. */
  IDENTITY {
    @Override
    public double apply(double score) {
      return score;
    }
  },
  /** 1 / (1 + e^-score): a probability. */
  SIGMOID {
    @Override
    public double apply(double score) {
      return 1 / (1 + Math.exp(-score));
    }
  };

  /**
   * Applies the link.
   *
   * @param score a score
   * @return the prediction
   */
  public abstract double apply(double score);
}
