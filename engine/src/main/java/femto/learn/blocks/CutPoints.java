package femto.learn.blocks;

import java.util.Arrays;

/**
 * Where the intervals meet that levels, such as ratings of 1 to 5, are: a label is of level r if a
 * Gaussian of mean the score and deviation 1 falls between cut points r - 1 and r, of which the
 * outermost are infinite.
 *
 * <p>Drawn with the hidden numbers left out, since given these a cut point could move no further
 * than to the next of many thousands of them (Cowles, "Accelerating Monte Carlo Markov chain
 * convergence for cumulative-link generalized linear models", Statistics and Computing 1996). The
 * log likelihood is concave, so its peak given the scores is found by Newton's method; the draw is
 * proposed by Student's t around the peak and taken or refused by Metropolis and Hastings. Of the
 * draws of five or ten usual levels seven in ten are taken; where there are dozens of levels with
 * an example or two each, most would cross and are refused.
 */
final class CutPoints {
  /** Labels of more levels are numbers. */
  static final int MAX_LEVELS = 64;

  /** Of Student's t: tails heavy enough to reach the peak from wherever the chain begins. */
  private static final int DEGREES = 5;

  private static final int MAX_NEWTON_STEPS = 50;
  private static final double FOUND = 1e-7;

  /** Of a level at the start, however rare: probabilities shall not be 0. */
  private static final double LEAST_WIDTH = 1e-6;

  /** The level of each example, and what the levels are. */
  private final int[] levelOf;

  private final double[] levels;
  private final double precision;
  private double[] cuts;

  /** A point in the space of cut points: with what the likelihood is there. */
  private static final class Point {
    final double[] cuts;
    double logLikelihood;
    final double[] gradient;

    /** The negative of the second derivatives, which reach from a cut point to the next only. */
    final double[] diagonal;

    final double[] beside;

    Point(double[] cuts) {
      this.cuts = cuts;
      this.gradient = new double[cuts.length];
      this.diagonal = new double[cuts.length];
      this.beside = new double[cuts.length];
    }
  }

  /**
   * Starts where the labels alone would have the cut points.
   *
   * @param labels the label of each example
   * @param precision of the prior of each cut point, a Gaussian around 0; 0 is flat
   * @throws IllegalArgumentException if all labels are the same, or there are too many of them
   */
  CutPoints(float[] labels, double precision) {
    this.precision = precision;
    float[] sorted = labels.clone();
    for (int example = 0; example < sorted.length; example++) {
      sorted[example] += 0.0f; // there is a -0, which is another number to a search
    }
    Arrays.sort(sorted);
    double[] found = new double[Math.min(sorted.length, MAX_LEVELS + 1)];
    int count = 0;
    for (int i = 0; i < sorted.length && count < found.length; i++) {
      if (i == 0 || sorted[i] > sorted[i - 1]) {
        found[count++] = sorted[i];
      }
    }
    if (count < 2 || count > MAX_LEVELS) {
      throw new IllegalArgumentException(
          "labels of %s, expected 2 to %d different ones to be levels"
              .formatted(
                  count < 2 ? "one value" : "more than " + MAX_LEVELS + " values", MAX_LEVELS));
    }
    this.levels = Arrays.copyOf(found, count);
    this.levelOf = new int[labels.length];
    int[] examples = new int[count];
    for (int example = 0; example < labels.length; example++) {
      levelOf[example] = Arrays.binarySearch(levels, labels[example] + 0.0f);
      examples[levelOf[example]]++;
    }
    this.cuts = new double[count - 1];
    double below = 0;
    for (int cut = 0; cut < cuts.length; cut++) {
      below += examples[cut];
      cuts[cut] = quantile(below / labels.length);
      if (cut > 0 && cuts[cut] < cuts[cut - 1] + LEAST_WIDTH) {
        cuts[cut] = cuts[cut - 1] + LEAST_WIDTH;
      }
    }
  }

  /** Where so much of a Gaussian is below, to six digits. */
  private static double quantile(double share) {
    double low = -10;
    double high = 10;
    while (high - low > 1e-6) {
      double middle = (low + high) / 2;
      if (Gaussian.below(middle) < share) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  /** The labels that there are, ascending. */
  double[] levels() {
    return levels.clone();
  }

  /** The finite cut points, one fewer than levels, ascending. */
  double[] cuts() {
    return cuts.clone();
  }

  /** The cut point below an example's level. */
  double below(int example) {
    int level = levelOf[example];
    return level == 0 ? Double.NEGATIVE_INFINITY : cuts[level - 1];
  }

  /** The cut point above an example's level. */
  double above(int example) {
    int level = levelOf[example];
    return level == cuts.length ? Double.POSITIVE_INFINITY : cuts[level];
  }

  /** The mean label at a score. */
  double expected(double score) {
    return expected(levels, cuts, score);
  }

  /** The mean label at a score, for given levels and cut points. */
  static double expected(double[] levels, double[] cuts, double score) {
    double sum = levels[0];
    for (int cut = 0; cut < cuts.length; cut++) {
      sum += (levels[cut + 1] - levels[cut]) * Gaussian.below(score - cuts[cut]);
    }
    return sum;
  }

  /**
   * Draws the cut points given the scores.
   *
   * @param scores of each example
   */
  void draw(double[] scores, Draws draws) {
    Point now = at(cuts, scores);
    Point peak = peak(now, scores);
    double[] lower = new double[cuts.length];
    double[] pivots = new double[cuts.length];
    if (!factorize(peak, lower, pivots)) {
      return; // scores so far out that probabilities are 0
    }
    double[] off = new double[cuts.length];
    for (int cut = 0; cut < off.length; cut++) {
      off[cut] = draws.gaussian() / Math.sqrt(pivots[cut]);
    }
    for (int cut = off.length - 2; cut >= 0; cut--) {
      off[cut] -= lower[cut + 1] * off[cut + 1];
    }
    double spread = Math.sqrt(draws.gamma(0.5 * DEGREES) / (0.5 * DEGREES));
    double[] proposed = new double[cuts.length];
    for (int cut = 0; cut < proposed.length; cut++) {
      proposed[cut] = peak.cuts[cut] + off[cut] / spread;
    }
    double chance = Math.log(1 - draws.uniform());
    if (!isAscending(proposed)) {
      return;
    }
    double gain = at(proposed, scores).logLikelihood - now.logLikelihood;
    gain += logProposal(peak, cuts) - logProposal(peak, proposed);
    if (chance < gain) {
      cuts = proposed;
    }
  }

  private static boolean isAscending(double[] numbers) {
    for (int i = 1; i < numbers.length; i++) {
      if (!(numbers[i] > numbers[i - 1])) {
        return false;
      }
    }
    return true;
  }

  /** Log density of the proposal, but for a constant. */
  private static double logProposal(Point peak, double[] at) {
    double form = 0;
    for (int cut = 0; cut < at.length; cut++) {
      double off = at[cut] - peak.cuts[cut];
      form += peak.diagonal[cut] * off * off;
      if (cut > 0) {
        form += 2 * peak.beside[cut] * off * (at[cut - 1] - peak.cuts[cut - 1]);
      }
    }
    return -0.5 * (DEGREES + at.length) * Math.log1p(form / DEGREES);
  }

  /** By Newton's method with steps halved until they climb. */
  private Point peak(Point from, double[] scores) {
    Point best = from;
    double[] lower = new double[cuts.length];
    double[] pivots = new double[cuts.length];
    for (int step = 0; step < MAX_NEWTON_STEPS && factorize(best, lower, pivots); step++) {
      double[] move = best.gradient.clone();
      for (int cut = 1; cut < move.length; cut++) {
        move[cut] -= lower[cut] * move[cut - 1];
      }
      for (int cut = move.length - 1; cut >= 0; cut--) {
        move[cut] /= pivots[cut];
        if (cut + 1 < move.length) {
          move[cut] -= lower[cut + 1] * move[cut + 1];
        }
      }
      double longest = Arrays.stream(move).map(Math::abs).max().orElse(0);
      if (longest < FOUND) {
        return best;
      }
      Point next = null;
      for (double share = 1; next == null && share * longest > FOUND; share /= 2) {
        double[] moved = new double[move.length];
        for (int cut = 0; cut < moved.length; cut++) {
          moved[cut] = best.cuts[cut] + share * move[cut];
        }
        if (isAscending(moved)) {
          Point tried = at(moved, scores);
          next = tried.logLikelihood >= best.logLikelihood ? tried : null;
        }
      }
      if (next == null) {
        return best;
      }
      best = next;
    }
    return best;
  }

  /**
   * Cuts the negative second derivatives into a triangle of ones below and pivots, and back.
   *
   * @return whether all pivots are above 0
   */
  private static boolean factorize(Point point, double[] lower, double[] pivots) {
    for (int cut = 0; cut < pivots.length; cut++) {
      pivots[cut] = point.diagonal[cut];
      if (cut > 0) {
        lower[cut] = point.beside[cut] / pivots[cut - 1];
        pivots[cut] -= lower[cut] * point.beside[cut];
      }
      if (!(pivots[cut] > 0)) {
        return false;
      }
    }
    return true;
  }

  private Point at(double[] where, double[] scores) {
    Point point = new Point(where);
    double sum = 0;
    for (int cut = 0; cut < where.length; cut++) {
      sum -= 0.5 * precision * where[cut] * where[cut];
      point.gradient[cut] = -precision * where[cut];
      point.diagonal[cut] = precision;
    }
    for (int example = 0; example < scores.length; example++) {
      int level = levelOf[example];
      boolean isLowest = level == 0;
      boolean isHighest = level == where.length;
      double low = isLowest ? Double.NEGATIVE_INFINITY : where[level - 1] - scores[example];
      double high = isHighest ? Double.POSITIVE_INFINITY : where[level] - scores[example];
      double probability = Math.max(Gaussian.between(low, high), Double.MIN_NORMAL);
      sum += Math.log(probability);
      double up = isHighest ? 0 : Gaussian.density(high) / probability;
      double down = isLowest ? 0 : Gaussian.density(low) / probability;
      if (!isHighest) {
        point.gradient[level] += up;
        point.diagonal[level] += up * (high + up);
      }
      if (!isLowest) {
        point.gradient[level - 1] -= down;
        point.diagonal[level - 1] += down * (down - low);
      }
      if (!isHighest && !isLowest) {
        point.beside[level] -= up * down;
      }
    }
    point.logLikelihood = sum;
    return point;
  }

  /** Takes other labels, which are among the levels. */
  void setLevels(int[] other) {
    System.arraycopy(other, 0, levelOf, 0, levelOf.length);
  }
}
