package femto.tools.baseline;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * EASE, a linear autoencoder in closed form (Steck, <i>Embarrassingly shallow autoencoders for
 * sparse data</i>, WWW 2019): the matrix B of zero diagonal that makes |X - X B|^2 + lambda |B|^2
 * least, for the matrix X of users and items.
 *
 * <pre>
 *   P = (X'X + lambda I)^-1,   B_ij = -P_ij / P_jj,   score_uj = sum of B_ij over the items i of u
 * </pre>
 *
 * <p>Takes 8 bytes for each pair of items while it is fitted, twice, and 4 after that; time goes by
 * the cube.
 */
public final class Ease implements ItemScores {
  /** A matrix of more would not fit an array. */
  private static final int MOST_ITEMS = 30_000;

  private final Interactions likes;
  private final float[][] weights;

  private Ease(Interactions likes, float[][] weights) {
    this.likes = likes;
    this.weights = weights;
  }

  /**
   * Fits.
   *
   * @param likes who liked what, in training; at most 30,000 items
   * @param lambda above 0; hundreds for MovieLens
   * @return the recommender
   */
  public static Ease fit(Interactions likes, double lambda) {
    int n = likes.itemCount();
    if (!(lambda > 0) || n > MOST_ITEMS) {
      throw new IllegalArgumentException(
          "lambda=" + lambda + " and " + n + " items, expected above 0, and at most " + MOST_ITEMS);
    }
    DMatrixRMaj gram = new DMatrixRMaj(n, n);
    for (int user = 0; user < likes.userCount(); user++) {
      int[] items = likes.itemsOf(user);
      for (int one : items) {
        for (int other : items) {
          gram.data[one * n + other]++;
        }
      }
    }
    for (int item = 0; item < n; item++) {
      gram.data[item * n + item] += lambda;
    }
    DMatrixRMaj inverse = new DMatrixRMaj(n, n);
    if (!CommonOps_DDRM.invertSPD(gram, inverse)) {
      throw new IllegalArgumentException("lambda=" + lambda + " is too small to invert");
    }
    float[][] weights = new float[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        weights[i][j] = i == j ? 0 : (float) (-inverse.get(i, j) / inverse.get(j, j));
      }
    }
    return new Ease(likes, weights);
  }

  float weight(int from, int to) {
    return weights[from][to];
  }

  @Override
  public int items() {
    return weights.length;
  }

  @Override
  public void score(int user, float[] scores) {
    Arrays.fill(scores, 0);
    for (int item : likes.itemsOf(user)) {
      float[] row = weights[item];
      for (int j = 0; j < row.length; j++) {
        scores[j] += row[j];
      }
    }
  }
}
