package femto.tools.ads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.model.Field;
import femto.model.Side;
import femto.tools.stream.Event;
import femto.tools.stream.EventReader;
import femto.tools.stream.OnBadRow;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdStreamTest {
  private static final AdOptions PLAIN = new AdOptions(1, 1, false, false);
  private static final AdOptions APART = new AdOptions(1, 1, false, true);

  private static byte[] bytes(AdOptions options, long rows) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(new AdStream(options).write(out, rows, 0, () -> false)).isEqualTo(rows);
    return out.toByteArray();
  }

  private static void read(byte[] stream, Consumer<Event> consumer) throws IOException {
    try (EventReader reader =
        EventReader.of(new ByteArrayInputStream(stream), "ads", OnBadRow.STOP)) {
      Event event = new Event();
      while (reader.next(event, Duration.ofSeconds(10))) {
        consumer.accept(event);
      }
      assertThat(reader.isEnded()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"false,false", "true,false", "false,true", "true,true"})
  void shouldBeTheSameBytesForOneSeedAndOthersForAnother(boolean wide, boolean apart)
      throws IOException {
    byte[] one = bytes(new AdOptions(7, 1, wide, apart), 5000);
    assertThat(bytes(new AdOptions(7, 1, wide, apart), 5000)).isEqualTo(one);
    assertThat(bytes(new AdOptions(8, 1, wide, apart), 5000)).isNotEqualTo(one);
    assertThat(bytes(new AdOptions(7, 2, wide, apart), 5000)).isNotEqualTo(one);
    // A shorter stream is the beginning of a longer one.
    byte[] shorter = bytes(new AdOptions(7, 1, wide, apart), 1000);
    assertThat(java.util.Arrays.copyOf(one, shorter.length)).isEqualTo(shorter);
  }

  /** Any machine and JVM must come to this. */
  @Test
  void shouldBeTheBytesThatItAlwaysWas() throws IOException {
    java.util.zip.CRC32C sum = new java.util.zip.CRC32C();
    sum.update(bytes(new AdOptions(1, 1, true, true), 20_000));
    assertThat(Long.toHexString(sum.getValue())).isEqualTo("7ec8a639");
  }

  @Test
  void shouldHaveTenFieldsOrAsManyAsCriteo() {
    List<Field> ten = new AdStream(PLAIN).schema().fields();
    assertThat(ten).hasSize(10);
    assertThat(ten.stream().filter(field -> field.side() == Side.CANDIDATE)).hasSize(5);
    List<Field> wide = new AdStream(new AdOptions(1, 1, true, false)).schema().fields();
    assertThat(wide).hasSize(39).startsWith(ten.toArray(Field[]::new));
    assertThat(wide.stream().filter(field -> field.encoding() == Field.Encoding.BUCKET))
        .hasSize(13);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void shouldClickAsOftenAsItsTruthSays(long seed) throws IOException {
    double[] sums = new double[4];
    long[] times = {Long.MIN_VALUE, 0};
    read(
        bytes(new AdOptions(seed, 1, false, false), 200_000),
        event -> {
          double p = event.probability();
          sums[0]++;
          sums[1] += event.label();
          sums[2] += p;
          sums[3] += p * (1 - p);
          assertThat(event.time()).isGreaterThanOrEqualTo(times[0]);
          times[0] = event.time();
        });
    assertThat(sums[0]).isEqualTo(200_000);
    assertThat(sums[1]).isCloseTo(sums[2], within(4 * Math.sqrt(sums[3])));
    assertThat(sums[1] / sums[0]).isBetween(0.01, 0.06);
    // About a fifth of a day: the first hours are neither the busiest nor the quietest.
    assertThat(times[0] - AdWorld.FIRST_TIME).isBetween(AdWorld.DAY / 6, AdWorld.DAY / 4);
  }

  /** In each of ten parts by the truth, not only on the whole. */
  @Test
  void shouldBeCalibratedEverywhere() throws IOException {
    double[][] sums = new double[10][4];
    read(
        bytes(new AdOptions(5, 4, true, false), 200_000),
        event -> {
          double p = event.probability();
          double[] part = sums[(int) Math.clamp(10 + Math.log(p) * 2 - Math.log(0.2) * 2, 0, 9)];
          part[0]++;
          part[1] += event.label();
          part[2] += p;
          part[3] += p * (1 - p);
        });
    for (double[] part : sums) {
      assertThat(part[0]).isPositive();
      assertThat(part[1]).isCloseTo(part[2], within(4 * Math.sqrt(part[3]) + 1));
    }
  }

  private static void run(AdWorld world, int impressions) {
    for (int i = 0; i < impressions; i++) {
      world.next();
    }
  }

  @Test
  void shouldKeepTheTruthWithoutDrift() {
    AdWorld world = new AdWorld(new AdOptions(3, 0, false, false));
    double[][] before = world.campaignWeights();
    Map<String, Double> seen = new HashMap<>();
    int repeated = 0;
    for (int i = 0; i < 100_000; i++) {
      world.next();
      // The probability is a function of the features.
      AsciiRow row = new AsciiRow();
      world.writeFields(row);
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      try {
        row.end(text);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Double known =
          seen.putIfAbsent(text.toString(StandardCharsets.US_ASCII), world.probability());
      if (known != null) {
        repeated++;
        assertThat(world.probability()).isEqualTo(known);
      }
    }
    assertThat(repeated).isGreaterThan(20);
    assertThat(world.campaignWeights()).isDeepEqualTo(before);
  }

  @Test
  void shouldMoveTheTruthAndKeepItsSpread() {
    double[] correlations = new double[2];
    double squares = 0;
    int count = 0;
    for (long seed = 1; seed <= 5; seed++) {
      AdWorld world = new AdWorld(new AdOptions(seed, 10, false, false));
      double[] first = world.campaignWeights()[0];
      long start = world.time();
      run(world, 100_000);
      double[] second = world.campaignWeights()[0];
      double expected = Math.exp(-10.0 * (world.time() - start) / AdWorld.DAY);
      double product = 0;
      for (int i = 0; i < first.length; i++) {
        product += first[i] * second[i];
        squares += second[i] * second[i];
        count++;
      }
      correlations[0] += product / first.length / square(AdWorld.campaignBiasDeviation()) / 5;
      correlations[1] += expected / 5;
    }
    // Five times 200 campaigns: four standard errors, which are sqrt((1 + r^2) / 1000) and
    // sqrt(2 / 1000).
    assertThat(correlations[1]).isBetween(0.1, 0.6);
    assertThat(correlations[0]).isCloseTo(correlations[1], within(4 * Math.sqrt(1.4 / 1000)));
    assertThat(squares / count / square(AdWorld.campaignBiasDeviation()))
        .isCloseTo(1, within(4 * Math.sqrt(2.0 / 1000)));
  }

  private static double square(double x) {
    return x * x;
  }

  @Test
  void shouldStepExactlyHoweverOften() {
    femto.tools.data.Draws draws = new femto.tools.data.Draws(11);
    for (int steps : new int[] {1, 20}) {
      double product = 0;
      double square = 0;
      int count = 20_000;
      for (int i = 0; i < count; i++) {
        Drifting weights = new Drifting(draws, 2, 1, 0, 0);
        double before = weights.bias;
        for (int step = 1; step <= steps; step++) {
          weights.advance(draws, step * 1000L / steps, 0.0005);
        }
        product += before * weights.bias;
        square += weights.bias * weights.bias;
      }
      assertThat(product / count / 4).isCloseTo(Math.exp(-0.5), within(4 * Math.sqrt(1.4 / count)));
      assertThat(square / count / 4).isCloseTo(1, within(4 * Math.sqrt(2.0 / count)));
    }
  }

  @Test
  void shouldBringNewAdsAndUsersAndRetireOldOnes() {
    AdWorld world = new AdWorld(new AdOptions(1, 20, false, false));
    Set<String> firstAds = new HashSet<>();
    Set<String> firstUsers = new HashSet<>();
    Set<String> lastAds = new HashSet<>();
    int returned = 0;
    for (int i = 0; i < 300_000; i++) {
      world.next();
      if (i < 50_000) {
        firstAds.add(world.adName());
        firstUsers.add(world.userName());
      } else if (i >= 250_000) {
        lastAds.add(world.adName());
        returned += firstUsers.contains(world.userName()) ? 1 : 0;
      }
    }
    long stayed = lastAds.stream().filter(firstAds::contains).count();
    assertThat(stayed).isBetween(1L, lastAds.size() / 2L);
    assertThat(returned).isBetween(5000, 45_000);
  }

  @Test
  void shouldTellTheSameOfClicksApart() throws IOException {
    Map<Long, Double> probabilities = new HashMap<>();
    Map<Long, Long> impressions = new HashMap<>();
    Map<Long, Long> clicks = new HashMap<>();
    Set<Long> clickTimes = new HashSet<>();
    long[] last = {Long.MIN_VALUE};
    double[] delays = {0};
    read(
        bytes(APART, 100_000),
        event -> {
          assertThat(event.time()).isGreaterThanOrEqualTo(last[0]);
          last[0] = event.time();
          if (event.kind() == Event.Kind.CLICK) {
            assertThat(impressions).containsKey(event.id());
            assertThat(clicks.put(event.id(), event.time())).isNull();
            delays[0] += event.time() - impressions.getOrDefault(event.id(), Long.MAX_VALUE);
          } else {
            assertThat(event.kind()).isEqualTo(Event.Kind.IMPRESSION);
            assertThat(impressions.put(event.id(), event.time())).isNull();
            probabilities.put(event.id(), event.probability());
          }
        });
    // Labelled, it is the same world.
    long[] row = {0};
    int[] cut = {0};
    read(
        bytes(PLAIN, impressions.size()),
        event -> {
          long id = ++row[0];
          assertThat(impressions).containsEntry(id, event.time());
          assertThat(probabilities).containsEntry(id, event.probability());
          if (event.label() == 0) {
            assertThat(clicks).doesNotContainKey(id);
          } else if (!clicks.containsKey(id)) {
            cut[0]++;
            clickTimes.add(event.time());
          }
        });
    // Those to come when the stream was cut; an exponential delay of mean 120 seconds.
    assertThat(cut[0]).isBetween(1, 200);
    assertThat(clickTimes).allMatch(time -> last[0] - time < 20 * 120_000);
    assertThat(delays[0] / clicks.size())
        .isCloseTo(120_000, within(4 * 120_000 / Math.sqrt(clicks.size())));
  }

  /** Takes no more than whole lines, and counts how often it is flushed. */
  private static final class Lines extends OutputStream {
    private final AtomicInteger flushes = new AtomicInteger();
    private long lines;

    @Override
    public void write(int one) {
      throw new IllegalStateException("a single byte");
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      assertThat(bytes[from + length - 1]).isEqualTo((byte) '\n');
      for (int i = from; i < from + length; i++) {
        lines += bytes[i] == '\n' ? 1 : 0;
      }
    }

    @Override
    public void flush() {
      flushes.incrementAndGet();
    }
  }

  @Test
  void shouldWriteWholeLinesSoonAtTheRateWanted() throws IOException {
    Lines lines = new Lines();
    long start = System.nanoTime();
    assertThat(new AdStream(PLAIN).write(lines, 41, 100, () -> false)).isEqualTo(41);
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(400_000_000);
    assertThat(lines.lines).isEqualTo(42);
    assertThat(lines.flushes.get()).isGreaterThanOrEqualTo(8);
    Lines many = new Lines();
    new AdStream(PLAIN).write(many, 20_000, 0, () -> false);
    assertThat(many.lines).isEqualTo(20_001);
  }

  @Test
  void shouldEndWhenAsked() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    Lines lines = new Lines();
    assertThat(new AdStream(PLAIN).write(lines, 0, 0, () -> asked.incrementAndGet() > 1000))
        .isEqualTo(1000);
    assertThat(lines.lines).isEqualTo(1001);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, 1001, Double.NaN, Double.POSITIVE_INFINITY})
  void shouldRefuseADriftOutOfRange(double drift) {
    assertThatThrownBy(() -> new AdOptions(1, drift, false, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("drift=", "expected 0 to 1000");
  }
}
