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
 *
 * <p>On a {@link femto.swap.LiveModel}, inside a lease:
 *
 * <pre>{@code
 * batch.use(lease.scorer().snapshot()); // if it serves that snapshot; otherwise a new one does
 * batch.top(contexts, 0, contexts.rows(), 20, null, indexes, scores, found);
 * batch.use(null); // what is leased is not to be read afterwards
 * }</pre>
 */
public final class BatchScorer {
  private final FoldedContext context;
  private final BatchTopSearch search;
  private final int length;
  private final Snapshot first;

  /** Ranks context by context, where rows are not all that is scored; or null. */
  private final @Nullable Scorer oneByOne;

  private @Nullable Snapshot snapshot;
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
    this(Snapshot.of(model, candidates)); // which checks that the two fit
  }

  /**
   * Makes a scorer.
   *
   * @param snapshot weights and candidates
   */
  public BatchScorer(Snapshot snapshot) {
    FoldedCandidates candidates = snapshot.candidates();
    this.first = snapshot;
    this.context = new FoldedContext(snapshot.model());
    this.search = new BatchTopSearch(candidates.table(), candidates.screen());
    this.length = snapshot.model().foldedLength();
    this.oneByOne = candidates.unfolded() == null ? null : new Scorer(snapshot);
    use(snapshot);
  }

  /**
   * Ranks from now on with other changes of the same weights and candidates. Allocates nothing.
   *
   * @param next weights and candidates, or null to refuse any use until the next call
   * @throws IllegalArgumentException if the model or the candidates are not those that this scorer
   *     was made with
   */
  public void use(@Nullable Snapshot next) {
    if (next != null) {
      if (!serves(next)) {
        throw new IllegalArgumentException("the snapshot is one of another model");
      }
      context.patchedBy(next.bias(), next.weights());
    }
    if (oneByOne != null) {
      oneByOne.use(next);
    }
    snapshot = next;
  }

  /**
   * Whether this scorer can use a snapshot, or another is needed.
   *
   * @param next weights and candidates
   * @return whether they are changes of those that this scorer was made with
   */
  public boolean serves(Snapshot next) {
    return next.isOfSameBase(first);
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
   * @throws IllegalStateException if there is no snapshot to rank with
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
    Snapshot now = snapshot;
    if (now == null) {
      throw Snapshot.none();
    }
    if (oneByOne != null) {
      for (int i = 0; i < count; i++) {
        oneByOne.fold(contexts, first + i);
        long @Nullable [] without = excluded == null ? null : excluded[i];
        found[i] = oneByOne.top(k, without, intoIndexes[i], intoScores[i]);
      }
      return;
    }
    grow(count);
    for (int i = 0; i < count; i++) {
      context.fold(contexts, first + i);
      System.arraycopy(context.query(), 0, queries[i], 0, length);
      constants[i] = context.constant();
      requests[i]
          .reset(queries[i], k)
          .excluding(excluded == null ? null : excluded[i])
          .patchedBy(now.rows());
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
