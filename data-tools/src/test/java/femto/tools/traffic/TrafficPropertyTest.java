package femto.tools.traffic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.tools.experiment.Interval;
import femto.tools.experiment.Mean;
import femto.tools.experiment.Rate;
import femto.tools.stream.OnBadRow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

class TrafficPropertyTest {
  /** A log as bytes, and what each of its rows says or how it is broken. */
  private record Log(byte[] bytes, List<LiteralTraffic.Row> rows) {}

  private static final class Writer {
    private final Random random;
    private final List<String> columns = new ArrayList<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<LiteralTraffic.Row> rows = new ArrayList<>();

    Writer(long seed) {
      random = new Random(seed);
    }

    Log write(int count) {
      for (Column column : Column.values()) {
        if (column.isRequired() || random.nextInt(5) > 0) {
          columns.add(column.toString());
        }
      }
      if (random.nextBoolean()) {
        columns.add("page");
      }
      Collections.shuffle(columns, random);
      bytes.writeBytes((String.join(",", columns) + "\n").getBytes(UTF_8));
      for (int i = 0; i < count; i++) {
        boolean again = i > 0 && random.nextInt(12) == 0;
        Map<String, String> cells =
            again ? new LinkedHashMap<>(rows.get(random.nextInt(i)).cells()) : cells();
        writeRow(cells);
      }
      return new Log(bytes.toByteArray(), rows);
    }

    private Map<String, String> cells() {
      Map<String, String> cells = new LinkedHashMap<>();
      String event = pick("impression", "impression", "impression", "view", "click", "conversion");
      // Few ids and times, so that everything meets everything.
      int id = random.nextInt(30);
      put(cells, "time", time());
      put(cells, "event", random.nextInt(40) == 0 ? pick("", "Click", "impressions") : event);
      put(cells, "id", random.nextInt(60) == 0 ? "" : "i" + id);
      put(cells, "user", random.nextInt(20) == 0 ? pick("", "zoe") : "user " + id % 7);
      put(cells, "item", pick("", "film, part 2", "\u6f22\u5b57", "a \"b\"", "c"));
      put(cells, "session", pick("", "1", "2"));
      put(cells, "dwell", dwell());
      put(cells, "arm", event.equals("impression") ? pick("", "A", "B") : pick("", "", "", "A"));
      put(cells, "page", pick("", "x"));
      return cells;
    }

    private void put(Map<String, String> cells, String column, String value) {
      if (columns.contains(column)) {
        cells.put(column, value);
      }
    }

    private String time() {
      int millis = random.nextInt(40_000);
      return switch (random.nextInt(30)) {
        case 0 -> pick("", "now", "1767225600045", "1.", "-", "0x10", "1e", "2026-01-01", " 1");
        case 1, 2, 3 -> Instant.ofEpochMilli(millis).toString();
        case 4 -> "-" + millis / 1000.0;
        case 5 -> millis / 1000 + "e0";
        case 6, 7, 8, 9 -> Double.toString(millis / 1000.0);
        default -> Integer.toString(millis / 1000);
      };
    }

    private String dwell() {
      return switch (random.nextInt(20)) {
        case 0 -> pick("-1", "-0.5", "long", "Infinity", "3,5");
        case 1, 2, 3, 4, 5 -> "";
        case 6, 7 -> random.nextInt(100) / 10.0 + "";
        default -> Integer.toString(random.nextInt(20));
      };
    }

    private String pick(String... of) {
      return of[random.nextInt(of.length)];
    }

    private void writeRow(Map<String, String> cells) {
      StringBuilder text = new StringBuilder();
      for (String column : columns) {
        String cell = cells.getOrDefault(column, "");
        boolean quoted = cell.matches(".*[,\"].*") || random.nextInt(10) == 0;
        text.append(text.isEmpty() && column.equals(columns.get(0)) ? "" : ",")
            .append(quoted ? '"' + cell.replace("\"", "\"\"") + '"' : cell);
      }
      byte[] row = text.toString().getBytes(UTF_8);
      Breakage broken = null;
      if (random.nextInt(25) == 0) {
        switch (random.nextInt(6)) {
          case 0 -> {
            row = insert(row, new byte[] {0});
            broken = Breakage.NUL_BYTE;
          }
          case 1 -> {
            row = "K\u00fcche".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
            broken = Breakage.LATIN_1;
          }
          case 2 -> {
            row = insert(row, new byte[] {(byte) 0xff, (byte) 0x80});
            broken = Breakage.MALFORMED_UTF_8;
          }
          case 3 -> {
            row = (text + ",\"open").getBytes(UTF_8);
            broken = Breakage.BROKEN_QUOTES;
          }
          case 4 -> {
            row = (text + ",").getBytes(UTF_8);
            broken = Breakage.WRONG_NUMBER_OF_FIELDS;
          }
          default -> {
            row = ("y".repeat(5000) + "," + text).getBytes(UTF_8);
            broken = Breakage.OVER_LONG;
          }
        }
      }
      bytes.writeBytes(row);
      bytes.writeBytes((random.nextBoolean() ? "\n" : "\r\n").getBytes(UTF_8));
      rows.add(new LiteralTraffic.Row(rows.size() + 2L, cells, broken));
    }

    private byte[] insert(byte[] row, byte[] what) {
      int at = 0; // a place between characters
      byte[] longer = Arrays.copyOf(what, what.length + row.length);
      System.arraycopy(row, at, longer, what.length, row.length);
      return longer;
    }
  }

  @Property(tries = 400)
  void shouldDoWhatTheSpecificationSays(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 250) int rows) throws IOException {
    Log written = new Writer(seed).write(rows);
    Random random = new Random(seed);
    Settings settings =
        new Settings(
            Duration.ofSeconds(random.nextInt(30)),
            Duration.ofSeconds(random.nextInt(12)),
            Duration.ofSeconds(5 + random.nextInt(15)),
            5,
            8);
    LiteralTraffic literal = new LiteralTraffic(written.rows, settings);
    Path file = Logs.file(written.bytes);
    EventLog log = Logs.read(file);
    Files.delete(file);

    for (Breakage breakage : Breakage.values()) {
      List<Long> lines = literal.broken.getOrDefault(breakage, List.of());
      assertThat(log.count(breakage)).as("%s", breakage).isEqualTo(lines.size());
      long first = lines.stream().mapToLong(x -> x).min().orElse(0);
      assertThat(log.firstLine(breakage)).as("first %s", breakage).isEqualTo(first);
    }
    assertThat(log.rows()).isEqualTo(rows);
    assertThat(log.used()).isEqualTo(literal.used.size());
    assertThat(log.rows()).isEqualTo(log.used() + Logs.refused(log));

    Traffic traffic = Traffic.of(log, settings, Logs.ALL, Logs.ALL);
    assertThat(traffic.arms().keySet()).isEqualTo(literal.arms());
    assertFigures(traffic.whole(), literal, null);
    traffic.arms().forEach((arm, figures) -> assertFigures(figures, literal, arm));
    assertThat(traffic.whole().size() + traffic.missing().size()).isEqualTo(Logs.ALL.size());
  }

  private static void assertFigures(
      Map<Metric, Figure> figures, LiteralTraffic literal, @Nullable String arm) {
    figures.forEach(
        (metric, figure) -> {
          String as = metric + " of " + (arm == null ? "all" : arm);
          switch (metric) {
            case ITEMS_SHOWN ->
                assertThat(figure.value()).as(as).isEqualTo(literal.items(arm, false));
            case ITEMS_CLICKED ->
                assertThat(figure.value()).as(as).isEqualTo(literal.items(arm, true));
            case COVERAGE ->
                assertThat(figure.value()).as(as).isEqualTo(literal.items(arm, false) / 5.0);
            case USER_COVERAGE ->
                assertThat(figure.value())
                    .as(as)
                    .isEqualTo(literal.rate(Metric.CTR_USERS, arm)[1] / 8);
            case SESSION_LENGTH_MEDIAN, FIRST_LONG_MEDIAN, DWELL_MEDIAN ->
                assertNear(figure.value(), median(literal.values(metric, arm)), as);
            case SESSION_LENGTH,
                FIRST_LONG,
                DWELL,
                DWELL_PER_IMPRESSION,
                DWELL_PER_USER,
                DEEP_READING -> {
              List<Double> values = literal.values(metric, arm);
              Mean mean = Mean.of(values.stream().mapToDouble(x -> x).toArray());
              assertThat(figure.of()).as(as).isEqualTo(values.size());
              assertNear(figure.value(), mean.value(), as);
              Interval interval = requireNonNull(figure.interval());
              assertNear(interval.low(), mean.low(), as);
              assertNear(interval.high(), mean.high(), as);
            }
            default -> {
              double[] rate = literal.rate(metric, arm);
              assertThat(figure.rate()).as(as).isEqualTo(new Rate((long) rate[0], (long) rate[1]));
            }
          }
        });
  }

  private static void assertNear(double value, double expected, String as) {
    if (Double.isNaN(expected)) {
      assertThat(value).as(as).isNaN();
    } else {
      assertThat(value).as(as).isCloseTo(expected, within(1e-9 * (1 + Math.abs(expected))));
    }
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int n = sorted.size();
    return n == 0 ? Double.NaN : (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
  }

  @Property(tries = 400)
  void shouldEndInAResultOrAClearErrorWhateverTheBytesAre(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 60) int rows) throws IOException {
    Random random = new Random(seed);
    byte[] bytes = random.nextInt(8) == 0 ? noise(random) : new Writer(seed).write(rows).bytes;
    int changes = random.nextInt(20);
    for (int i = 0; i < changes && bytes.length > 0; i++) {
      bytes = mutated(bytes, random);
    }
    Path file = Logs.file(bytes);
    for (OnBadRow onBadRow : OnBadRow.values()) {
      try {
        EventLog log = EventLog.read(file, Set.of(), onBadRow, read -> {});
        assertThat(log.rows()).isEqualTo(log.used() + Logs.refused(log));
        Traffic traffic = Traffic.of(log, Settings.defaults(), Logs.ALL, Set.of());
        Traffic.Counts counts = traffic.counts();
        assertThat(log.used())
            .isEqualTo(
                counts.impressions()
                    + all(counts.clicks())
                    + all(counts.views())
                    + all(counts.conversions()));
      } catch (IOException e) {
        assertThat(e).hasMessageStartingWith(file.toString());
      }
    }
    Files.delete(file);
  }

  private static long all(Traffic.Events events) {
    return events.inWindow() + events.outside();
  }

  private static byte[] noise(Random random) {
    byte[] bytes = new byte[random.nextInt(500)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Something replaced, something lost, something twice. */
  private static byte[] mutated(byte[] bytes, Random random) {
    int from = random.nextInt(bytes.length);
    int to = Math.min(bytes.length, from + 1 + random.nextInt(10));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, from);
    switch (random.nextInt(3)) {
      case 0 -> {
        byte[] nasty = {0, '"', ',', '\n', '\r', '-', '.', 'e', '9', (byte) 0xc3, (byte) 0xff, ' '};
        for (int i = from; i < to; i++) {
          out.write(nasty[random.nextInt(nasty.length)]);
        }
      }
      case 1 -> {
        out.write(bytes, from, to - from);
        out.write(bytes, from, to - from);
      }
      default -> {
        // lost
      }
    }
    out.write(bytes, to, bytes.length - to);
    return out.toByteArray();
  }
}
