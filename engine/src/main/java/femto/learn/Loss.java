package femto.learn;

import femto.model.Link;

/** What a learner makes small, as a function of the score and the label. */
public enum Loss {
  /** Half the squared difference, for labels on a scale such as ratings. */
  SQUARED(Link.IDENTITY) {
    @Override
    double value(double score, double label) {
      return 0.5 * (score - label) * (score - label);
    }

    @Override
    double slope(double score, double label) {
      return score - label;
    }

    @Override
    double scoreOfMean(double mean) {
      return mean;
    }
  },
  /** Log loss of the sigmoid of the score, for labels 0 and 1. */
  LOGISTIC(Link.SIGMOID) {
    @Override
    double value(double score, double label) {
      return label * softplus(-score) + (1 - label) * softplus(score);
    }

    // log(1 + e^x), without overflow.
    private static double softplus(double x) {
      return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    @Override
    double slope(double score, double label) {
      return Link.SIGMOID.apply(score) - label;
    }

    @Override
    double scoreOfMean(double mean) {
      double inside = Math.min(1 - 1e-6, Math.max(1e-6, mean));
      return Math.log(inside / (1 - inside));
    }
  };

  private final Link link;

  Loss(Link link) {
    this.link = link;
  }

  /**
   * The link that turns a score learned with this loss into a prediction.
   *
   * @return identity or sigmoid
   */
  public Link link() {
    return link;
  }

  /** The loss itself. */
  abstract double value(double score, double label);

  /** Its derivative by the score. */
  abstract double slope(double score, double label);

  /** The score that predicts the mean label, where learning starts. */
  abstract double scoreOfMean(double mean);
}
