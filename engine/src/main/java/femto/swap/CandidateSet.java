package femto.swap;

import femto.model.FeatureRows;

/**
 * The candidates of a full version: row i of the features belongs to id i.
 *
 * <p>Who publishes it keeps the memory of the features open and unchanged as long as the {@link
 * LiveModel} is open (that of {@link FeatureRows#copyOf} is freed by the garbage collector), and
 * leaves the ids to the LiveModel, which appends to them.
 *
 * @param features the features of each candidate
 * @param ids the external id of each candidate
 */
public record CandidateSet(FeatureRows features, ExternalIds ids) {

  /**
   * Checks that there are as many of one as of the other.
   *
   * @throws IllegalArgumentException if there are not
   */
  public CandidateSet {
    if (features.rows() != ids.size()) {
      throw new IllegalArgumentException(
          "features of "
              + features.rows()
              + " candidates and ids of "
              + ids.size()
              + ", expected as many of both");
    }
  }

  /**
   * How many candidates there are.
   *
   * @return 0 or more
   */
  public int size() {
    return features.rows();
  }
}
