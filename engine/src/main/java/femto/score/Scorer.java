package femto.score;

import femto.kernels.Bids;
import femto.kernels.RowScores;
import femto.kernels.TopRequest;
import femto.kernels.TopSearch;
import femto.kernels.WarmUp;
import femto.model.Encoder;
import femto.model.FeatureRows;
import femto.model.FoldedCandidates;
import femto.model.FoldedContext;
import femto.model.Link;
import femto.model.Model;
import femto.model.Side;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
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
 * lower candidate index. Of a {@link femto.model.Family#POLY2}, of which no row holds what a
 * context's features add together with a candidate's, the chain is followed by that sum ({@link
 * FoldedContext#residual}); to find the best it is added up for every candidate, whatever the
 * request narrows down, and a request's deadline counts from there on. One owner at a time;
 * folding, scoring and ranking allocate nothing once the buffers have grown. The model and the
 * candidates must stay open.
 */
public final class Scorer {
  private final Encoder encoder;
  private final FoldedContext context;
  private final RowScores scores;
  private final TopSearch search;
  private final TopRequest request = new TopRequest();
  private final int[] one = new int[1];
  private final float[] oneScore = new float[1];

  /** The candidates' features, where what they add together with the context's is in no row. */
  private final @Nullable FeatureRows unfolded;

  private int[] all = {};
  private float[] added = {};
  private final Snapshot first;
  private @Nullable Snapshot snapshot;

  /**
   * Makes a scorer; its context is empty (bias alone) until one of the {@code fold} methods is
   * called.
   *
   * @param model the model
   * @param candidates the candidates, folded by the same model
   * @throws IllegalArgumentException if the candidates are of another folded length
   */
  public Scorer(Model model, FoldedCandidates candidates) {
    this(Snapshot.of(model, candidates));
  }

  /**
   * Makes a scorer; its context is empty (bias alone) until one of the {@code fold} methods is
   * called.
   *
   * @param snapshot weights and candidates
   */
  public Scorer(Snapshot snapshot) {
    Model model = snapshot.model();
    FoldedCandidates candidates = snapshot.candidates();
    this.first = snapshot;
    this.unfolded = candidates.unfolded();
    this.encoder = new Encoder(snapshot.features(), Side.CONTEXT);
    this.context = new FoldedContext(model);
    this.scores = new RowScores(candidates.table());
    this.search = new TopSearch(candidates.table(), candidates.screen());
    use(snapshot);
  }

  /**
   * Scores from now on with other changes of the same weights and candidates. The context is empty
   * (bias alone) until it is folded again, so that nothing mixes two snapshots. Allocates nothing.
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
      encoder.use(next.features());
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
   * What is scored with.
   *
   * @return weights and candidates
   * @throws IllegalStateException if there are none now, as outside a lease
   */
  public Snapshot snapshot() {
    Snapshot now = snapshot;
    if (now == null) {
      throw Snapshot.none();
    }
    return now;
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
    snapshot();
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
    snapshot();
    context.fold(contexts, row);
  }

  /**
   * Score of one candidate.
   *
   * @param candidate its index
   * @return the score, before the link
   * @throws IndexOutOfBoundsException if there is no such candidate, or it has been removed
   */
  public float score(int candidate) {
    one[0] = candidate;
    score(one, 1, oneScore);
    return oneScore[0];
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
    scores.gather(snapshot().rows(), context.query(), indexes, count, into);
    if (unfolded != null) {
      for (int i = 0; i < count; i++) {
        into[i] += context.residual(unfolded, indexes[i]);
      }
    }
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
    return top(request(k).excluding(excluded), intoIndexes, intoScores);
  }

  /**
   * A request for the best candidates in this context, to be narrowed down and passed to one of the
   * {@code top} methods. There is one a scorer: each call begins it anew, and so does folding
   * another context.
   *
   * @param k how many candidates, 0 or more
   * @return the request, for all candidates
   */
  public TopRequest request(int k) {
    return request.reset(context.query(), k);
  }

  /**
   * A request for the candidates of the greatest expected value, bid times probability, in this
   * context. Expected values are what the {@code top} methods then return.
   *
   * @param k how many candidates, 0 or more
   * @param bids what each candidate is worth if it succeeds
   * @return the request, for all candidates that have a bid
   * @throws IllegalStateException if the model's link is not the sigmoid, which is what the search
   *     applies
   */
  public TopRequest requestByExpectedValue(int k, Bids bids) {
    if (!model().link().equals(Link.SIGMOID)) {
      throw new IllegalStateException(
          "the model's link is " + model().link() + ", expected sigmoid for expected values");
    }
    return request(k).byExpectedValue(bids, context.constant());
  }

  /**
   * The best candidates, best first; equal ones in the order of their indexes.
   *
   * @param wanted a request of this scorer, in the context that is folded now
   * @param intoIndexes receives the candidate indexes
   * @param intoValues receives their scores before the link, or their expected values
   * @return how many were found: as many as wanted, or all that may be found
   * @throws IndexOutOfBoundsException if an array is too short for what was found
   */
  public int top(TopRequest wanted, int[] intoIndexes, float[] intoValues) {
    if (unfolded != null) {
      return top(wanted, allOf(unfolded), unfolded.rows(), null, intoIndexes, intoValues);
    }
    wanted.patchedBy(snapshot().rows());
    int found = search.top(wanted, intoIndexes, intoValues);
    addConstant(wanted, found, intoValues);
    return found;
  }

  private int[] allOf(FeatureRows rows) {
    if (all.length < rows.rows()) {
      all = new int[rows.rows()];
      Arrays.setAll(all, i -> i);
    }
    return all;
  }

  /**
   * The best of listed candidates, as {@link #top(TopRequest, int[], float[])}.
   *
   * @param wanted a request of this scorer
   * @param listed candidate indexes, each at most once
   * @param count how many of them
   * @param residuals added to the score of each listed candidate: what it owes to features of the
   *     pair of context and candidate (how often this user saw this ad), which no folded candidate
   *     can hold; null adds nothing
   * @param intoIndexes receives the candidate indexes
   * @param intoValues receives their scores before the link, or their expected values
   * @return how many were found
   * @throws IndexOutOfBoundsException if there is no such candidate, or an array is too short
   * @throws IllegalArgumentException if a residual is not finite or too large
   */
  public int top(
      TopRequest wanted,
      int[] listed,
      int count,
      float @Nullable [] residuals,
      int[] intoIndexes,
      float[] intoValues) {
    wanted.patchedBy(snapshot().rows());
    float[] withPairs =
        unfolded == null ? residuals : withPairs(unfolded, listed, count, residuals);
    int found = search.top(wanted, listed, count, withPairs, intoIndexes, intoValues);
    addConstant(wanted, found, intoValues);
    return found;
  }

  private float[] withPairs(
      FeatureRows rows, int[] listed, int count, float @Nullable [] residuals) {
    if (added.length < count) {
      added = new float[count];
    }
    for (int i = 0; i < count; i++) {
      int candidate = Objects.checkIndex(listed[i], rows.rows());
      float pairs = context.residual(rows, candidate);
      added[i] = residuals == null ? pairs : pairs + residuals[i];
    }
    return added;
  }

  private void addConstant(TopRequest wanted, int found, float[] values) {
    if (!wanted.isByExpectedValue()) {
      for (int i = 0; i < found; i++) {
        values[i] += context.constant();
      }
    }
  }

  /**
   * The search under this scorer: whether the last one was cut short, and what it looked at.
   *
   * @return the search; ask it, but do not search with it
   */
  public TopSearch search() {
    return search;
  }

  /**
   * Runs searches over the candidates until the compiler is done with the kernels, whose first
   * calls are thousands of times slower. The context is left as it is.
   *
   * @param budget how long at most, a second or two
   * @return what scoring a row costs now
   */
  public WarmUp warmUp(Duration budget) {
    snapshot();
    return search.warmUp(budget);
  }

  /**
   * The model that scores.
   *
   * @return the model
   */
  public Model model() {
    return first.model();
  }
}
