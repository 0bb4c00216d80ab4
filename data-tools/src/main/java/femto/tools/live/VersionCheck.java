package femto.tools.live;

import femto.model.FeatureRows;
import femto.model.FoldedContext;
import femto.model.Model;
import femto.score.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * Computes scores anew from the weights of a version, by the formula and without the candidates'
 * rows. Rows that belong to other weights, or to half of them, come to other bits. One owner at a
 * time.
 */
final class VersionCheck {
  private final FeatureRows contexts;
  private final FeatureRows candidates;
  private @Nullable Model model;
  private @Nullable FoldedContext context;
  private @Nullable FoldedContext candidate;

  VersionCheck(FeatureRows contexts, FeatureRows candidates) {
    this.contexts = contexts;
    this.candidates = candidates;
  }

  /**
   * The score of a candidate.
   *
   * @param version weights to compute with; its candidates are not looked at
   * @param contextRow row of the context's features
   * @param candidateRow row of the candidate's features
   * @return the score
   */
  float score(Snapshot version, int contextRow, int candidateRow) {
    FoldedContext left = context;
    FoldedContext right = candidate;
    if (left == null || right == null || !isOf(version.model())) {
      model = version.model();
      left = new FoldedContext(version.model());
      right = new FoldedContext(version.model());
      context = left;
      candidate = right;
    }
    left.patchedBy(version.bias(), version.weights());
    left.fold(contexts, contextRow);
    right.patchedBy(0, version.weights());
    right.fold(candidates, candidateRow);
    float chain = right.constant();
    for (int f = 0; f < left.query().length; f++) {
      chain = Math.fma(left.query()[f], right.query()[f], chain);
    }
    return chain + left.constant();
  }

  @SuppressWarnings("ReferenceEquality") // the buffers belong to one model's table
  private boolean isOf(Model other) {
    return model == other;
  }
}
