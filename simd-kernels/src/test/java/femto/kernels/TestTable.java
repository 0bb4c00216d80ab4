package femto.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The same numbers twice: as plain arrays for the oracle, and as a table in a segment that ends at
 * its last byte for the product.
 *
 * @param rows the rows; the bias first, then the factors
 * @param length factors a row
 * @param table the product's table
 */
record TestTable(float[][] rows, int length, RowTable table) {
  static TestTable of(float[][] rows, int length) {
    MemorySegment segment =
        Arena.ofAuto().allocate(new RowLayout(length).tableBytes(rows.length), 4);
    RowTable table = RowTable.over(segment, rows.length, length);
    for (int row = 0; row < rows.length; row++) {
      table.setRow(row, rows[row][0], Arrays.copyOfRange(rows[row], 1, length + 1));
    }
    return new TestTable(rows, length, table);
  }

  static TestTable of(Kind kind, int rows, int length, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[][] numbers = new float[rows][length + 1];
    for (int row = 0; row < rows; row++) {
      kind.filler.fill(random, row, numbers[row]);
    }
    return of(numbers, length);
  }

  int size() {
    return rows.length;
  }

  Screen screen() {
    ScreenLayout layout = new ScreenLayout(rows.length, length);
    return Screen.build(table, Arena.ofAuto().allocate(layout.bytes(), 64));
  }

  private interface Filler {
    void fill(SplittableRandom random, int row, float[] numbers);
  }

  private interface Entry {
    double next(SplittableRandom random, int row, int column);
  }

  private static Filler each(Entry entry) {
    return (random, row, numbers) -> {
      for (int d = 0; d < numbers.length; d++) {
        numbers[d] = (float) entry.next(random, row, d);
      }
    };
  }

  private static double studentT3(SplittableRandom random) {
    double chiSquared = 0;
    for (int i = 0; i < 3; i++) {
      chiSquared += Math.pow(random.nextGaussian(), 2);
    }
    return random.nextGaussian() / Math.sqrt(chiSquared / 3 + 1e-9);
  }

  /** One of seven points; every other row is exactly that point, the others are near it. */
  private static void fillCluster(SplittableRandom random, int row, float[] numbers) {
    SplittableRandom center = new SplittableRandom(random.nextInt(7));
    double deviation = row % 2 == 0 ? 0 : 1e-4;
    for (int d = 0; d < numbers.length; d++) {
      numbers[d] = (float) (center.nextGaussian() + deviation * random.nextGaussian());
    }
  }

  /** What the numbers of a table are like. */
  @SuppressWarnings("ImmutableEnumChecker") // the lambdas hold nothing
  enum Kind {
    GAUSSIAN(each((random, row, d) -> random.nextGaussian())),
    LOG_NORMAL(each((random, row, d) -> Math.exp(1.5 * random.nextGaussian()))),
    STUDENT_T(each((random, row, d) -> studentT3(random))),
    ALL_EQUAL(each((random, row, d) -> Math.sin(1.0 + d))),
    TWO_VALUES(each((random, row, d) -> (row * 7 / 3) % 2 == 0 ? Math.sin(1.0 + d) : 0.75)),
    NEAR_TIES(each((random, row, d) -> 1 + random.nextInt(2) * 0x1p-23)),
    HUGE_FACTOR(each((random, row, d) -> d == 1 && row % 7 == 3 ? 1e15f : random.nextGaussian())),
    DENORMAL(each((random, row, d) -> 1e-41 * random.nextGaussian())),
    UNDERFLOWING(
        each((random, row, d) -> (d == 0 ? 0x1p-148 : 0x1p-74) * (1 + random.nextInt(9)) / 4)),
    UNDERFLOWING_WITHOUT_BIAS(each((random, row, d) -> d == 0 ? 0 : 1e-37 * random.nextGaussian())),
    ZEROS(each((random, row, d) -> 0)),
    MINUS_ZEROS(each((random, row, d) -> -0.0)),
    ZEROS_OF_BOTH_SIGNS(each((random, row, d) -> random.nextBoolean() ? -0.0 : 0.0)),
    ALTERNATING(
        each((random, row, d) -> Math.abs(random.nextGaussian()) * (1 - 2 * ((row + d) % 2)))),
    CONSTANT_COLUMN(each((random, row, d) -> d == 1 ? 3 : random.nextGaussian())),
    HUGE_OFFSET(each((random, row, d) -> 1000 + 1e-3 * random.nextGaussian())),
    CLUSTERED(TestTable::fillCluster),
    OUTLIER(each((random, row, d) -> (row == 40 ? 1e6 : 1) * random.nextGaussian())),
    SPREAD(each((random, row, d) -> random.nextGaussian() * Math.pow(10, row % 19 - 9)));

    private final Filler filler;

    Kind(Filler filler) {
      this.filler = filler;
    }
  }

  /** What the numbers of a query are like. */
  @SuppressWarnings("ImmutableEnumChecker") // the lambdas hold nothing
  enum QueryKind {
    GAUSSIAN((random, row, f) -> random.nextGaussian()),
    ZERO((random, row, f) -> 0),
    DENORMAL((random, row, f) -> 1e-42 * random.nextGaussian()),
    UNDERFLOWING((random, row, f) -> 0x1p-75 * (1 + random.nextInt(5))),
    TINY((random, row, f) -> 1e-7 * random.nextGaussian()),
    HUGE((random, row, f) -> random.nextBoolean() ? 1e15f : -1e15f),
    ONE_HOT((random, row, f) -> f == 2 ? -1.5 : 0),
    ALTERNATING((random, row, f) -> f % 2 == 0 ? 1.25 : -1.25);

    private final Entry entry;

    QueryKind(Entry entry) {
      this.entry = entry;
    }

    float[] query(int length, SplittableRandom random) {
      float[] query = new float[length];
      for (int f = 0; f < length; f++) {
        query[f] = (float) entry.next(random, 0, f);
      }
      return query;
    }
  }
}
