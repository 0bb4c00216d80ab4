package femto.learn;

import femto.model.FeatureRows;
import femto.model.FeatureSpace;

/**
 * Examples whose features are stored once a context and once a candidate, never repeated in each
 * example: two relational blocks (Rendle, "Scaling Factorization Machines to Relational Data", VLDB
 * 2013). An example's features are those of its context row and its candidate row together.
 *
 * <p>Immutable if nobody writes to the arrays, which are not copied.
 *
 * @param features what the rows' features are
 * @param contexts one row a context, of features of context fields
 * @param candidates one row a candidate, of features of candidate fields
 * @param contextOf row of {@code contexts} of each example
 * @param candidateOf row of {@code candidates} of each example
 * @param labels label of each example
 */
public record RelationalData(
    FeatureSpace features,
    FeatureRows contexts,
    FeatureRows candidates,
    int[] contextOf,
    int[] candidateOf,
    float[] labels) {
  /**
   * Checks the lengths.
   *
   * @throws IllegalArgumentException if the arrays differ in length
   */
  public RelationalData {
    if (contextOf.length != labels.length || candidateOf.length != labels.length) {
      throw new IllegalArgumentException(
          "contexts of %d examples, candidates of %d, labels of %d"
              .formatted(contextOf.length, candidateOf.length, labels.length));
    }
  }

  /**
   * Number of examples.
   *
   * @return 0 or more
   */
  public int size() {
    return labels.length;
  }
}
