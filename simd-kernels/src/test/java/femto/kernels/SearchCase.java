package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import femto.kernels.TestTable.QueryKind;
import femto.kernels.TopRequest.Method;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What to search for, as plain values: told to the product as a {@link TopRequest}, and answered by
 * sorting.
 *
 * @param query the query
 * @param k how many rows
 * @param method how to search
 * @param selected bitmap of the selection, or null
 * @param excluded bitmap of what is left out, or null
 * @param bids the bids, or null to order by score
 * @param ceilings whether the bids know the screen
 * @param constant goes with the bids
 */
record SearchCase(
    float[] query,
    int k,
    Method method,
    long @Nullable [] selected,
    long @Nullable [] excluded,
    float @Nullable [] bids,
    boolean ceilings,
    float constant) {

  private static final float[] CONSTANTS = {0, -3, 5, -30, 30, 100, -100, 1e-20f, 1e15f, -1e15f};

  /** Parts of the bits that a bitmap has set. */
  private static final double[] SHARES = {0, 0.01, 0.5, 0.9};

  static SearchCase by(Method method, float[] query, int k) {
    return new SearchCase(query, k, method, null, null, null, false, 0);
  }

  SearchCase with(float[] newBids, boolean newCeilings, float newConstant) {
    return new SearchCase(query, k, method, selected, excluded, newBids, newCeilings, newConstant);
  }

  SearchCase among(long @Nullable [] newSelected, long @Nullable [] newExcluded) {
    return new SearchCase(query, k, method, newSelected, newExcluded, bids, ceilings, constant);
  }

  static SearchCase random(SplittableRandom random, TestTable table) {
    int rows = table.size();
    int[] ks = {0, 1, 1, 10, 10, 100, 100, 1000, rows, rows + 5, rows / 2};
    QueryKind[] kinds = QueryKind.values();
    // Half of the queries are plain ones, and half of the requests have no filter.
    QueryKind kind =
        random.nextBoolean() ? QueryKind.GAUSSIAN : kinds[random.nextInt(kinds.length)];
    Method[] methods = Method.values();
    BidKind[] bidKinds = BidKind.values();
    int bidCount = random.nextInt(5) == 0 ? random.nextInt(rows + 1) : rows + random.nextInt(3);
    return new SearchCase(
        kind.query(table.length(), random),
        ks[random.nextInt(ks.length)],
        methods[random.nextInt(methods.length)],
        random.nextBoolean() ? null : bitmap(random, rows),
        random.nextBoolean() ? null : bitmap(random, rows),
        random.nextBoolean()
            ? null
            : bidKinds[random.nextInt(bidKinds.length)].bids(bidCount, random),
        random.nextBoolean(),
        CONSTANTS[random.nextInt(CONSTANTS.length)]);
  }

  /** Empty, one bit, sparse, dense or full; as long as the table, shorter or longer. */
  static long[] bitmap(SplittableRandom random, int rows) {
    int words = (rows + 63) / 64;
    int[] lengths = {words, words, words, words / 2, words + 2, 0};
    long[] bits = new long[lengths[random.nextInt(lengths.length)]];
    int density = random.nextInt(5);
    for (int word = 0; word < bits.length; word++) {
      bits[word] = density == 4 ? -1 : 0;
      for (int bit = 0; bit < 64 && density < 4; bit++) {
        bits[word] |= (long) (random.nextDouble() < SHARES[density] ? 1 : 0) << bit;
      }
    }
    if (density == 0 && bits.length > 0) {
      bits[random.nextInt(bits.length)] = 1L << random.nextInt(64);
    }
    return bits;
  }

  private static boolean isSet(long[] bits, int index) {
    return index / 64 < bits.length && ((bits[index / 64] >> (index % 64)) & 1) == 1;
  }

  boolean mayBeFound(int index) {
    return (selected == null || isSet(selected, index))
        && (excluded == null || !isSet(excluded, index))
        && (bids == null || index < bids.length);
  }

  TopRequest request(@Nullable Screen screen) {
    TopRequest request = new TopRequest().reset(query, k).by(method).excluding(excluded);
    if (selected != null) {
      request.among(Selection.copyOf(selected));
    }
    if (bids != null) {
      Bids copy = ceilings && screen != null ? Bids.copyOf(bids, screen) : Bids.copyOf(bids);
      request.byExpectedValue(copy, constant);
    }
    return request;
  }

  /** What each row is ordered by. */
  float[] values(TestTable table) {
    return values(Oracle.chains(table.rows(), query));
  }

  /** What rows of these scores are ordered by. */
  float[] values(float[] scores) {
    if (bids != null) {
      for (int i = 0; i < scores.length; i++) {
        float bid = i < bids.length ? bids[i] + 0f : 0;
        scores[i] = bid * Sigmoid.of(constant + scores[i]);
      }
    }
    return scores;
  }

  /** Fails unless what was found is what sorting all rows finds. */
  void assertFound(float[] values, int found, int[] indexes, float[] foundValues) {
    int[] expected = Oracle.top(values, this::mayBeFound, k);
    if (found != expected.length || !Arrays.equals(indexes, 0, found, expected, 0, found)) {
      assertThat(Arrays.copyOf(indexes, found)).as("%s", this).isEqualTo(expected);
    }
    for (int rank = 0; rank < found; rank++) {
      Bits.assertSame(foundValues[rank], values[expected[rank]], "value", rank);
    }
  }

  @Override
  public String toString() {
    return "k=%d method=%s selected=%s excluded=%s bids=%s ceilings=%s constant=%s query=%s"
        .formatted(
            k,
            method,
            selected == null ? "all" : selected.length + " words",
            excluded == null ? "none" : excluded.length + " words",
            bids == null ? "none" : bids.length + ", first " + first(bids),
            ceilings,
            constant,
            first(query));
  }

  private static String first(float[] numbers) {
    return Arrays.toString(Arrays.copyOf(numbers, Math.min(4, numbers.length)));
  }

  private interface Bid {
    double next(SplittableRandom random);
  }

  /** What the bids are like. */
  @SuppressWarnings("ImmutableEnumChecker") // the lambdas hold nothing
  enum BidKind {
    EQUAL(random -> 0.3),
    RANDOM(SplittableRandom::nextDouble),
    HEAVY_TAILED(random -> Math.min(1e14, Math.pow(random.nextDouble() + 1e-9, -2))),
    ZEROS(random -> 0),
    ZEROS_OF_BOTH_SIGNS(random -> random.nextBoolean() ? -0.0 : 0.0),
    MOSTLY_ZEROS(random -> random.nextInt(50) == 0 ? 2 : -0.0),
    GREATEST(random -> Bids.MAX_BID),
    SMALL_INTEGERS(random -> random.nextInt(4)),
    DENORMAL(random -> random.nextInt(12) * (double) Float.MIN_VALUE),
    LEAST_NORMAL(random -> random.nextDouble() * 3e-38),
    OF_EVERY_SIZE(random -> Math.pow(10, random.nextInt(-44, 15)));

    private final Bid bid;

    BidKind(Bid bid) {
      this.bid = bid;
    }

    float[] bids(int count, SplittableRandom random) {
      float[] bids = new float[count];
      for (int i = 0; i < count; i++) {
        bids[i] = (float) bid.next(random);
      }
      return bids;
    }
  }
}
