package femto.learn;

import femto.kernels.RowLayout;
import femto.model.Family;
import femto.model.PairWeights;

/**
 * Which family to learn, with what it needs to know besides {@link LearnerOptions}.
 *
 * @param family the family
 * @param rank of an {@link Family#FWFM}'s field strengths, 0 for the matrix in full; otherwise 0
 * @param hashBits of a {@link Family#POLY2}'s table of pairs; otherwise 0
 * @param strengthL2 of an {@link Family#FWFM}, 0 or more: a step adds it times a field strength's
 *     distance from that of an FM to the gradient of each strength that the example touches; a
 *     large one makes an FM of it. Without it the penalty on factors means little, since factors
 *     may shrink as strengths grow; otherwise 0
 * @param strengthStep of an {@link Family#FWFM}, above 0: how many times the step size field
 *     strengths have. Each example steps most of them, so that AdaGrad's steps soon become small
 *     for them while those of a rare value's factors are still large; otherwise 1
 */
public record FamilyOptions(
    Family family, int rank, int hashBits, double strengthL2, double strengthStep) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is out of range, or does not belong to the family
   */
  public FamilyOptions {
    int highestRank = family == Family.FWFM ? RowLayout.MAX_LENGTH : 0;
    if (rank < 0 || rank > highestRank) {
      throw new IllegalArgumentException(
          "rank=" + rank + " of family " + family + ", expected 0 to " + highestRank);
    }
    int lowest = family == Family.POLY2 ? 1 : 0;
    int highest = family == Family.POLY2 ? PairWeights.MAX_BITS : 0;
    if (hashBits < lowest || hashBits > highest) {
      throw new IllegalArgumentException(
          "hashBits=%d of family %s, expected %d to %d"
              .formatted(hashBits, family, lowest, highest));
    }
    double strongest = family == Family.FWFM ? Float.MAX_VALUE : 0;
    if (!(strengthL2 >= 0 && strengthL2 <= strongest)) {
      throw new IllegalArgumentException(
          "strengthL2=" + strengthL2 + " of family " + family + ", expected 0 to " + strongest);
    }
    boolean stepFits =
        family == Family.FWFM
            ? strengthStep > 0 && strengthStep <= Float.MAX_VALUE
            : strengthStep == 1;
    if (!stepFits) {
      throw new IllegalArgumentException(
          "strengthStep=%s of family %s, expected %s"
              .formatted(strengthStep, family, family == Family.FWFM ? "above 0" : "1"));
    }
  }

  /**
   * A family that has no numbers of its own: any but {@link Family#POLY2}.
   *
   * @param family the family
   * @return the options, for an {@link Family#FWFM} with a matrix in full
   */
  public static FamilyOptions of(Family family) {
    return new FamilyOptions(family, 0, 0, 0, 1);
  }

  /**
   * An {@link Family#FWFM} with field strengths of low rank.
   *
   * @param rank 1 or more
   * @return the options
   */
  public static FamilyOptions lowRank(int rank) {
    if (rank == 0) {
      throw new IllegalArgumentException("rank=0, expected 1 or more");
    }
    return new FamilyOptions(Family.FWFM, rank, 0, 0, 1);
  }

  /**
   * A {@link Family#POLY2}.
   *
   * @param hashBits bits of the table of pairs
   * @return the options
   */
  public static FamilyOptions poly2(int hashBits) {
    return new FamilyOptions(Family.POLY2, 0, hashBits, 0, 1);
  }

  /**
   * The same with another penalty on field strengths.
   *
   * @param otherL2 0 or more
   * @return the changed options
   * @throws IllegalArgumentException if the family has no field strengths
   */
  public FamilyOptions withStrengthL2(double otherL2) {
    return new FamilyOptions(family, rank, hashBits, otherL2, strengthStep);
  }

  /**
   * The same with another step size of field strengths.
   *
   * @param otherStep how many times the step size, above 0
   * @return the changed options
   * @throws IllegalArgumentException if the family has no field strengths
   */
  public FamilyOptions withStrengthStep(double otherStep) {
    return new FamilyOptions(family, rank, hashBits, strengthL2, otherStep);
  }

  /**
   * Makes a learner of the family.
   *
   * @param features the features
   * @param options how to learn
   * @return a {@link Learner} for LINEAR and FM, otherwise a {@link FamilyLearner}
   * @throws IllegalArgumentException if the options do not fit the features or the family
   */
  public ModelLearner newLearner(femto.model.FeatureSpace features, LearnerOptions options) {
    return switch (family) {
      case LINEAR, FM -> {
        if ((family == Family.LINEAR) != (options.factors() == 0)) {
          throw new IllegalArgumentException(
              "family " + family + " with factors=" + options.factors());
        }
        yield new Learner(features, options);
      }
      case FWFM, FFM, POLY2 -> new FamilyLearner(features, this, options);
    };
  }
}
