package femto.kernels;

import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.Touch;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Searches through a screen: groups of the largest bounds first, for a threshold, then all others
 * in the screen's order. Reused from search to search; one owner.
 */
final class ScreenSearch {
  private static final KernelSupport KERNELS = Kernels.SUPPORT;

  /** Survivors of a screen scored at once while there is no threshold yet. */
  private static final int FIRST_SURVIVORS = 64;

  /** Survivors scored at once later: enough for their cache misses to overlap. */
  private static final int SURVIVORS = 128;

  /** Below every sum of codes times coefficients, and far from the least int. */
  private static final float LEAST_SUM = -1e9f;

  /** Bytes of a screen that a cache near the core can be expected to hold. */
  private static final long CACHED = 4L << 20;

  /** Groups of the largest bounds that are searched first, for a threshold. */
  private static final int SEEDS = 8;

  /**
   * What it costs to scan a row's codes, and to score a row that survives, in rows scored plainly.
   */
  private static final double SCAN_COST = 0.15;

  private static final double SURVIVOR_COST = 8;

  /**
   * A screen is given up when it has cost more than this part of scoring the rows that it has dealt
   * with, and a part of scoring all: the rows that stand first in its order survive most.
   */
  private static final double GIVE_UP = 0.3;

  private static final double GIVE_UP_START = 0.06;

  private static final long SUPERGROUP_ROWS =
      (long) ScreenLayout.GROUP_ROWS * ScreenLayout.CHILDREN;

  private final RowBatch rows;
  private final Screen of;
  private final ScreenLayout layout;
  private final ScreenQuery query;
  private final boolean readAhead;
  private final float[] groupBounds;
  private final float[] leafBounds = new float[ScreenLayout.CHILDREN];
  private final float[] cuts = new float[ScreenLayout.CHILDREN];
  private final float[] prepared = new float[2];
  private final int[] least = new int[ScreenLayout.CHILDREN];
  private final long[] survivors = new long[ScreenLayout.CHILDREN];
  private final int[] coefficients;
  private final short[] scratch;
  private final TopK best = new TopK(SEEDS);
  private final int[] seeds = new int[SEEDS];
  private final float[] seedBounds = new float[SEEDS];
  private int seedCount;
  private long scanned;
  private int pending;
  private int batch;

  /** Written and never read: it keeps the reading ahead from being optimized away. */
  @SuppressWarnings("UnusedVariable")
  private int touched;

  private float threshold;
  private float cut;

  ScreenSearch(Screen of, RowBatch rows) {
    this.rows = rows;
    this.of = of;
    this.layout = of.layout();
    this.query = new ScreenQuery(of);
    this.readAhead = layout.bytes() > CACHED;
    this.groupBounds = new float[layout.supergroups() * ScreenLayout.CHILDREN];
    this.coefficients = new int[layout.paddedDimensions()];
    this.scratch = new short[KernelSupport.CODE_LANES * layout.paddedDimensions()];
  }

  /** Forgets what the last search looked at. */
  void begin() {
    scanned = 0;
  }

  boolean prepare() {
    return query.prepare(rows.request().query());
  }

  /**
   * Returns false if the screen was given up. The heap then holds some of the rows; or, if the
   * search has several parts, the best of this one, since the others go on by the screen.
   */
  boolean run(@Nullable SharedFloor floor, int part, int parts) {
    pending = 0;
    batch = FIRST_SURVIVORS;
    seedCount = 0;
    setThreshold(Float.NEGATIVE_INFINITY);
    if (layout.groups() > 2 * SEEDS) {
      seed(floor, part, parts);
    }
    batch = SURVIVORS;
    for (int supergroup = part; supergroup < layout.supergroups(); supergroup += parts) {
      if (rows.isLate()) {
        return true;
      }
      update(floor);
      int first = supergroup * ScreenLayout.CHILDREN;
      fillGroupCuts(first);
      int alive =
          KERNELS.bounds(
              of.segment(),
              layout.supergroupOffset(supergroup),
              layout.dimensions(),
              query.y,
              query.byThreshold(lambdaCut()),
              query.byRadius(lambdaCut()),
              query.boundSlack,
              cuts,
              leafBounds,
              0);
      alive &= present(layout.groups() - first);
      for (int rest = readAhead ? alive : 0; rest != 0; rest &= rest - 1) {
        int group = first + Integer.numberOfTrailingZeros(rest);
        touched += Touch.lines(of.segment(), layout.groupOffset(group), layout.groupBytes());
      }
      for (; alive != 0; alive &= alive - 1) {
        int group = first + Integer.numberOfTrailingZeros(alive);
        if (!isSeed(group)) {
          scanGroup(floor, group, false);
        }
      }
      if (costs() > allowed((long) (supergroup / parts + 1) * SUPERGROUP_ROWS, parts)) {
        if (parts > 1) {
          flush();
          scoreFrom(floor, supergroup + parts, parts);
        }
        return false;
      }
    }
    flush();
    update(floor);
    return true;
  }

  /** Scores every row of the supergroups that are left, but for those of the seeds. */
  private void scoreFrom(@Nullable SharedFloor floor, int supergroup, int parts) {
    for (int s = supergroup; s < layout.supergroups(); s += parts) {
      int end = Math.min((s + 1) * ScreenLayout.CHILDREN, layout.groups());
      for (int group = s * ScreenLayout.CHILDREN; group < end; group++) {
        if (rows.isLate()) {
          return;
        }
        if (!isSeed(group)) {
          long first = (long) group * ScreenLayout.GROUP_ROWS;
          int count = (int) Math.min(ScreenLayout.GROUP_ROWS, layout.rows() - first);
          int kept = 0;
          for (int i = 0; i < count; i++) {
            int index = of.index(first + i);
            if (rows.request().acceptsOfTable(index)) {
              rows.indexes[kept++] = index;
            }
          }
          if (kept > 0) {
            rows.scoreAndOffer(kept);
            update(floor);
          }
        }
      }
    }
  }

  /** What the screen may have cost by now, when so many rows are behind. */
  private double allowed(long behind, int parts) {
    return GIVE_UP * behind
        + GIVE_UP_START * layout.rows() / parts
        + 16 * SURVIVOR_COST * (rows.heap().limit() + SURVIVORS);
  }

  private double costs() {
    return SCAN_COST * scanned + SURVIVOR_COST * rows.scored();
  }

  /** Searches the groups of the largest bounds first, best first. */
  private void seed(@Nullable SharedFloor floor, int part, int parts) {
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
      scanGroup(floor, seeds[i], true);
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

  /** How many rows' codes the last search looked at. */
  long scanned() {
    return scanned;
  }

  private static int present(int children) {
    return children >= ScreenLayout.CHILDREN
        ? (1 << ScreenLayout.CHILDREN) - 1
        : (1 << children) - 1;
  }

  /** Takes the threshold of the heap, or of another part; returns whether it has risen. */
  private boolean update(@Nullable SharedFloor floor) {
    float now = rows.heap().threshold();
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

  private float lambdaCut() {
    return rows.request().bids() == null ? cut : 0;
  }

  private void fillGroupCuts(int first) {
    Bids bids = rows.request().bids();
    if (bids != null) {
      for (int child = 0; child < ScreenLayout.CHILDREN; child++) {
        cuts[child] = cut(bids.groupCeiling(of, first + child));
      }
    } else {
      Arrays.fill(cuts, cut);
    }
  }

  private void fillLeafCuts(int first) {
    Bids bids = rows.request().bids();
    if (bids != null) {
      for (int child = 0; child < ScreenLayout.CHILDREN; child++) {
        cuts[child] = cut(bids.leafCeiling(of, first + child));
      }
    }
  }

  /**
   * What a bound must reach for a row with no more than a bid to reach the threshold: the logit of
   * their quotient, less what the rounding of the expected value may add.
   */
  private float cut(float ceiling) {
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
    double rounding = 1e-6 * (1 + Math.abs(logit) + Math.abs(rows.request().constant()));
    return query.cut(logit - rows.request().constant() - rounding);
  }

  private void scanGroup(@Nullable SharedFloor floor, int group, boolean bestFirst) {
    int firstLeaf = group * ScreenLayout.CHILDREN;
    long node = layout.groupOffset(group);
    fillLeafCuts(firstLeaf);
    int alive =
        KERNELS.bounds(
            of.segment(),
            node,
            layout.dimensions(),
            query.y,
            query.byThreshold(lambdaCut()),
            query.byRadius(lambdaCut()),
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
      touched += Touch.lines(of.segment(), layout.codesOffset(leaf), layout.leafBytes());
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
    if (bestFirst) {
      while (alive != 0) {
        int child = best(alive);
        alive &= ~(1 << child);
        if (leafBounds[child] >= cuts[child]
            && scanLeaves(firstLeaf, 1 << child)
            && update(floor)) {
          fillLeafCuts(firstLeaf);
        }
      }
    } else if (scanLeaves(firstLeaf, alive)) {
      update(floor);
    }
    if (rows.heap().size() < rows.heap().limit()) {
      flush();
      update(floor);
    }
  }

  /** Scans leaves of a group; returns whether survivors were scored. */
  private boolean scanLeaves(int firstLeaf, int leaves) {
    for (int rest = leaves; rest != 0; rest &= rest - 1) {
      int child = Integer.numberOfTrailingZeros(rest);
      least[child] = leastSum(cuts[child], prepared);
    }
    int alive =
        KERNELS.scan(
            of.segment(),
            layout.codesOffset(firstLeaf),
            layout.dimensions(),
            coefficients,
            scratch,
            leaves,
            least,
            survivors);
    scanned += (long) Integer.bitCount(leaves) * ScreenLayout.LEAF_ROWS;
    boolean flushed = false;
    for (; alive != 0; alive &= alive - 1) {
      int child = Integer.numberOfTrailingZeros(alive);
      flushed |= keep(firstLeaf + child, survivors[child]);
    }
    return flushed;
  }

  /**
   * The least sum of a scan with which a candidate can reach a cut, or less.
   *
   * @param prepared above and perUnit
   */
  static int leastSum(float cut, float[] prepared) {
    float sum = Math.max(LEAST_SUM, (cut - prepared[0]) * prepared[1]);
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
  private boolean keep(int leaf, long survivors) {
    long first = (long) leaf * ScreenLayout.LEAF_ROWS;
    long left = layout.rows() - first;
    long bits = left < ScreenLayout.LEAF_ROWS ? survivors & ((1L << left) - 1) : survivors;
    for (; bits != 0; bits &= bits - 1) {
      rows.indexes[pending++] = (int) (first + Long.numberOfTrailingZeros(bits));
    }
    if (pending < batch) {
      return false;
    }
    flush();
    return true;
  }

  /** Scores what has survived. Only now do places become indexes: no look-up waits for another. */
  private void flush() {
    int kept = 0;
    for (int i = 0; i < pending; i++) {
      int index = of.index(rows.indexes[i]);
      if (rows.request().acceptsOfTable(index)) {
        rows.indexes[kept++] = index;
      }
    }
    pending = 0;
    if (kept > 0) {
      rows.scoreAndOffer(kept);
    }
  }
}
