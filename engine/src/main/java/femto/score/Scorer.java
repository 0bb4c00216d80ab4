package femto.score;

import femto.kernels.RowScores;
import femto.kernels.TopK;
import femto.model.Encoder;
import femto.model.FeatureRows;
import femto.model.FoldedCandidates;
import femto.model.FoldedContext;
import femto.model.Model;
import femto.model.Side;
import org.jspecify.annotations.Nullable;

/**
 * Scores and ranks candidates for one context after another.
 *
 * <pre>{@code
 * Scorer scorer = new Scorer(model, candidates);
 * scorer.context().clear().put("user", "4").put("gender", "M").put("age", 15);
 * scorer.fold();
 * int found = scorer.top(20, null, indexes, scores);
 * }</pre>
 *
 * A score is K plus the chain of {@link RowScores}; the chain decides the order and ties go to the
 * lower candidate index. One owner at a time; folding, scoring and ranking allocate nothing once
 * the buffers have grown. The model and the candidates must stay open.
 */
public final class Scorer {
  private final Model model;
  private final FoldedCandidates candidates;
  private final Encoder encoder;
  private final FoldedContext context;
  private TopK top = new TopK(128);

  /**
   * Makes a scorer; its context is empty (bias alone) until one of the {@code fold} methods is
   * called.
   *
   * @param model the model
   * @param candidates the candidates, folded by the same model
   * @throws IllegalArgumentException if the candidates are of another folded length
   */
  public Scorer(Model model, FoldedCandidates candidates) {
    if (candidates.table().length() != model.foldedLength()) {
      throw new IllegalArgumentException(
          "candidates of folded length "
              + candidates.table().length()
              + ", expected "
              + model.foldedLength());
    }
    this.model = model;
    this.candidates = candidates;
    this.encoder = new Encoder(model.features(), Side.CONTEXT);
    this.context = new FoldedContext(model);
  }

  /**
   * Takes the raw values of a request; call {@link #fold()} afterwards.
   *
   * @return the encoder of this scorer
   */
  public Encoder context() {
    return encoder;
  }

  /**
   * Folds what was put into {@link #context()}.
   *
   * @throws IllegalArgumentException if a folded number is not finite or too large
   */
  public void fold() {
    context.fold(encoder);
  }

  /**
   * Folds a context that is already encoded.
   *
   * @param contexts features of this model, one row a context
   * @param row which of them
   * @throws IllegalArgumentException if a folded number is not finite or too large
   */
  public void fold(FeatureRows contexts, int row) {
    context.fold(contexts, row);
  }

  /**
   * Score of one candidate.
   *
   * @param candidate its index
   * @return the score, before the link
   * @throws IndexOutOfBoundsException if there is no such candidate
   */
  public float score(int candidate) {
    return context.constant() + RowScores.score(candidates.table(), context.query(), candidate);
  }

  /**
   * Scores of a list of candidates.
   *
   * @param indexes candidate indexes, in any order
   * @param count how many of them
   * @param into receives {@code count} scores, before the link
   * @throws IndexOutOfBoundsException if there is no such candidate or an array is too short
   */
  public void score(int[] indexes, int count, float[] into) {
    RowScores.gather(candidates.table(), context.query(), indexes, count, into);
    for (int i = 0; i < count; i++) {
      into[i] += context.constant();
    }
  }

  /**
   * The best candidates, best first; equal chains in the order of their indexes.
   *
   * @param k how many, 0 or more
   * @param excluded bit {@code i & 63} of word {@code i >> 6} is set where candidate i must not be
   *     returned; null excludes none
   * @param intoIndexes receives the candidate indexes
   * @param intoScores receives their scores, before the link
   * @return how many were found: k, or fewer if fewer candidates are left
   * @throws IndexOutOfBoundsException if an array is too short for what was found
   */
  public int top(int k, long @Nullable [] excluded, int[] intoIndexes, float[] intoScores) {
    int wanted = Math.min(k, candidates.size());
    if (top.capacity() < wanted) {
      top = new TopK(Math.max(wanted, 2 * top.capacity()));
    }
    top.reset(wanted);
    RowScores.top(candidates.table(), context.query(), excluded, top);
    int found = top.drain(intoIndexes, intoScores);
    for (int i = 0; i < found; i++) {
      intoScores[i] += context.constant();
    }
    return found;
  }

  /**
   * The model that scores.
   *
   * @return the model
   */
  public Model model() {
    return model;
  }
}
