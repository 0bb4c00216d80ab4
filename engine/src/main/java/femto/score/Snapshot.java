package femto.score;

import femto.kernels.RowPatch;
import femto.model.FeatureSpace;
import femto.model.FoldedCandidates;
import femto.model.Model;
import org.jspecify.annotations.Nullable;

/**
 * Weights and candidates as they stand at one moment: a model with its folded candidates, and what
 * has changed in either since they were written. Immutable; what it refers to must stay open as
 * long as it is used.
 *
 * @param model the model
 * @param candidates the candidates, folded by it
 * @param features which feature a value is, in place of the model's
 * @param bias w0, in place of the model's
 * @param weights what has changed in the model's weights, or null for nothing
 * @param rows what has changed in the rows of the candidates, or null for nothing
 */
public record Snapshot(
    Model model,
    FoldedCandidates candidates,
    FeatureSpace features,
    float bias,
    @Nullable RowPatch weights,
    @Nullable RowPatch rows) {

  /**
   * Nothing has changed.
   *
   * @param model the model
   * @param candidates the candidates, folded by it
   * @return the two as they are
   */
  public static Snapshot of(Model model, FoldedCandidates candidates) {
    return new Snapshot(model, candidates, model.features(), model.bias(), null, null);
  }

  /**
   * Checks that the two fit together.
   *
   * @throws IllegalArgumentException if the candidates are of another folded length, or rows have
   *     changed of candidates that do not fold ({@link FoldedCandidates#unfolded})
   */
  public Snapshot {
    if (candidates.table().length() != model.foldedLength()) {
      throw new IllegalArgumentException(
          "candidates of folded length "
              + candidates.table().length()
              + ", expected "
              + model.foldedLength());
    }
    if (rows != null && candidates.unfolded() != null) {
      throw new IllegalArgumentException(
          "changed rows of candidates of the family " + model.family() + ", expected none");
    }
    if (features.size() != model.features().size()) {
      throw new IllegalArgumentException(
          features.size() + " features, expected " + model.features().size());
    }
  }

  /**
   * Candidate indexes are below it.
   *
   * @return the number of candidates, those included that have been removed
   */
  public int size() {
    return rows == null ? candidates.size() : rows.size();
  }

  /**
   * Whether there is a candidate.
   *
   * @param candidate its index
   * @return false if it has been removed, or has never been there
   */
  public boolean contains(int candidate) {
    return rows == null
        ? candidate >= 0 && candidate < candidates.size()
        : rows.contains(candidate);
  }

  /** Whether both are changes of the same weights and candidates, whose table buffers belong to. */
  @SuppressWarnings("ReferenceEquality") // equal tables are not one table
  boolean isOfSameBase(Snapshot other) {
    return model == other.model && candidates == other.candidates;
  }

  /** What a scorer says that has no snapshot now. */
  static IllegalStateException none() {
    return new IllegalStateException("no weights to score with: outside a lease");
  }
}
