package femto.kernels;

import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import femto.kernels.TopRequest.Method;
import java.util.SplittableRandom;
import java.util.concurrent.ForkJoinPool;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Searches of tables that nobody would think of. */
class TopSearchPropertiesTest {
  private static final float[] NUMBERS = {
    0f,
    -0.0f,
    1f,
    -1f,
    0x1.000002p0f,
    3f,
    1e15f,
    -1e15f,
    1e-15f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    1e-38f,
    1e-20f,
    0x1p-75f,
    0x1p-74f,
    1000f,
    1000.0001f,
    1e7f,
    -1e7f,
    0.1f,
    255f,
    256f
  };

  @Provide
  Arbitrary<float[]> numbers() {
    Arbitrary<Float> special = Arbitraries.of(boxed());
    Arbitrary<Float> any = Arbitraries.floats().between(-1e15f, 1e15f);
    return Arbitraries.oneOf(special, special, any)
        .array(Float[].class)
        .ofMinSize(1)
        .ofMaxSize(12)
        .map(TopSearchPropertiesTest::unboxed);
  }

  private static Float[] boxed() {
    Float[] boxed = new Float[NUMBERS.length];
    for (int i = 0; i < boxed.length; i++) {
      boxed[i] = NUMBERS[i];
    }
    return boxed;
  }

  private static float[] unboxed(Float[] boxed) {
    float[] floats = new float[boxed.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = boxed[i];
    }
    return floats;
  }

  private static float[] pick(float[] from, int count, SplittableRandom random) {
    float[] picked = new float[count];
    for (int i = 0; i < count; i++) {
      picked[i] = from[random.nextInt(from.length)];
    }
    return picked;
  }

  private static void assertExact(TestTable table, SearchCase wanted, int parts) {
    Screen screen = table.screen();
    TopRequest request = wanted.request(screen);
    int[] indexes = new int[wanted.k()];
    float[] values = new float[wanted.k()];
    float[] expected = wanted.values(table);
    int found = new TopSearch(table.table(), screen).top(request, indexes, values);
    wanted.assertFound(expected, found, indexes, values);
    found =
        new ParallelTopSearch(table.table(), screen, parts)
            .top(request, ForkJoinPool.commonPool(), indexes, values);
    wanted.assertFound(expected, found, indexes, values);
  }

  @Property(tries = 150)
  void shouldFindWhatSortingFindsInTablesOfAFewNumbers(
      @ForAll("numbers") float[] ofTable,
      @ForAll("numbers") float[] ofQuery,
      @ForAll @IntRange(max = 2500) int rows,
      @ForAll @IntRange(max = 20) int length,
      @ForAll @IntRange(max = 40) int k,
      @ForAll Method method,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[][] numbers = new float[rows][];
    for (int row = 0; row < rows; row++) {
      numbers[row] = pick(ofTable, length + 1, random);
    }
    SearchCase wanted = SearchCase.by(method, pick(ofQuery, length, random), k);
    assertExact(TestTable.of(numbers, length), wanted, 1 + random.nextInt(4));
  }

  @Property(tries = 150)
  void shouldFindWhatSortingFindsForAnyRequest(
      @ForAll Kind kind,
      @ForAll QueryKind query,
      @ForAll @IntRange(max = 3000) int rows,
      @ForAll @IntRange(max = 40) int length,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    TestTable table = TestTable.of(kind, rows, length, seed);
    SearchCase any = SearchCase.random(random, table);
    SearchCase wanted =
        new SearchCase(
            query.query(length, random),
            any.k(),
            random.nextBoolean() ? Method.SCREEN : Method.PLAIN,
            any.selected(),
            any.excluded(),
            any.bids(),
            any.ceilings(),
            any.constant());
    assertExact(table, wanted, 1 + random.nextInt(4));
  }
}
