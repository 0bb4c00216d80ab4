package femto.model;

/**
 * Which formula the weights belong to. In all of them {@code w} are linear weights and {@code x}
 * the features' values in a row; sums over {@code j<l} go over all pairs of features of the row, of
 * context and candidate alike. {@code engine/docs/families.md} says when to pick which, and how
 * each is folded.
 *
 * <p>Matrix factorization with biases (Koren, Bell and Volinsky, "Matrix factorization techniques
 * for recommender systems", IEEE Computer 2009, equation 4) is no family of its own: it is {@link
 * #FM} with two fields, the user's id and the item's, whose linear weights are the biases.
 */
public enum Family {
  /** Bias and linear weights, no factors: folds to length 0. */
  LINEAR,
  /**
   * Factorization machine of degree 2 (Rendle, "Factorization Machines", ICDM 2010, equation 1):
   * {@code w0 + sum w_j x_j + sum_{j<l} <v_j, v_l> x_j x_l}. Folds to length k.
   */
  FM,
  /**
   * Field-weighted factorization machine (Pan et al., "Field-weighted Factorization Machines for
   * Click-Through Rate Prediction in Display Advertising", WWW 2018, equation 5): {@code w0 + sum
   * w_j x_j + sum_{j<l} r_{f(j) f(l)} <v_j, v_l> x_j x_l} with a symmetric matrix r of field
   * strengths ({@link FieldStrengths}), in full or of low rank. Folds to the smaller number of
   * fields of a side times k, or rank times k if that is less.
   */
  FWFM,
  /**
   * Field-aware factorization machine (Juan et al., "Field-aware Factorization Machines for CTR
   * Prediction", RecSys 2016, equation 4): {@code w0 + sum w_j x_j + sum_{j<l} <v_{j,f(l)},
   * v_{l,f(j)}> x_j x_l}, with k factors of each feature for each field. Folds to context fields
   * times candidate fields times k.
   */
  FFM,
  /**
   * Polynomial of degree 2 with a weight of its own for each pair, by hashing (Chang et al.,
   * "Training and Testing Low-degree Polynomial Data Mappings via Linear SVM", JMLR 2010; as in
   * Juan et al. 2016, equation 2): {@code w0 + sum w_j x_j + sum_{j<l} p_{h(j,l)} x_j x_l} ({@link
   * PairWeights}). The pairs of a context's with a candidate's feature fold into nothing: the
   * folded length is 0, and they are added candidate by candidate.
   */
  POLY2;

  /** Whether the features' fields decide how they go together. */
  boolean isOfFields() {
    return this == FWFM || this == FFM;
  }

  /** Whether features have factors. */
  boolean hasFactors() {
    return this == FM || isOfFields();
  }

  /**
   * How many numbers a feature has besides its linear weight.
   *
   * @param fields number of fields, of both sides
   * @param factors number of factors, k
   * @return k, or fields times k for {@link #FFM}; 0 where there are no factors
   */
  public long rowLength(int fields, int factors) {
    return this == FFM ? (long) fields * factors : hasFactors() ? factors : 0;
  }
}
