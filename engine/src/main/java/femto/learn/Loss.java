package femto.learn;

import femto.model.Link;
import femto.model.Model;

/** What a learner makes small, as a function of the score and the label. */
public enum Loss {
  /** Half the squared difference, for labels on a scale such as ratings. */
  SQUARED {
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
  LOGISTIC {
    @Override
    double value(double score, double label) {
      if (label == 1) {
        return softplus(-score);
      }
      return label == 0
          ? softplus(score)
          : label * softplus(-score) + (1 - label) * softplus(score);
    }

    // log(1 + e^x), without overflow. log1p takes several times as long as log, and is needed where
    // e^x is small.
    private static double softplus(double x) {
      double e = Math.exp(-Math.abs(x));
      return Math.max(x, 0) + (e < SMALL ? Math.log1p(e) : Math.log(1 + e));
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

  private static final double SMALL = 1e-4;

  /**
   * The link that turns a score learned with this loss into a prediction.
   *
   * @return identity or sigmoid
   */
  public Link link() {
    return this == SQUARED ? Link.IDENTITY : Link.SIGMOID;
  }

  /** Refuses a model to start from whose scores mean another thing. */
  void requireScoresOf(Model model) {
    Link link = model.link();
    // Scores of any probability are log odds, calibrated or not.
    boolean same = link.equals(link()) || (link.isOfProbability() && link().isOfProbability());
    if (!same) {
      throw new IllegalArgumentException(
          "the model to start from has the link " + link + ", expected " + link());
    }
  }

  /** The loss itself. */
  abstract double value(double score, double label);

  /** Its derivative by the score. */
  abstract double slope(double score, double label);

  /** The score that predicts the mean label, where learning starts. */
  abstract double scoreOfMean(double mean);
}
