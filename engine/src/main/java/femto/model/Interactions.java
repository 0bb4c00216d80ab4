package femto.model;

/**
 * Learned numbers of how features go together, besides those that each feature has for itself.
 * Immutable and safe to share.
 */
public sealed interface Interactions permits FieldStrengths, PairWeights {
  /**
   * How many numbers there are as they are stored.
   *
   * @return 1 or more
   */
  int size();

  /**
   * One of them.
   *
   * @param index 0 to size-1
   * @return the number
   * @throws IndexOutOfBoundsException if there is none
   */
  float number(int index);

  /**
   * How many of them are free.
   *
   * @return at most {@link #size}
   */
  long parameters();
}
