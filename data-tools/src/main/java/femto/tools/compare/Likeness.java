package femto.tools.compare;

import femto.tools.baseline.Recommender;

/** How like two items are: 1 if they are the same to whoever says so. */
@FunctionalInterface
interface Likeness {
  double of(int one, int other);

  /** By what a recommender has learned of items, where it has; else by who likes them. */
  static Likeness of(Recommender recommender, ItemCosines cosines) {
    float[][] factors = recommender.itemFactors();
    if (factors == null) {
      return cosines::of;
    }
    for (float[] vector : factors) {
      double squares = 0;
      for (float x : vector) {
        squares += (double) x * x;
      }
      float length = squares == 0 ? 1 : (float) Math.sqrt(squares);
      for (int i = 0; i < vector.length; i++) {
        vector[i] /= length;
      }
    }
    return (one, other) -> {
      double sum = 0;
      for (int i = 0; i < factors[one].length; i++) {
        sum += (double) factors[one][i] * factors[other][i];
      }
      return sum;
    };
  }
}
