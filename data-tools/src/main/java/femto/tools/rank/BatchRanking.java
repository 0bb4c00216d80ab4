package femto.tools.rank;

import femto.model.FoldedCandidates;
import femto.model.Model;
import femto.score.BatchScorer;
import femto.tools.evaluate.CandidatesByContext;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Ranks a whole catalogue for every context on several threads, in the order of the contexts. */
public final class BatchRanking {
  /** Contexts that one task ranks at most: enough to share what fetching a candidate costs. */
  public static final int MAX_CONTEXTS_PER_TASK = 256;

  /** Answers that one task holds at most: 8 MiB. */
  private static final int MAX_ANSWERS_PER_TASK = 1 << 20;

  /** Bits of excluded candidates that one task holds at most: 64 MiB. */
  private static final int MAX_EXCLUDED_PER_TASK = 1 << 29;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Model model;
  private final EntityTable contexts;
  private final EntityTable candidates;
  private final @Nullable CandidatesByContext excluded;
  private final int k;
  private final int contextsPerTask;

  /**
   * Sets up a ranking.
   *
   * @param model the model
   * @param contexts whom to rank for
   * @param candidates the catalogue
   * @param excluded what not to return to a context (row by row as in {@code contexts} and {@code
   *     candidates}), or null to exclude nothing
   * @param k how many candidates a context
   */
  public BatchRanking(
      Model model,
      EntityTable contexts,
      EntityTable candidates,
      @Nullable CandidatesByContext excluded,
      int k) {
    this.model = model;
    this.contexts = contexts;
    this.candidates = candidates;
    this.excluded = excluded;
    this.k = Math.min(k, candidates.ids().size());
    int most = MAX_ANSWERS_PER_TASK / Math.max(1, this.k);
    if (excluded != null) {
      most = Math.min(most, MAX_EXCLUDED_PER_TASK / Math.max(1, candidates.ids().size()));
    }
    this.contextsPerTask = Math.clamp(most, 1, MAX_CONTEXTS_PER_TASK);
  }

  /** What each context is called. */
  List<String> contextIds() {
    return contexts.ids();
  }

  /** What each candidate is called. */
  List<String> candidateIds() {
    return candidates.ids();
  }

  /** Receives the best candidates of one context after another. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes one line of the answer.
     *
     * @param context row of the context
     * @param rank from 1
     * @param candidate row of the candidate
     * @param prediction the score after the model's link and range
     * @throws IOException if it cannot be written
     */
    void accept(int context, int rank, int candidate, double prediction) throws IOException;
  }

  /**
   * What a run took. Ranking and writing overlap, and so ranking is the processor's time that the
   * ranking threads used, divided by their number.
   *
   * @param folding seconds to fold the candidates and to build their screen
   * @param ranking seconds of each ranking thread
   * @param writing seconds in the sink
   */
  public record Times(double folding, double ranking, double writing) {}

  private record Ranked(
      int firstContext, int[] found, int[][] indexes, float[][] scores, long processorNanos) {}

  /**
   * Ranks.
   *
   * @param threads how many threads rank
   * @param sink receives the answer on the calling thread
   * @param progress is told how many contexts are done: 0 when the candidates have been folded
   * @return what it took
   * @throws IOException if the sink throws it, or the calling thread is interrupted
   */
  public Times run(int threads, Sink sink, LongConsumer progress) throws IOException {
    long start = System.nanoTime();
    try (FoldedCandidates folded = FoldedCandidates.fold(model, candidates.rows());
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      final long foldingNanos = System.nanoTime() - start;
      progress.accept(0);
      Queue<BatchScorer> idle = new ConcurrentLinkedQueue<>();
      long rankingNanos = 0;
      long writingNanos = 0;
      int total = contexts.ids().size();
      int tasks = (int) ((total + (long) contextsPerTask - 1) / contextsPerTask);
      // A window of tasks in flight: the answer is written in order and never held as a whole.
      @Nullable Future<Ranked>[] window = newWindow(2 * threads);
      for (int task = 0; task < tasks + window.length; task++) {
        int slot = task % window.length;
        Future<Ranked> oldest = window[slot];
        if (oldest != null) {
          Ranked ranked = await(oldest);
          long before = System.nanoTime();
          write(ranked, sink);
          writingNanos += System.nanoTime() - before;
          rankingNanos += ranked.processorNanos();
          progress.accept(ranked.firstContext() + ranked.found().length);
        }
        int first = task * contextsPerTask;
        window[slot] = task < tasks ? pool.submit(() -> rank(folded, idle, first)) : null;
      }
      return new Times(foldingNanos / 1e9, rankingNanos / 1e9 / threads, writingNanos / 1e9);
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static @Nullable Future<Ranked>[] newWindow(int size) {
    return new Future[size];
  }

  private static Ranked await(Future<Ranked> task) throws IOException {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("ranking was interrupted");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException("ranking failed: " + e.getCause(), e.getCause());
    }
  }

  /** A scorer and its buffers serve one task after another: as many are made as threads rank. */
  private Ranked rank(FoldedCandidates folded, Queue<BatchScorer> idle, int first) {
    long begin = THREADS.getCurrentThreadCpuTime();
    BatchScorer known = idle.poll();
    BatchScorer scorer = known == null ? new BatchScorer(model, folded) : known;
    int count = Math.min(contextsPerTask, contexts.ids().size() - first);
    int[] found = new int[count];
    int[][] indexes = new int[count][k];
    float[][] scores = new float[count][k];
    scorer.top(contexts.rows(), first, count, k, excluded(first, count), indexes, scores, found);
    idle.add(scorer);
    long nanos = THREADS.getCurrentThreadCpuTime() - begin;
    return new Ranked(first, found, indexes, scores, nanos);
  }

  private long @Nullable [][] excluded(int first, int count) {
    if (excluded == null) {
      return null;
    }
    long[][] bitmaps = new long[count][(candidates.ids().size() >> 6) + 1];
    for (int i = 0; i < count; i++) {
      excluded.fill(first + i, bitmaps[i]);
    }
    return bitmaps;
  }

  private void write(Ranked ranked, Sink sink) throws IOException {
    for (int i = 0; i < ranked.found().length; i++) {
      for (int rank = 0; rank < ranked.found()[i]; rank++) {
        sink.accept(
            ranked.firstContext() + i,
            rank + 1,
            ranked.indexes()[i][rank],
            model.predict(ranked.scores()[i][rank]));
      }
    }
  }
}
