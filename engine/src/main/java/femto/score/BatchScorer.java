package femto.score;

import femto.kernels.BatchTopSearch;
import femto.kernels.TopRequest;
import femto.model.FeatureRows;
import femto.model.FoldedCandidates;
import femto.model.FoldedContext;
import femto.model.Model;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Ranks candidates for many contexts at once: the answers of {@link Scorer}, context by context, in
 * less time, since each candidate that is fetched serves them all. One owner at a time; allocates
 * nothing once its buffers have grown to the number of contexts and to K. The model and the
 * candidates must stay open.
 */
public final class BatchScorer {
  private final FoldedContext context;
  private final BatchTopSearch search;
  private final int length;
  private float[][] queries = {};
  private float[] constants = {};
  private TopRequest[] requests = {};

  /**
   * Makes a scorer.
   *
   * @param model the model
   * @param candidates the candidates, folded by the same model
   * @throws IllegalArgumentException if the candidates are of another folded length
   */
  public BatchScorer(Model model, FoldedCandidates candidates) {
    Snapshot snapshot = Snapshot.of(model, candidates); // which checks that the two fit
    this.context = new FoldedContext(snapshot.model());
    this.search = new BatchTopSearch(candidates.table(), candidates.screen());
    this.length = model.foldedLength();
  }

  /**
   * The best candidates for each of some contexts, best first; equal chains in the order of their
   * indexes.
   *
   * @param contexts features of the model, one row a context
   * @param first the first row
   * @param count how many rows
   * @param k how many candidates a context, 0 or more
   * @param excluded for each context in turn a bitmap of the candidates that must not be returned,
   *     as {@link Scorer#top(int, long[], int[], float[])} has it; null excludes none
   * @param intoIndexes receives the candidate indexes of each context
   * @param intoScores receives their scores, before the link
   * @param found receives how many were found for each context
   * @throws IndexOutOfBoundsException if there is no such context, or an array is too short for
   *     what was found
   * @throws IllegalArgumentException if a folded number is not finite or too large
   */
  public void top(
      FeatureRows contexts,
      int first,
      int count,
      int k,
      long @Nullable [][] excluded,
      int[][] intoIndexes,
      float[][] intoScores,
      int[] found) {
    grow(count);
    for (int i = 0; i < count; i++) {
      context.fold(contexts, first + i);
      System.arraycopy(context.query(), 0, queries[i], 0, length);
      constants[i] = context.constant();
      requests[i].reset(queries[i], k).excluding(excluded == null ? null : excluded[i]);
    }
    search.top(requests, count, intoIndexes, intoScores, found);
    for (int i = 0; i < count; i++) {
      for (int rank = 0; rank < found[i]; rank++) {
        intoScores[i][rank] += constants[i];
      }
    }
  }

  private void grow(int count) {
    int former = requests.length;
    if (count <= former) {
      return;
    }
    queries = Arrays.copyOf(queries, count);
    constants = new float[count];
    requests = Arrays.copyOf(requests, count);
    for (int i = former; i < count; i++) {
      queries[i] = new float[length];
      requests[i] = new TopRequest();
    }
  }
}
