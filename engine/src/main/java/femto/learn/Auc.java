package femto.learn;

import java.util.Arrays;

/**
 * The area under the ROC curve: the share of pairs of a positive and a negative example in which
 * the positive one has the higher score, equal scores counting half. This is the Mann-Whitney
 * statistic U / (P N) (Hanley and McNeil, Radiology 143, 1982).
 */
public final class Auc {
  private Auc() {}

  /**
   * Of the scores of two classes, in O(n log n). Exact: pairs are counted in integers. 0.0 and -0.0
   * are equal.
   *
   * @param positives scores of positive examples, none of them NaN; sorted by this
   * @param positive how many of them there are
   * @param negatives scores of negative examples, none of them NaN; sorted by this
   * @param negative how many of them there are
   * @return 0 to 1; NaN if a class has no example, since there is no pair then
   */
  public static double of(double[] positives, int positive, double[] negatives, int negative) {
    Arrays.sort(positives, 0, positive);
    Arrays.sort(negatives, 0, negative);
    // A positive wins against the negatives below it and halves with its equals, so twice what it
    // wins is the number below plus the number below or equal.
    long twiceWon = 0;
    int below = 0;
    int notAbove = 0;
    for (int i = 0; i < positive; i++) {
      while (below < negative && negatives[below] < positives[i]) {
        below++;
      }
      while (notAbove < negative && negatives[notAbove] <= positives[i]) {
        notAbove++;
      }
      twiceWon += (long) below + notAbove;
    }
    return twiceWon / (2.0 * positive * negative);
  }
}
