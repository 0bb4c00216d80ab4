package femto.kernels;

import femto.kernels.TopRequest.Method;
import femto.kernels.impl.KernelSupport;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Finds the best K rows of a table, exactly: the same rows in the same order with the same floats
 * as scoring every row by the chain of {@link RowScores} and sorting, highest first, the lower
 * index first among equals. How it searches (through a {@link Screen} or row by row), the width of
 * the vectors and the number of threads change the time it takes and nothing else.
 *
 * <p>One owner at a time; allocates nothing once its buffers have grown to K.
 */
public final class TopSearch {
  private static final KernelSupport KERNELS = Kernels.SUPPORT;

  /** Rows scored at once: their indexes and scores stay in the nearest cache. */
  private static final int BATCH = 1024;

  /** Survivors of a screen scored at once while there is no threshold yet. */
  private static final int FIRST_SURVIVORS = 64;

  /** Survivors scored at once later: enough for their cache misses to overlap. */
  private static final int SURVIVORS = 512;

  /** Fewer rows than these are as quick to score as to screen. */
  private static final int LEAST_SCREENED = 1 << 13;

  /** A selection of one row in this many, or fewer, is scored row by row. */
  private static final int SPARSE = 32;

  /** Below every sum of codes times coefficients, and far from the least int. */
  private static final float LEAST_SUM = -1e9f;

  /** Bytes of a screen that a cache near the core can be expected to hold. */
  private static final long CACHED = 4L << 20;

  /** Groups of the largest bounds that are searched first, for a threshold. */
  private static final int SEEDS = 8;

  /**
   * What it costs to scan a row's codes, and to score a row that survives, in rows scored plainly.
   */
  private static final double SCAN_COST = 0.25;

  private static final double SURVIVOR_COST = 8;

  /**
   * A screen is given up when it has cost more than this part of scoring the rows that it has dealt
   * with, and a part of scoring all: the rows that stand first in its order survive most.
   */
  private static final double GIVE_UP = 0.3;

  private static final double GIVE_UP_START = 0.06;

  private static final long SUPERGROUP_ROWS =
      (long) ScreenLayout.GROUP_ROWS * ScreenLayout.CHILDREN;

  /** The most searches in a row that do without a screen which was given up. */
  private static final int MOST_SKIPPED = 64;

  private final RowTable rows;
  private final RowScores rowScores;
  private final @Nullable Screen screen;
  private final @Nullable Screened screened;
  private final int[] indexes = new int[BATCH];
  private final int[] positions = new int[BATCH];
  private final float[] scores = new float[BATCH];
  private final float[] bidsOfBatch = new float[BATCH];
  private TopK heap = new TopK(128);
  private boolean truncated;
  private boolean usedScreen;
  private long scanned;
  private long scored;
  private int skips;
  private int skipsAfterGivingUp = 1;

  /**
   * Makes a search.
   *
   * @param rows the table
   * @param screen a screen of that table, or null to score every row
   * @throws IllegalArgumentException if the screen is of another size
   */
  public TopSearch(RowTable rows, @Nullable Screen screen) {
    if (screen != null
        && (screen.layout().rows() != rows.rows() || screen.layout().length() != rows.length())) {
      throw new IllegalArgumentException(
          "screen of "
              + screen.layout().rows()
              + " rows of "
              + screen.layout().length()
              + " factors, expected "
              + rows.rows()
              + " of "
              + rows.length());
    }
    this.rows = rows;
    this.rowScores = new RowScores(rows);
    this.screen = screen;
    this.screened = screen == null ? null : new Screened(screen);
  }

  /**
   * Finds the best rows of the table.
   *
   * @param request what to find; each number of its query bounded as {@link
   *     RowTable#requireBounded} says
   * @param intoIndexes receives the row indexes, best first
   * @param intoValues receives what they were ordered by: scores, or expected values
   * @return how many were found: K, or fewer if fewer rows may be found
   * @throws IndexOutOfBoundsException if an array is too short for what was found
   * @throws IllegalArgumentException if the query is too short or a number in it out of bounds
   */
  public int top(TopRequest request, int[] intoIndexes, float[] intoValues) {
    begin(request);
    search(request, null, 0, 1);
    return heap.drain(intoIndexes, intoValues);
  }

  /**
   * Finds the best of listed rows. The request's method does not matter.
   *
   * @param request what to find, as in {@link #top(TopRequest, int[], float[])}
   * @param listed row indexes, each at most once
   * @param count how many of them
   * @param residuals added to the score of each listed row (its chain plus this, rounded to f32):
   *     what a candidate owes to features of the pair of context and candidate, which no folded row
   *     can hold; null adds nothing
   * @param intoIndexes as in {@link #top(TopRequest, int[], float[])}
   * @param intoValues as in {@link #top(TopRequest, int[], float[])}
   * @return how many were found
   * @throws IndexOutOfBoundsException if there is no such row, or an array is too short
   * @throws IllegalArgumentException as for {@link #top(TopRequest, int[], float[])}, or if a
   *     residual is not finite or too large ({@link RowTable#MAX_MAGNITUDE})
   */
  public int top(
      TopRequest request,
      int[] listed,
      int count,
      float @Nullable [] residuals,
      int[] intoIndexes,
      float[] intoValues) {
    Checks.indexes(listed, 0, count, rows.rows());
    if (residuals != null) {
      Checks.length("residuals", residuals.length, count);
      RowTable.requireBounded(0, residuals, count);
    }
    begin(request);
    for (int first = 0; first < count && !isLate(request); first += BATCH) {
      int size = Math.min(BATCH, count - first);
      System.arraycopy(listed, first, indexes, 0, size);
      score(request, size);
      if (residuals != null) {
        for (int i = 0; i < size; i++) {
          scores[i] += residuals[first + i];
        }
      }
      evaluateListed(request, size);
      offerListed(request, size);
    }
    return heap.drain(intoIndexes, intoValues);
  }

  /**
   * Whether the last search met its deadline before it had looked everywhere.
   *
   * @return true if what it found may not be the best
   */
  public boolean wasTruncated() {
    return truncated;
  }

  /**
   * Whether the last search used the screen to its end.
   *
   * @return false if it scored every row
   */
  public boolean usedScreen() {
    return usedScreen;
  }

  /**
   * How many rows the last search looked at in the screen's codes; the others were passed over by
   * bounds.
   *
   * @return rows
   */
  public long scannedRows() {
    return scanned;
  }

  /**
   * How many rows the last search scored by the chain.
   *
   * @return rows
   */
  public long scoredRows() {
    return scored;
  }

  /**
   * Searches the table by queries made of its own rows until the compiler has had time for the
   * kernels: the first calls are interpreted and thousands of times slower. Ends with a comparison
   * against scalar code, and logs a warning if that is faster.
   *
   * @param budget how long, a second or two
   * @return what was found
   */
  public WarmUp warmUp(Duration budget) {
    return new WarmUpRun(rows, this).run(budget);
  }

  /** Checks what a caller may have got wrong. */
  void check(TopRequest request) {
    Checks.length("query", request.query().length, rows.length());
    RowTable.requireBounded(0, request.query(), rows.length());
  }

  /** K of the last search, or the number of rows if that is less. */
  int limit() {
    return heap.limit();
  }

  private void begin(TopRequest request) {
    check(request);
    int k = Math.min(request.k(), rows.rows());
    if (heap.capacity() < k) {
      heap = new TopK(Math.max(k, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * heap.capacity())));
    }
    heap.reset(k);
    truncated = false;
    usedScreen = false;
    scanned = 0;
    scored = 0;
  }

  /** Whether this part of a search would use the screen: all parts must, or none. */
  boolean wouldScreen(TopRequest request) {
    begin(request);
    return shouldScreen(request);
  }

  /** Prepares a part of a search that several share; {@link #drainInto} takes what it finds. */
  void searchPart(TopRequest request, SharedFloor floor, int part, int parts) {
    begin(request);
    search(request, floor, part, parts);
  }

  void drainInto(TopK other) {
    heap.offerAllTo(other);
  }

  private void search(TopRequest request, @Nullable SharedFloor floor, int part, int parts) {
    if (heap.limit() == 0) {
      return;
    }
    Selection selection = request.selection();
    if (selection != null && selection.count() <= rows.rows() / SPARSE) {
      selected(request, selection, part, parts);
      return;
    }
    float least = Float.NEGATIVE_INFINITY;
    boolean screening = floor == null ? shouldScreen(request) : floor.screening;
    if (screened != null && screening && screened.prepare(request)) {
      if (screened.run(request, floor, part, parts)) {
        usedScreen = true;
        skipsAfterGivingUp = 1;
        return;
      }
      skips = skipsAfterGivingUp;
      skipsAfterGivingUp = Math.min(MOST_SKIPPED, 2 * skipsAfterGivingUp);
      if (parts > 1) {
        return; // it has looked at its part of the screen, which is no run of the table
      }
      // What has been found is a floor under the answer; everything is looked at again.
      least = Math.nextDown(heap.threshold());
      heap.reset(heap.limit());
    }
    plain(request, floor, least, part, parts);
  }

  private boolean shouldScreen(TopRequest request) {
    if (screen == null || !screen.isUsable() || request.method() == Method.PLAIN) {
      return false;
    }
    if (request.method() == Method.SCREEN) {
      return true;
    }
    if (skips > 0) {
      skips--;
      return false;
    }
    return rows.rows() >= LEAST_SCREENED && heap.limit() <= rows.rows() / SPARSE;
  }

  private boolean isLate(TopRequest request) {
    truncated |= request.isLate();
    return truncated;
  }

  /** Scores the first rows of {@link #indexes}. */
  private void score(TopRequest request, int count) {
    rowScores.gatherUnchecked(request.query(), indexes, count, scores);
    scored += count;
  }

  /** Turns scores of listed rows into what the request orders by. */
  private void evaluateListed(TopRequest request, int count) {
    Bids bids = request.bids();
    if (bids != null) {
      for (int i = 0; i < count; i++) {
        bidsOfBatch[i] = indexes[i] < bids.size() ? bids.values()[indexes[i]] : 0;
      }
      KERNELS.expectedValues(scores, request.constant(), bidsOfBatch, 0, count, scores);
    }
  }

  private void offerListed(TopRequest request, int count) {
    for (int i = 0; i < count; i++) {
      if (scores[i] >= heap.threshold() && request.accepts(indexes[i])) {
        heap.offer(indexes[i], scores[i]);
      }
    }
  }

  /** Scores and offers the first rows of {@link #indexes}. */
  private void scoreAndOffer(TopRequest request, int count) {
    // A whole number of vectors, by scoring the last row again.
    int padded = (count + ScreenLayout.CHILDREN - 1) & -ScreenLayout.CHILDREN;
    Arrays.fill(indexes, count, padded, indexes[count - 1]);
    score(request, padded);
    evaluateListed(request, padded);
    offerListed(request, count);
  }

  private void selected(TopRequest request, Selection selection, int part, int parts) {
    int end = end(part, parts);
    int next = selection.next(end(part - 1, parts));
    while (next >= 0 && next < end && !isLate(request)) {
      int count = 0;
      while (count < BATCH && next >= 0 && next < end) {
        indexes[count++] = next;
        next = selection.next(next + 1);
      }
      score(request, count);
      evaluateListed(request, count);
      offerListed(request, count);
    }
  }

  /** Where a part of the table ends; the parts are of equal size. */
  private int end(int part, int parts) {
    return (int) ((long) rows.rows() * (part + 1) / parts);
  }

  /**
   * Scores every row in the order of the indexes.
   *
   * @param least only what is above it can be in the answer
   */
  private void plain(
      TopRequest request, @Nullable SharedFloor floor, float least, int part, int parts) {
    Bids bids = request.bids();
    int end = end(part, parts);
    if (bids != null) {
      end = Math.min(end, bids.size());
    }
    for (int first = end(part - 1, parts); first < end && !isLate(request); first += BATCH) {
      int count = Math.min(BATCH, end - first);
      rowScores.upperBounds(request.query(), first, count, indexes, scores);
      if (bids != null) {
        KERNELS.expectedValues(scores, request.constant(), bids.values(), first, count, scores);
      }
      // An equal value of a higher index is not better: only what is above the threshold counts.
      float above = Math.max(least, heap.threshold());
      if (floor != null) {
        above = Math.max(above, Math.nextDown(floor.get()));
      }
      int found = KERNELS.above(scores, count, above, positions);
      int kept = 0;
      for (int i = 0; i < found; i++) {
        int index = first + positions[i];
        if (request.accepts(index)) {
          indexes[kept++] = index;
        }
      }
      if (kept > 0) {
        scoreAndOffer(request, kept);
      }
      if (floor != null) {
        floor.raise(heap.threshold());
      }
    }
  }

  /**
   * What the parts of a search have in common: whether they divide the screen or the table among
   * themselves, and the greatest threshold that any has reached.
   */
  static final class SharedFloor {
    private final boolean screening;
    private final AtomicInteger bits =
        new AtomicInteger(Float.floatToRawIntBits(Float.NEGATIVE_INFINITY));

    SharedFloor(boolean screening) {
      this.screening = screening;
    }

    float get() {
      return Float.intBitsToFloat(bits.getOpaque());
    }

    void raise(float value) {
      int seen = bits.getOpaque();
      while (value > Float.intBitsToFloat(seen)) {
        int now = bits.compareAndExchange(seen, Float.floatToRawIntBits(value));
        if (now == seen) {
          return;
        }
        seen = now;
      }
    }
  }

  /** The search through the screen. */
  private final class Screened {
    private final Screen of;
    private final ScreenLayout layout;
    private final ScreenQuery query;
    private final boolean readAhead;
    private final float[] groupBounds;
    private final float[] leafBounds = new float[ScreenLayout.CHILDREN];
    private final float[] cuts = new float[ScreenLayout.CHILDREN];
    private final float[] prepared = new float[2];
    private final int[] coefficients;
    private final TopK best = new TopK(SEEDS);
    private final int[] seeds = new int[SEEDS];
    private final float[] seedBounds = new float[SEEDS];
    private int seedCount;
    private int pending;
    private int batch;

    /** Written and never read: it keeps the reading ahead from being optimized away. */
    @SuppressWarnings("UnusedVariable")
    private int touched;

    private float threshold;
    private float cut;

    Screened(Screen of) {
      this.of = of;
      this.layout = of.layout();
      this.query = new ScreenQuery(of);
      this.readAhead = layout.bytes() > CACHED;
      this.groupBounds = new float[layout.supergroups() * ScreenLayout.CHILDREN];
      this.coefficients = new int[layout.paddedDimensions()];
    }

    boolean prepare(TopRequest request) {
      return query.prepare(request.query());
    }

    /**
     * Returns false if the screen was given up. The heap then holds some of the rows; or, if the
     * search has several parts, the best of this one, since the others go on by the screen.
     */
    boolean run(TopRequest request, @Nullable SharedFloor floor, int part, int parts) {
      pending = 0;
      batch = FIRST_SURVIVORS;
      seedCount = 0;
      setThreshold(Float.NEGATIVE_INFINITY);
      if (layout.groups() > 2 * SEEDS) {
        seed(request, floor, part, parts);
      }
      batch = SURVIVORS;
      for (int supergroup = part; supergroup < layout.supergroups(); supergroup += parts) {
        if (isLate(request)) {
          return true;
        }
        update(floor);
        int first = supergroup * ScreenLayout.CHILDREN;
        fillGroupCuts(request, first);
        int alive =
            KERNELS.bounds(
                of.segment(),
                layout.supergroupOffset(supergroup),
                layout.dimensions(),
                query.y,
                query.byThreshold(lambdaCut(request)),
                query.byRadius(),
                query.boundSlack,
                cuts,
                leafBounds,
                0);
        alive &= present(layout.groups() - first);
        for (; alive != 0; alive &= alive - 1) {
          int group = first + Integer.numberOfTrailingZeros(alive);
          if (!isSeed(group)) {
            scanGroup(request, floor, group, false);
          }
        }
        if (costs() > allowed((long) (supergroup / parts + 1) * SUPERGROUP_ROWS, parts)) {
          if (parts > 1) {
            flush(request);
            scoreFrom(request, floor, supergroup + parts, parts);
          }
          return false;
        }
      }
      flush(request);
      update(floor);
      return true;
    }

    /** Scores every row of the supergroups that are left, but for those of the seeds. */
    private void scoreFrom(
        TopRequest request, @Nullable SharedFloor floor, int supergroup, int parts) {
      for (int s = supergroup; s < layout.supergroups(); s += parts) {
        int end = Math.min((s + 1) * ScreenLayout.CHILDREN, layout.groups());
        for (int group = s * ScreenLayout.CHILDREN; group < end; group++) {
          if (isLate(request)) {
            return;
          }
          if (!isSeed(group)) {
            long first = (long) group * ScreenLayout.GROUP_ROWS;
            int count = (int) Math.min(ScreenLayout.GROUP_ROWS, layout.rows() - first);
            for (int i = 0; i < count; i++) {
              indexes[i] = of.index(first + i);
            }
            scoreAndOffer(request, count);
            update(floor);
          }
        }
      }
    }

    /** What the screen may have cost by now, when so many rows are behind. */
    private double allowed(long behind, int parts) {
      return GIVE_UP * behind
          + GIVE_UP_START * layout.rows() / parts
          + 16 * SURVIVOR_COST * (heap.limit() + SURVIVORS);
    }

    private double costs() {
      return SCAN_COST * scanned + SURVIVOR_COST * scored;
    }

    /** Searches the groups of the largest bounds first, best first. */
    private void seed(TopRequest request, @Nullable SharedFloor floor, int part, int parts) {
      Arrays.fill(cuts, Float.NEGATIVE_INFINITY);
      best.reset(SEEDS);
      for (int supergroup = part; supergroup < layout.supergroups(); supergroup += parts) {
        int first = supergroup * ScreenLayout.CHILDREN;
        KERNELS.bounds(
            of.segment(),
            layout.supergroupOffset(supergroup),
            layout.dimensions(),
            query.y,
            0,
            query.byRadiusAlone(),
            query.boundSlack,
            cuts,
            groupBounds,
            first);
        int end = Math.min(first + ScreenLayout.CHILDREN, layout.groups());
        for (int group = first; group < end; group++) {
          if (groupBounds[group] > best.threshold()) {
            best.offer(group, groupBounds[group]);
          }
        }
      }
      int found = best.drain(seeds, seedBounds);
      for (int i = 0; i < found; i++) {
        scanGroup(request, floor, seeds[i], true);
        seedCount = i + 1;
      }
    }

    private boolean isSeed(int group) {
      for (int i = 0; i < seedCount; i++) {
        if (seeds[i] == group) {
          return true;
        }
      }
      return false;
    }

    private static int present(int children) {
      return children >= ScreenLayout.CHILDREN
          ? (1 << ScreenLayout.CHILDREN) - 1
          : (1 << children) - 1;
    }

    /** Takes the threshold of the heap, or of another part; returns whether it has risen. */
    private boolean update(@Nullable SharedFloor floor) {
      float now = heap.threshold();
      if (floor != null) {
        floor.raise(now);
        now = floor.get();
      }
      if (now > threshold) {
        setThreshold(now);
        return true;
      }
      return false;
    }

    private void setThreshold(float now) {
      threshold = now;
      cut = query.cut(now);
      Arrays.fill(cuts, cut);
    }

    private float lambdaCut(TopRequest request) {
      return request.bids() == null ? cut : 0;
    }

    private void fillGroupCuts(TopRequest request, int first) {
      Bids bids = request.bids();
      if (bids != null) {
        for (int child = 0; child < ScreenLayout.CHILDREN; child++) {
          cuts[child] = cut(request, bids.groupCeiling(of, first + child));
        }
      } else {
        Arrays.fill(cuts, cut);
      }
    }

    private void fillLeafCuts(TopRequest request, int first) {
      Bids bids = request.bids();
      if (bids != null) {
        for (int child = 0; child < ScreenLayout.CHILDREN; child++) {
          cuts[child] = cut(request, bids.leafCeiling(of, first + child));
        }
      }
    }

    /**
     * What a bound must reach for a row with no more than a bid to reach the threshold: the logit
     * of their quotient, less what the rounding of the expected value may add.
     */
    private float cut(TopRequest request, float ceiling) {
      if (threshold <= 0) {
        return Float.NEGATIVE_INFINITY;
      }
      // A product that underflows rounds up by half of the least float at most.
      double probability = (threshold - Float.MIN_VALUE / 2.0) / (ceiling * (1 + 1e-6));
      if (probability < 1e-37) {
        return Float.NEGATIVE_INFINITY; // in reach of the least value of the sigmoid
      }
      if (!(probability < 1)) {
        return Float.POSITIVE_INFINITY;
      }
      double logit = Math.log(probability / (1 - probability));
      double rounding = 1e-6 * (1 + Math.abs(logit) + Math.abs(request.constant()));
      return query.cut(logit - request.constant() - rounding);
    }

    private void scanGroup(
        TopRequest request, @Nullable SharedFloor floor, int group, boolean bestFirst) {
      int firstLeaf = group * ScreenLayout.CHILDREN;
      long node = layout.groupOffset(group);
      fillLeafCuts(request, firstLeaf);
      int alive =
          KERNELS.bounds(
              of.segment(),
              node,
              layout.dimensions(),
              query.y,
              query.byThreshold(lambdaCut(request)),
              query.byRadius(),
              query.boundSlack,
              cuts,
              leafBounds,
              0);
      alive &= present(layout.leaves() - firstLeaf);
      if (alive == 0) {
        return;
      }
      for (int rest = readAhead ? alive : 0; rest != 0; rest &= rest - 1) {
        int leaf = firstLeaf + Integer.numberOfTrailingZeros(rest);
        touched += KernelSupport.touch(of.segment(), layout.codesOffset(leaf), layout.leafBytes());
      }
      KERNELS.prepare(
          of.segment(),
          layout.frameOffset(group),
          layout.paddedDimensions(),
          query.y,
          query.norm,
          query.scanSlack,
          query.rounding,
          coefficients,
          prepared);
      while (alive != 0) {
        int child = bestFirst ? best(alive) : Integer.numberOfTrailingZeros(alive);
        alive &= ~(1 << child);
        if (leafBounds[child] >= cuts[child]) {
          int leaf = firstLeaf + child;
          long survivors =
              KERNELS.scan(
                  of.segment(),
                  layout.codesOffset(leaf),
                  layout.dimensions(),
                  coefficients,
                  leastSum(cuts[child]));
          scanned += ScreenLayout.LEAF_ROWS;
          if (survivors != 0 && keep(request, leaf, survivors) && update(floor)) {
            fillLeafCuts(request, firstLeaf);
          }
        }
      }
      if (heap.size() < heap.limit()) {
        flush(request);
        update(floor);
      }
    }

    /** The least sum of a scan with which a candidate can reach a cut, or less. */
    private int leastSum(float reached) {
      float sum = Math.max(LEAST_SUM, (reached - prepared[0]) * prepared[1]);
      return (int) (sum - Math.abs(sum) * 1e-6f) - 2;
    }

    /** The child of the greatest bound. */
    private int best(int alive) {
      int found = Integer.numberOfTrailingZeros(alive);
      for (int rest = alive & (alive - 1); rest != 0; rest &= rest - 1) {
        int child = Integer.numberOfTrailingZeros(rest);
        if (leafBounds[child] > leafBounds[found]) {
          found = child;
        }
      }
      return found;
    }

    /** Returns whether what had been kept was scored. */
    private boolean keep(TopRequest request, int leaf, long survivors) {
      long first = (long) leaf * ScreenLayout.LEAF_ROWS;
      long left = layout.rows() - first;
      long bits = left < ScreenLayout.LEAF_ROWS ? survivors & ((1L << left) - 1) : survivors;
      for (; bits != 0; bits &= bits - 1) {
        indexes[pending++] = of.index(first + Long.numberOfTrailingZeros(bits));
      }
      if (pending < batch) {
        return false;
      }
      flush(request);
      return true;
    }

    /** Scores what has survived. */
    private void flush(TopRequest request) {
      if (pending == 0) {
        return;
      }
      scoreAndOffer(request, pending);
      pending = 0;
    }
  }
}
