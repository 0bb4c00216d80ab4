package femto.model;

/** Which formula the weights belong to. */
public enum Family {
  /** Bias and linear weights, no factors: folds to length 0. */
  LINEAR,
  /**
   * Factorization machine of degree 2 (Rendle, "Factorization Machines", ICDM 2010, equation 1):
   * {@code w0 + sum w_j x_j + sum_{j<l} <v_j, v_l> x_j x_l}. Folds to length k.
   */
  FM
}
