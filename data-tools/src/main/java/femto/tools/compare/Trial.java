package femto.tools.compare;

import femto.tools.baseline.Interactions;
import femto.tools.data.DataSet;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * A data set as a protocol divides it: what a model may learn from, and what it is asked.
 *
 * @param examples the examples of the data set that it learns from
 * @param likes the same as lists
 * @param wanted what of the training part would be relevant, if it were test
 * @param tested the test part with its ratings
 * @param relevant for each user what is to be found, ascending; empty for users who are left out
 * @param excluded for each user the items that may not be recommended, those outside the protocol's
 *     catalogue included
 * @param catalogue how many items may be recommended to somebody
 * @param allRelevant whether average precision is divided by all that is relevant, and not by at
 *     most K
 * @param byTime whether what a user is asked about came after what was learned of the user
 */
public record Trial(
    int[] examples,
    Interactions likes,
    Interactions wanted,
    Interactions tested,
    int[][] relevant,
    BitSet[] excluded,
    int catalogue,
    boolean allRelevant,
    boolean byTime) {
  /**
   * A trial that times do not divide.
   *
   * @param examples as above
   * @param likes as above
   * @param wanted as above
   * @param tested as above
   * @param relevant as above
   * @param excluded as above
   * @param catalogue as above
   * @param allRelevant as above
   */
  public Trial(
      int[] examples,
      Interactions likes,
      Interactions wanted,
      Interactions tested,
      int[][] relevant,
      BitSet[] excluded,
      int catalogue,
      boolean allRelevant) {
    this(examples, likes, wanted, tested, relevant, excluded, catalogue, allRelevant, false);
  }

  /**
   * Users with something in the test part, but nothing that is relevant: nothing is asked for them.
   *
   * @return how many
   */
  public int usersLeftOut() {
    return (int)
        IntStream.range(0, relevant.length)
            .filter(user -> relevant[user].length == 0 && tested.itemsOf(user).length > 0)
            .count();
  }

  /** Those of the examples that would be relevant, if they were test. */
  int[] wantedExamples(DataSet data) {
    return IntStream.of(examples)
        .filter(example -> wanted.contains(data.context(example), data.candidate(example)))
        .toArray();
  }
}
