package femto.tools.traffic;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The specification taken by its words: rows as maps of strings, times as decimals, every figure by
 * going through all rows again. It shares nothing with the code that it checks but the names.
 */
final class LiteralTraffic {
  /** A row of the file: its cells by column, or how its bytes are broken. */
  record Row(long line, Map<String, String> cells, @Nullable Breakage broken) {
    String cell(String column) {
      return cells.getOrDefault(column, "");
    }

    BigDecimal time() {
      return Objects.requireNonNull(LiteralTraffic.time(cell("time")));
    }

    @Nullable BigDecimal dwell() {
      return cell("dwell").isEmpty() || !List.of("click", "view").contains(cell("event"))
          ? null
          : new BigDecimal(cell("dwell"));
    }

    boolean is(String event) {
      return cell("event").equals(event);
    }
  }

  final Map<Breakage, List<Long>> broken = new EnumMap<>(Breakage.class);
  final List<Row> used = new ArrayList<>();
  private final Map<String, Row> impressions = new LinkedHashMap<>();
  private final Settings settings;

  LiteralTraffic(List<Row> rows, Settings settings) {
    this.settings = settings;
    List<Row> fresh = new ArrayList<>();
    Set<List<Object>> seen = new HashSet<>();
    BigDecimal last = null;
    for (Row row : rows) {
      Breakage own = ownBreakage(row);
      if (own != null) {
        count(own, row);
        continue;
      }
      if (last != null && row.time().compareTo(last) < 0) {
        count(Breakage.TIME_BACKWARDS, row);
      }
      last = row.time();
      if (!seen.add(content(row))) {
        count(Breakage.DUPLICATED_ROW, row);
      } else if (row.is("impression") && impressions.containsKey(row.cell("id"))) {
        count(Breakage.DUPLICATED_ID, row);
      } else {
        fresh.add(row);
        if (row.is("impression")) {
          impressions.put(row.cell("id"), row);
        }
      }
    }
    for (Row row : fresh) {
      Row impression = impressions.get(row.cell("id"));
      if (impression == null) {
        count(Breakage.UNKNOWN_ID, row);
      } else if (!row.cell("user").equals(impression.cell("user"))) {
        count(Breakage.OTHER_USER, row);
      } else if (!row.cell("arm").isEmpty() && !row.cell("arm").equals(impression.cell("arm"))) {
        count(Breakage.OTHER_ARM, row);
      } else if (row.time().compareTo(impression.time()) < 0) {
        count(Breakage.BEFORE_IMPRESSION, row);
      } else {
        used.add(row);
      }
    }
  }

  private void count(Breakage breakage, Row row) {
    broken.computeIfAbsent(breakage, none -> new ArrayList<>()).add(row.line());
  }

  private static @Nullable Breakage ownBreakage(Row row) {
    if (row.broken() != null) {
      return row.broken();
    }
    if (row.cell("time").isEmpty()) {
      return Breakage.MISSING_VALUE;
    }
    if (time(row.cell("time")) == null) {
      return Breakage.UNREADABLE_TIME;
    }
    if (row.cell("event").isEmpty()) {
      return Breakage.MISSING_VALUE;
    }
    if (Arrays.stream(EventKind.values()).noneMatch(kind -> row.is(kind.toString()))) {
      return Breakage.UNKNOWN_EVENT;
    }
    if (row.cell("id").isEmpty() || row.cell("user").isEmpty()) {
      return Breakage.MISSING_VALUE;
    }
    if (row.cell("dwell").isEmpty()) {
      return null;
    }
    try {
      return number(row.cell("dwell")).signum() < 0 ? Breakage.NEGATIVE_DWELL : null;
    } catch (NumberFormatException e) {
      return Breakage.UNREADABLE_DWELL;
    }
  }

  private static BigDecimal number(String text) {
    if (!text.matches("-?\\d+(\\.\\d+)?([eE][-+]?\\d+)?")) {
      throw new NumberFormatException(text);
    }
    return new BigDecimal(text);
  }

  static @Nullable BigDecimal time(String text) {
    try {
      BigDecimal seconds = number(text);
      return seconds.abs().compareTo(new BigDecimal("1e11")) < 0 ? seconds : null;
    } catch (NumberFormatException e) {
      try {
        Instant instant = Instant.parse(text);
        return BigDecimal.valueOf(instant.getEpochSecond())
            .add(BigDecimal.valueOf(instant.getNano(), 9));
      } catch (DateTimeException none) {
        return null;
      }
    }
  }

  private static List<Object> content(Row row) {
    String dwell = row.cell("dwell");
    return List.of(
        row.time().setScale(6, RoundingMode.UNNECESSARY),
        dwell.isEmpty() ? "" : new BigDecimal(dwell).setScale(6, RoundingMode.UNNECESSARY),
        row.cell("event"),
        row.cell("id"),
        row.cell("user"),
        row.cell("item"),
        row.cell("session"),
        row.cell("arm"));
  }

  /** Arms with an impression, sorted. */
  Set<String> arms() {
    Set<String> arms = new TreeSet<>();
    for (Row row : used) {
      if (row.is("impression") && !row.cell("arm").isEmpty()) {
        arms.add(row.cell("arm"));
      }
    }
    return arms;
  }

  /** Successes and trials, or values, of a metric for an arm, or for all if it is null. */
  double[] rate(Metric metric, @Nullable String arm) {
    List<Row> shown = shown(arm);
    List<Row> hits = new ArrayList<>();
    for (Row row : shown) {
      boolean isClicked = !events(row, "click").isEmpty();
      boolean isConverted = !events(row, "conversion").isEmpty();
      boolean isViewed = !events(row, "view").isEmpty();
      boolean isHit =
          switch (metric) {
            case CTR, CTR_USERS -> isClicked;
            case VTR, VTR_USERS -> isViewed;
            case CVR, CVR_USERS -> isConverted;
            case CVR_CLICKS -> isClicked && isConverted;
            case LONG_CTR -> isClicked && isLong(dwell(row));
            default -> throw new IllegalArgumentException(metric.toString());
          };
      if (isHit) {
        hits.add(row);
      }
    }
    return switch (metric) {
      case CTR_USERS, VTR_USERS, CVR_USERS ->
          new double[] {distinct(hits, "user").size(), distinct(shown, "user").size()};
      case CVR_CLICKS -> new double[] {hits.size(), clicked(shown).size()};
      default -> new double[] {hits.size(), shown.size()};
    };
  }

  /** The numbers that a mean or a median is of. */
  List<Double> values(Metric metric, @Nullable String arm) {
    List<Row> shown = shown(arm);
    List<Double> values = new ArrayList<>();
    switch (metric) {
      case DWELL, DWELL_MEDIAN -> clicked(shown).forEach(row -> addIfKnown(values, capped(row)));
      case DWELL_PER_IMPRESSION ->
          shown.forEach(
              row -> {
                Double dwell = clicked(List.of(row)).isEmpty() ? null : capped(row);
                values.add(dwell == null ? 0 : dwell);
              });
      case DWELL_PER_USER -> {
        for (String user : distinct(shown, "user")) {
          double sum = 0;
          for (Row row : clicked(shown)) {
            Double dwell = capped(row);
            sum += row.cell("user").equals(user) && dwell != null ? dwell : 0;
          }
          values.add(sum);
        }
      }
      case DEEP_READING -> {
        for (Row row : clicked(shown)) {
          Double dwell = capped(row);
          double expected =
              clicked(shown(null)).stream()
                  .filter(other -> other.cell("item").equals(row.cell("item")))
                  .map(this::capped)
                  .filter(Objects::nonNull)
                  .mapToDouble(x -> x)
                  .average()
                  .orElse(0);
          if (dwell != null && !row.cell("item").isEmpty() && expected > 0) {
            values.add(dwell / expected);
          }
        }
      }
      case SESSION_LENGTH, SESSION_LENGTH_MEDIAN, FIRST_LONG, FIRST_LONG_MEDIAN -> {
        for (List<Row> session : sessions(arm)) {
          BigDecimal begin = session.stream().map(Row::time).min(BigDecimal::compareTo).get();
          if (metric == Metric.SESSION_LENGTH || metric == Metric.SESSION_LENGTH_MEDIAN) {
            BigDecimal end =
                session.stream()
                    .map(row -> row.dwell() == null ? row.time() : row.time().add(row.dwell()))
                    .max(BigDecimal::compareTo)
                    .get();
            values.add(end.subtract(begin).doubleValue());
          } else {
            session.stream()
                .filter(row -> isLong(row.dwell()))
                .map(Row::time)
                .min(BigDecimal::compareTo)
                .ifPresent(first -> values.add(first.subtract(begin).doubleValue()));
          }
        }
      }
      default -> throw new IllegalArgumentException(metric.toString());
    }
    return values;
  }

  int items(@Nullable String arm, boolean clickedOnly) {
    List<Row> rows = clickedOnly ? clicked(shown(arm)) : shown(arm);
    Set<String> items = distinct(rows, "item");
    items.remove("");
    return items.size();
  }

  private List<Row> shown(@Nullable String arm) {
    return used.stream()
        .filter(row -> row.is("impression") && (arm == null || row.cell("arm").equals(arm)))
        .toList();
  }

  private List<Row> clicked(List<Row> shown) {
    return shown.stream().filter(row -> !events(row, "click").isEmpty()).toList();
  }

  /** Events of an impression in the window. */
  private List<Row> events(Row impression, String event) {
    BigDecimal window = BigDecimal.valueOf(settings.window().toMillis(), 3);
    return used.stream()
        .filter(row -> row.is(event) && row.cell("id").equals(impression.cell("id")))
        .filter(row -> row.time().subtract(impression.time()).compareTo(window) <= 0)
        .toList();
  }

  private @Nullable BigDecimal dwell(Row impression) {
    List<Row> events = new ArrayList<>(events(impression, "click"));
    events.addAll(events(impression, "view"));
    return events.stream()
        .map(Row::dwell)
        .filter(Objects::nonNull)
        .max(BigDecimal::compareTo)
        .orElse(null);
  }

  private @Nullable Double capped(Row impression) {
    BigDecimal dwell = dwell(impression);
    BigDecimal cap = BigDecimal.valueOf(settings.dwellCap().toMillis(), 3);
    return dwell == null ? null : dwell.min(cap).doubleValue();
  }

  private boolean isLong(@Nullable BigDecimal dwell) {
    return dwell != null
        && dwell.compareTo(BigDecimal.valueOf(settings.longDwell().toMillis(), 3)) >= 0;
  }

  private static void addIfKnown(List<Double> values, @Nullable Double value) {
    if (value != null) {
      values.add(value);
    }
  }

  private static Set<String> distinct(List<Row> rows, String column) {
    Set<String> values = new LinkedHashSet<>();
    rows.forEach(row -> values.add(row.cell(column)));
    return values;
  }

  private Iterable<List<Row>> sessions(@Nullable String arm) {
    Map<List<String>, List<Row>> sessions = new LinkedHashMap<>();
    for (Row row : used) {
      Row impression = Objects.requireNonNull(impressions.get(row.cell("id")));
      if (!row.cell("session").isEmpty() && (arm == null || impression.cell("arm").equals(arm))) {
        sessions
            .computeIfAbsent(
                List.of(row.cell("user"), row.cell("session")), none -> new ArrayList<>())
            .add(row);
      }
    }
    return sessions.values();
  }
}
