package femto.kernels;

import femto.kernels.impl.KernelSupport;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the best K rows of a table for many queries at once, with the answers of {@link TopSearch}:
 * the same rows in the same order with the same floats.
 *
 * <p>Rows are taken 64 at a time, in the order of the {@link Screen}, and written number by number
 * once for all queries whose bounds they can reach; six queries are then scored by each number that
 * is loaded, by the chain itself. A single query goes through the screen's codes instead, which is
 * more work a row but does not fetch the rows; so queries are taken together only when there are
 * enough of them to share the fetching.
 *
 * <p>One owner at a time; allocates nothing once its buffers have grown to the number of queries
 * and to K.
 */
public final class BatchTopSearch {
  private static final KernelSupport KERNELS = Kernels.SUPPORT;
  private static final int LEAF = KernelSupport.LEAF;
  private static final int CHILDREN = KernelSupport.CHILDREN;
  private static final int AT_ONCE = KernelSupport.BLOCK_QUERIES;
  private static final int ALL_CHILDREN = (1 << CHILDREN) - 1;

  /** Fewer queries than these are searched one after the other. */
  private static final int LEAST_QUERIES = 16;

  /**
   * Where there are more bytes of the table to a query than these, queries are searched one after
   * the other: few of them share a row, and the fetching of rows is most of the time. For 64
   * queries of 16 factors (Gaussian, log-normal norms; AMD EPYC, family 25, other work beside it) a
   * row and query took 1.6 and 0.21 ns together, 2.0 and 0.45 by themselves at 1 million rows, and
   * 0.92 and 0.067 together, 0.97 and 0.055 by themselves at 4 million.
   */
  private static final long MOST_BYTES_A_QUERY = 4L << 20;

  /** Groups of the largest bounds that are searched first for each query, for a threshold. */
  private static final int SEEDS = 4;

  private final RowTable rows;
  private final @Nullable Screen screen;
  private final TopSearch single;
  private final TopK largest = new TopK(SEEDS);
  private final float[] seedBounds = new float[SEEDS];
  private final float[] block;
  private final int[] leafRows = new int[LEAF];
  private final int[] scratch = new int[KernelSupport.SCRATCH];
  private final int[] starts = new int[AT_ONCE];
  private final float[] thresholds = new float[AT_ONCE];
  private final float[] scores = new float[AT_ONCE * LEAF];
  private final long[] reached = new long[AT_ONCE];
  private final float[] childBounds = new float[CHILDREN];
  private final float[] cuts = new float[CHILDREN];
  private Query[] queries = {};
  private float[] packed = {};
  private int[] alive = {};
  private int alivePairs;
  private long scored;

  /** Of each query: what a score must reach, and the leaves of a group that can hold one. */
  private float[] reach = {};

  private int[] leaves = {};

  /** One query of a batch, with what it has found. */
  private static final class Query {
    final Reservoir best = new Reservoir();
    TopRequest request = new TopRequest();
    @Nullable ScreenQuery bounds;
    boolean bounded;
    float cut;
    final int[] seeds = new int[SEEDS];
    int seedCount;

    /** Groups of a supergroup that can hold a row of the answer. */
    int groups;
  }

  /**
   * Makes a search.
   *
   * @param rows the table
   * @param screen a screen of that table, or null to score every row
   * @throws IllegalArgumentException if the screen is of another size
   */
  public BatchTopSearch(RowTable rows, @Nullable Screen screen) {
    this.rows = rows;
    this.screen = screen;
    this.single = new TopSearch(rows, screen);
    this.block = new float[Math.multiplyExact(LEAF, 1 + rows.length())];
  }

  /**
   * Finds the best rows for each of several requests.
   *
   * @param requests what to find, each on its own
   * @param count how many of them
   * @param intoIndexes receives the row indexes of each request, as {@link
   *     TopSearch#top(TopRequest, int[], float[])} does
   * @param intoValues receives what they were ordered by
   * @param found receives how many were found for each
   * @throws IndexOutOfBoundsException if an array is too short for what was found
   * @throws IllegalArgumentException if a query is too short or a number in it out of bounds
   */
  public void top(
      TopRequest[] requests, int count, int[][] intoIndexes, float[][] intoValues, int[] found) {
    scored = 0;
    int together = 0;
    grow(count);
    for (int i = 0; i < count; i++) {
      if (requests[i].canShareBlocks()) {
        single.check(requests[i]);
        together++;
      }
    }
    boolean byBlocks =
        together >= LEAST_QUERIES
            && (screen == null
                || rows.layout().tableBytes(rows.rows()) / together <= MOST_BYTES_A_QUERY);
    if (byBlocks) {
      int next = 0;
      for (int i = 0; i < count; i++) {
        if (requests[i].canShareBlocks()) {
          prepare(queries[next], requests[i], next);
          next++;
        }
      }
      searchTable(next);
    }
    int next = 0;
    for (int i = 0; i < count; i++) {
      if (byBlocks && requests[i].canShareBlocks()) {
        found[i] = single.finish(requests[i], queries[next].best, intoIndexes[i], intoValues[i]);
        next++;
      } else {
        found[i] = single.top(requests[i], intoIndexes[i], intoValues[i]);
        scored += single.scoredRows();
      }
    }
  }

  /**
   * How many chains the last call computed, over all its requests.
   *
   * @return rows times queries
   */
  public long scoredRows() {
    return scored;
  }

  private void grow(int count) {
    int former = queries.length;
    if (count > former) {
      queries = Arrays.copyOf(queries, count);
      for (int i = former; i < count; i++) {
        queries[i] = new Query();
      }
      packed = new float[Math.multiplyExact(count, rows.length())];
      alive = new int[count + AT_ONCE];
      reach = new float[count];
      leaves = new int[count];
    }
  }

  private void prepare(Query query, TopRequest request, int number) {
    query.best.reset(Math.min(request.k(), rows.rows()));
    query.request = request;
    System.arraycopy(request.query(), 0, packed, number * rows.length(), rows.length());
    query.bounded = false;
    if (screen != null && screen.isUsable()) {
      ScreenQuery bounds = query.bounds;
      if (bounds == null) {
        bounds = new ScreenQuery(screen);
        query.bounds = bounds;
      }
      query.bounded = bounds.prepare(request.query());
    }
    query.seedCount = 0;
    update(query, number);
  }

  /** Finds the groups of the largest bounds. */
  private void findSeeds(Query query, int groups) {
    ScreenQuery bounds = query.bounds;
    if (!query.bounded || bounds == null || screen == null || groups <= 2 * SEEDS) {
      return;
    }
    ScreenLayout layout = screen.layout();
    Arrays.fill(cuts, Float.NEGATIVE_INFINITY);
    largest.reset(SEEDS);
    for (int first = 0; first < groups; first += CHILDREN) {
      KERNELS.bounds(
          screen.segment(),
          layout.supergroupOffset(first / CHILDREN),
          layout.dimensions(),
          bounds.y,
          0,
          bounds.byRadiusAlone(),
          bounds.boundSlack,
          cuts,
          childBounds,
          0);
      int end = Math.min(CHILDREN, groups - first);
      for (int child = 0; child < end; child++) {
        if (childBounds[child] > largest.threshold()) {
          largest.offer(first + child, childBounds[child]);
        }
      }
    }
    query.seedCount = largest.drain(query.seeds, seedBounds);
  }

  private static boolean isSeed(Query query, int group) {
    for (int i = 0; i < query.seedCount; i++) {
      if (query.seeds[i] == group) {
        return true;
      }
    }
    return false;
  }

  private void update(Query query, int number) {
    float threshold = query.best.threshold();
    reach[number] = threshold;
    ScreenQuery bounds = query.bounds;
    query.cut = query.bounded && bounds != null ? bounds.cut(threshold) : Float.NEGATIVE_INFINITY;
  }

  private int leafCount() {
    return (int) ((rows.rows() + (LEAF - 1L)) / LEAF);
  }

  private void searchTable(int count) {
    int groups = (leafCount() + CHILDREN - 1) / CHILDREN;
    boolean seeded = false;
    for (int i = 0; i < count; i++) {
      findSeeds(queries[i], groups);
      seeded |= queries[i].seedCount > 0;
    }
    for (int group = 0; seeded && group < groups; group++) {
      for (int i = 0; i < count; i++) {
        leaves[i] = isSeed(queries[i], group) ? alive(queries[i], false, group) : 0;
      }
      searchGroup(group, count);
    }
    for (int group = 0; group < groups; group++) {
      int bit = 1 << (group % CHILDREN);
      for (int i = 0; i < count; i++) {
        Query query = queries[i];
        if (bit == 1) {
          query.groups = alive(query, true, group / CHILDREN);
        }
        leaves[i] =
            (query.groups & bit) != 0 && !isSeed(query, group) ? alive(query, false, group) : 0;
      }
      searchGroup(group, count);
    }
  }

  /** Which children of a node may hold a row that reaches the query's threshold. */
  private int alive(Query query, boolean supergroup, int number) {
    ScreenQuery bounds = query.bounds;
    if (query.best.limit() == 0) {
      return 0;
    }
    if (!query.bounded
        || bounds == null
        || screen == null
        || query.cut == Float.NEGATIVE_INFINITY) {
      return ALL_CHILDREN;
    }
    ScreenLayout layout = screen.layout();
    Arrays.fill(cuts, query.cut);
    return KERNELS.bounds(
        screen.segment(),
        supergroup ? layout.supergroupOffset(number) : layout.groupOffset(number),
        layout.dimensions(),
        bounds.y,
        bounds.byThreshold(query.cut),
        bounds.byRadius(query.cut),
        bounds.boundSlack,
        cuts,
        childBounds,
        0);
  }

  /** Searches the leaves of a group, each for the queries that it is alive for. */
  private void searchGroup(int group, int count) {
    int any = 0;
    for (int i = 0; i < count; i++) {
      any |= leaves[i];
    }
    int present = leafCount() - group * CHILDREN;
    any &= present >= CHILDREN ? ALL_CHILDREN : (1 << present) - 1;
    for (; any != 0; any &= any - 1) {
      int child = Integer.numberOfTrailingZeros(any);
      alivePairs = 0;
      for (int i = 0; i < count; i++) {
        // Stored whether it counts or not, as the processor cannot guess.
        alive[alivePairs] = i;
        alivePairs += (leaves[i] >> child) & 1;
      }
      searchLeaf(group * CHILDREN + child);
    }
  }

  private void searchLeaf(int leaf) {
    int first = leaf * LEAF;
    int size = Math.min(LEAF, rows.rows() - first);
    fillBlock(first, size);
    long present = -1L >>> (LEAF - size);
    // The last few queries are filled up with one of them, whose result is then not looked at.
    for (int i = 0; i < AT_ONCE; i++) {
      alive[alivePairs + i] = alive[alivePairs - 1];
    }
    for (int at = 0; at < alivePairs; at += AT_ONCE) {
      for (int i = 0; i < AT_ONCE; i++) {
        int query = alive[at + i];
        starts[i] = query * rows.length();
        thresholds[i] = reach[query];
      }
      KERNELS.scoreBlock(block, rows.length(), packed, starts, thresholds, scores, reached);
      int end = Math.min(AT_ONCE, alivePairs - at);
      for (int i = 0; i < end; i++) {
        long bits = reached[i] & present;
        if (bits != 0) {
          offer(alive[at + i], bits, i * LEAF);
        }
      }
    }
    scored += (long) alivePairs * size;
  }

  private void offer(int number, long bits, int from) {
    Query query = queries[number];
    for (long rest = bits; rest != 0; rest &= rest - 1) {
      int place = Long.numberOfTrailingZeros(rest);
      float score = scores[from + place];
      if (score >= query.best.threshold() && query.request.acceptsOfTable(leafRows[place])) {
        query.best.offer(leafRows[place], score);
      }
    }
    if (query.best.threshold() > reach[number]) {
      update(query, number);
    }
  }

  /** Writes the rows of a leaf number by number; what is past the last row stays as it was. */
  private void fillBlock(int first, int size) {
    for (int i = 0; i < size; i++) {
      leafRows[i] = screen == null ? first + i : screen.index(first + i);
    }
    KERNELS.fillBlock(rows.segment(), rows.length(), leafRows, size, scratch, block);
  }
}
