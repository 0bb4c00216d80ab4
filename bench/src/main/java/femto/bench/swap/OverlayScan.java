package femto.bench.swap;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.bench.report.WrongAnswerException;
import femto.kernels.RowLayout;
import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.kernels.TopRequest;
import femto.kernels.TopRequest.Method;
import femto.kernels.TopSearch;
import femto.memory.Slab;
import femto.model.FoldedContext;
import femto.score.Scorer;
import femto.score.Snapshot;
import femto.swap.Lease;
import femto.swap.LiveModel;
import femto.swap.LiveScorer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The best 100 of all ads in a version of which 1 % is in the overlay, beside the same search of
 * the base without it, and beside scoring as many rows as the overlay has, one after the other. The
 * three take turns, on the same base table.
 */
final class OverlayScan {
  static final double MOST = 1.1;

  /** Part of the ads that the overlay has. */
  static final double PART = 0.01;

  private static final int TOP = 100;

  /** Searches that do not count. */
  private static final int WARM_UP = 20;

  private OverlayScan() {}

  /**
   * Milliseconds of each search.
   *
   * @param method how was searched
   * @param under with the overlay
   * @param without on the base
   * @param overlay the overlay's rows alone, plainly
   */
  record Outcome(Method method, double[] under, double[] without, double[] overlay) {
    List<Figure> figures() {
      String label = "top 100, " + (method == Method.PLAIN ? "every row" : "screened");
      return List.of(
          Figure.of(label + ", overlay of 1 %", "ms", under),
          Figure.of(label + ", no overlay", "ms", without),
          Figure.of(label + ", rows of the overlay alone, plainly", "ms", overlay));
    }

    Finding finding() {
      double[] ratios = new double[under.length];
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = under[i] / (MOST * without[i] + overlay[i]);
      }
      List<Figure> figures = figures();
      boolean plain = method == Method.PLAIN;
      return new Finding(
              plain ? "scan-under-overlay" : "top-under-overlay",
              plain
                  ? "top 100 by scoring every row under an overlay of 1 %, against 1.1 times without and a scan of the overlay"
                  : "top 100 by the screen under an overlay of 1 %, against 1.1 times without and a scan of the overlay",
              "ms",
              "femto.bench.swap.OverlayScanTest, femto.score.SnapshotTest")
          .measured(
              figures.get(0).median(), MOST * figures.get(1).median() + figures.get(2).median())
          .detail("without_ms", figures.get(1).median())
          .detail("overlay_rows_ms", figures.get(2).median())
          .holds(
              Figure.of("", "", ratios).median(),
              "1.1 times without, and one plain scan of its rows",
              1);
    }
  }

  /**
   * Measures.
   *
   * @param live with an overlay of that part of the ads, and no merge under way
   */
  static List<Outcome> measure(SyntheticAds ads, LiveModel live, SwapSize size) {
    try (LiveScorer reader = live.newScorer("bench-overlay");
        Lease lease = reader.lease()) {
      Scorer under = lease.scorer();
      Snapshot snapshot = under.snapshot();
      RowPatch rows = snapshot.rows();
      int expected = (int) (PART * ads.count());
      if (rows == null || rows.replacedRows() != expected) {
        throw new IllegalStateException(
            "the overlay has %d rows, expected %d"
                .formatted(rows == null ? 0 : rows.replacedRows(), expected));
      }
      Scorer without = new Scorer(Snapshot.of(snapshot.model(), snapshot.candidates()));
      try (OverlayRows overlay = new OverlayRows(ads, snapshot, rows)) {
        checkAnswers(ads, under);
        return List.of(
            measure(ads, Method.PLAIN, under, without, overlay, size.searches()),
            measure(ads, Method.AUTO, under, without, overlay, size.searches()));
      }
    }
  }

  private static Outcome measure(
      SyntheticAds ads,
      Method method,
      Scorer under,
      Scorer without,
      OverlayRows overlay,
      int searches) {
    Outcome outcome =
        new Outcome(method, new double[searches], new double[searches], new double[searches]);
    for (int i = -WARM_UP; i < searches; i++) {
      int context = Math.floorMod(i, SyntheticAds.CONTEXTS);
      under.fold(ads.contexts(), context);
      without.fold(ads.contexts(), context);
      double withIt = millis(under, method);
      double withoutIt = millis(without, method);
      double alone = overlay.millis(context);
      if (i >= 0) {
        outcome.under()[i] = withIt;
        outcome.without()[i] = withoutIt;
        outcome.overlay()[i] = alone;
      }
    }
    return outcome;
  }

  private static double millis(Scorer scorer, Method method) {
    int[] found = new int[TOP];
    float[] scores = new float[TOP];
    long begin = System.nanoTime();
    scorer.top(scorer.request(TOP).by(method), found, scores);
    return (System.nanoTime() - begin) / 1e6;
  }

  /** The screen finds what scoring every row finds. */
  private static void checkAnswers(SyntheticAds ads, Scorer scorer) {
    for (int context = 0; context < 3; context++) {
      scorer.fold(ads.contexts(), context);
      int[] plainAds = new int[TOP];
      float[] plainScores = new float[TOP];
      int plain = scorer.top(scorer.request(TOP).by(Method.PLAIN), plainAds, plainScores);
      int[] found = new int[TOP];
      float[] scores = new float[TOP];
      int count = scorer.top(scorer.request(TOP).by(Method.AUTO), found, scores);
      if (count != plain
          || !Arrays.equals(found, plainAds)
          || !Arrays.equals(scores, plainScores)) {
        throw new WrongAnswerException(
            "context " + context + ": the screen and scoring every row differ under an overlay");
      }
    }
  }

  /** The rows of the overlay, side by side. */
  private static final class OverlayRows implements AutoCloseable {
    private final SyntheticAds ads;
    private final Slab memory;
    private final TopSearch search;
    private final FoldedContext context;
    private final TopRequest request = new TopRequest();
    private final int[] found = new int[TOP];
    private final float[] scores = new float[TOP];

    OverlayRows(SyntheticAds ads, Snapshot snapshot, RowPatch rows) {
      this.ads = ads;
      int[] changed = IntStream.range(0, ads.count()).filter(rows::changes).toArray();
      memory = Slab.allocate(new RowLayout(SyntheticAds.FACTORS).tableBytes(changed.length));
      RowTable table = RowTable.over(memory.segment(), changed.length, SyntheticAds.FACTORS);
      float[] factors = new float[SyntheticAds.FACTORS];
      for (int i = 0; i < changed.length; i++) {
        rows.copyFactors(changed[i], factors);
        table.setRow(i, rows.bias(changed[i]), factors);
      }
      search = new TopSearch(table, null);
      context = new FoldedContext(snapshot.model());
    }

    double millis(int ofContext) {
      context.fold(ads.contexts(), ofContext);
      request.reset(context.query(), TOP).by(Method.PLAIN);
      long begin = System.nanoTime();
      search.top(request, found, scores);
      return (System.nanoTime() - begin) / 1e6;
    }

    @Override
    public void close() {
      memory.close();
    }
  }
}
