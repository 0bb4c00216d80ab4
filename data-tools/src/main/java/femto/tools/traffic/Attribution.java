package femto.tools.traffic;

import static java.util.concurrent.TimeUnit.MICROSECONDS;

import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What each impression of a log led to within the window, and the figures that come of it. */
final class Attribution {
  /** In place of an arm: of all impressions, those without an arm too. */
  static final int ALL = -2;

  private static final int SHOWN = EventKind.IMPRESSION.bit();
  private static final int VIEWED = EventKind.VIEW.bit();
  private static final int CLICKED = EventKind.CLICK.bit();
  private static final int CONVERTED = EventKind.CONVERSION.bit();

  private final EventLog log;
  private final Settings settings;
  private final long longDwell;
  private final long cap;

  /** What became of the impression on a row, one of the bits above each. */
  private final byte[] outcomes;

  /** The longest dwell of the impression on a row, not cut. */
  private final long[] dwells;

  private final long[] inWindow = new long[EventKind.COUNT];
  private final long[] repeated = new long[EventKind.COUNT];
  private final long[] outside = new long[EventKind.COUNT];
  private final long[] impressionsOfArm;
  private long impressions;
  private boolean hasItems;
  private boolean hasDwells;
  private boolean hasSessions;

  Attribution(EventLog log, Settings settings) {
    this.log = log;
    this.settings = settings;
    this.longDwell = MICROSECONDS.convert(settings.longDwell());
    this.cap = MICROSECONDS.convert(settings.dwellCap());
    this.outcomes = new byte[log.size()];
    this.dwells = new long[log.size()];
    this.impressionsOfArm = new long[log.arms()];
    Arrays.fill(dwells, EventLog.UNKNOWN_DWELL);
    attribute(MICROSECONDS.convert(settings.window()));
  }

  private void attribute(long window) {
    for (int row = 0; row < log.size(); row++) {
      int kind = log.kind(row);
      if (kind == EventLog.REFUSED) {
        continue;
      }
      int impression = log.impression(row);
      hasSessions |= log.session(row) != EventLog.NONE;
      hasDwells |= log.dwell(row) != EventLog.UNKNOWN_DWELL;
      if (row == impression) {
        outcomes[row] |= (byte) SHOWN;
        impressions++;
        hasItems |= log.item(row) != EventLog.NONE;
        if (log.arm(row) != EventLog.NONE) {
          impressionsOfArm[log.arm(row)]++;
        }
      } else if (log.time(row) - log.time(impression) > window) {
        outside[kind]++;
      } else {
        inWindow[kind]++;
        repeated[kind] += (outcomes[impression] >> kind) & 1;
        outcomes[impression] |= (byte) (1 << kind);
        dwells[impression] = Math.max(dwells[impression], log.dwell(row));
      }
    }
  }

  /** Impressions of an arm. */
  long impressions(int arm) {
    return impressionsOfArm[arm];
  }

  /** Why a metric cannot be computed; null if it can. */
  @Nullable String missing(Metric metric, boolean isAsked) {
    for (Need need : Need.values()) {
      if (metric.needs().contains(need)) {
        String reason = missing(need, isAsked);
        if (reason != null) {
          return reason;
        }
      }
    }
    return null;
  }

  private @Nullable String missing(Need need, boolean isAsked) {
    Column column = need.column();
    if (column != null && !log.columns().contains(column)) {
      return "needs the column " + column;
    }
    return switch (need) {
      case CLICKS -> missing(EventKind.CLICK, isAsked);
      case VIEWS -> missing(EventKind.VIEW, isAsked);
      case CONVERSIONS -> missing(EventKind.CONVERSION, isAsked);
      case ITEMS -> hasItems ? null : "no impression has an item";
      case SESSIONS -> hasSessions ? null : "no row has a session";
      case DWELLS -> hasDwells ? null : "no click or view has a dwell";
      case ARMS ->
          Arrays.stream(impressionsOfArm).anyMatch(count -> count > 0)
              ? null
              : "no impression has an arm";
      case CATALOGUE ->
          settings.catalogue() > 0 ? null : "needs the number of items there are (--catalogue)";
      case USERS -> settings.users() > 0 ? null : "needs the number of users there are (--users)";
    };
  }

  private @Nullable String missing(EventKind kind, boolean isAsked) {
    boolean is = inWindow[kind.code()] + outside[kind.code()] > 0;
    return is || isAsked ? null : "no row is a " + kind;
  }

  /** The figures of an arm, or of all. */
  Map<Metric, Figure> figures(int arm, Set<Metric> metrics) {
    Sums sums = new Sums(arm);
    sums.addImpressions();
    Visits visits = new Visits(arm);
    if (hasSessions) {
      visits.addRows();
    }
    Map<Metric, Figure> figures = new EnumMap<>(Metric.class);
    for (Metric metric : metrics) {
      figures.put(metric, figure(metric, sums, visits));
    }
    return figures;
  }

  private Figure figure(Metric metric, Sums sums, Visits visits) {
    return switch (metric) {
      case CTR -> Figure.ofRate(sums.clicked, sums.shown);
      case CTR_USERS -> sums.ofUsers(CLICKED);
      case VTR -> Figure.ofRate(sums.viewed, sums.shown);
      case VTR_USERS -> sums.ofUsers(VIEWED);
      case CVR -> Figure.ofRate(sums.converted, sums.shown);
      case CVR_CLICKS -> Figure.ofRate(sums.clickedAndConverted, sums.clicked);
      case CVR_USERS -> sums.ofUsers(CONVERTED);
      case LONG_CTR -> Figure.ofRate(sums.clickedLong, sums.shown);
      case SESSION_LENGTH -> Figure.ofMean(visits.lengths());
      case SESSION_LENGTH_MEDIAN -> Figure.ofMedian(visits.lengths());
      case FIRST_LONG -> Figure.ofMean(visits.toFirstLong());
      case FIRST_LONG_MEDIAN -> Figure.ofMedian(visits.toFirstLong());
      case ITEMS_SHOWN -> Figure.ofCount(count(sums.items, SHOWN));
      case ITEMS_CLICKED -> Figure.ofCount(count(sums.items, CLICKED));
      case COVERAGE -> part("items", count(sums.items, SHOWN), settings.catalogue());
      case USER_COVERAGE -> part("users", count(sums.users, SHOWN), settings.users());
      case DWELL -> Figure.ofMean(sums.dwell.toDoubleArray());
      case DWELL_MEDIAN -> Figure.ofMedian(sums.dwell.toDoubleArray());
      case DWELL_PER_IMPRESSION -> Figure.ofMean(sums.dwellOfImpressions());
      case DWELL_PER_USER -> Figure.ofMean(sums.dwellOfUsers());
      case DEEP_READING -> Figure.ofMean(sums.readings(expectedDwells()));
    };
  }

  private static long count(byte[] flags, int bit) {
    long count = 0;
    for (byte flag : flags) {
      count += (flag & bit) != 0 ? 1 : 0;
    }
    return count;
  }

  private static Figure part(String what, long part, long whole) {
    if (part > whole) {
      throw new IllegalArgumentException(
          "the log shows %d %s, expected up to %d".formatted(part, what, whole));
    }
    return Figure.ofPart(part, whole);
  }

  /** Seconds, cut. */
  private double seconds(long dwell) {
    return Math.min(dwell, cap) / (double) Micros.A_SECOND;
  }

  private boolean isRead(int row) {
    return (outcomes[row] & CLICKED) != 0 && dwells[row] != EventLog.UNKNOWN_DWELL;
  }

  /** Mean dwell of each item in the whole log; NaN for an item without any. */
  private double[] expectedDwells() {
    double[] sums = new double[log.items()];
    int[] counts = new int[log.items()];
    for (int row = 0; row < log.size(); row++) {
      if (isRead(row) && log.item(row) != EventLog.NONE) {
        sums[log.item(row)] += seconds(dwells[row]);
        counts[log.item(row)]++;
      }
    }
    Arrays.setAll(sums, item -> sums[item] / counts[item]);
    return sums;
  }

  private static boolean isOf(int arm, int armOfRow) {
    return arm == ALL || arm == armOfRow;
  }

  /** What the impressions of an arm come to. */
  private final class Sums {
    private final int arm;
    private long shown;
    private long clicked;
    private long clickedLong;
    private long viewed;
    private long converted;
    private long clickedAndConverted;
    private final byte[] users = new byte[log.users()];
    private final byte[] items = new byte[log.items()];
    private final DoubleArrayList dwell = new DoubleArrayList();

    Sums(int arm) {
      this.arm = arm;
    }

    boolean has(int row) {
      return (outcomes[row] & SHOWN) != 0 && isOf(arm, log.arm(row));
    }

    void addImpressions() {
      for (int row = 0; row < log.size(); row++) {
        if (has(row)) {
          add(row);
        }
      }
    }

    private void add(int row) {
      byte outcome = outcomes[row];
      boolean isClicked = (outcome & CLICKED) != 0;
      boolean isConverted = (outcome & CONVERTED) != 0;
      shown++;
      clicked += isClicked ? 1 : 0;
      viewed += (outcome & VIEWED) != 0 ? 1 : 0;
      converted += isConverted ? 1 : 0;
      clickedAndConverted += isClicked && isConverted ? 1 : 0;
      users[log.user(row)] |= outcome;
      if (log.item(row) != EventLog.NONE) {
        items[log.item(row)] |= outcome;
      }
      if (isRead(row)) {
        clickedLong += dwells[row] >= longDwell ? 1 : 0;
        dwell.add(seconds(dwells[row]));
      }
    }

    Figure ofUsers(int bit) {
      return Figure.ofRate(count(users, bit), count(users, SHOWN));
    }

    double[] dwellOfImpressions() {
      return Arrays.copyOf(dwell.elements(), Math.toIntExact(shown)); // the others are 0
    }

    double[] dwellOfUsers() {
      double[] sums = new double[users.length];
      for (int row = 0; row < log.size(); row++) {
        if (has(row) && isRead(row)) {
          sums[log.user(row)] += seconds(dwells[row]);
        }
      }
      DoubleArrayList shownTo = new DoubleArrayList();
      for (int user = 0; user < sums.length; user++) {
        if ((users[user] & SHOWN) != 0) {
          shownTo.add(sums[user]);
        }
      }
      return shownTo.toDoubleArray();
    }

    double[] readings(double[] expected) {
      DoubleArrayList readings = new DoubleArrayList();
      for (int row = 0; row < log.size(); row++) {
        // An item that never kept anyone tells nothing of how deep it was read.
        if (has(row) && isRead(row) && log.item(row) >= 0 && expected[log.item(row)] > 0) {
          readings.add(seconds(dwells[row]) / expected[log.item(row)]);
        }
      }
      return readings.toDoubleArray();
    }
  }

  /** The sessions of an arm: those events of each that belong to the arm. */
  private final class Visits {
    private static final long NEVER = Long.MAX_VALUE;

    private final int arm;
    private final long[] begins = new long[log.sessions()];
    private final long[] ends = new long[log.sessions()];
    private final long[] firstLongs = new long[log.sessions()];

    Visits(int arm) {
      this.arm = arm;
    }

    void addRows() {
      Arrays.fill(begins, NEVER);
      Arrays.fill(ends, Long.MIN_VALUE);
      Arrays.fill(firstLongs, NEVER);
      for (int row = 0; row < log.size(); row++) {
        int session = log.session(row);
        if (log.kind(row) == EventLog.REFUSED
            || session == EventLog.NONE
            || !isOf(arm, log.arm(row))) {
          continue;
        }
        long dwell = log.dwell(row);
        long time = log.time(row);
        begins[session] = Math.min(begins[session], time);
        ends[session] = Math.max(ends[session], time + Math.max(0, dwell));
        if (dwell != EventLog.UNKNOWN_DWELL && dwell >= longDwell) {
          firstLongs[session] = Math.min(firstLongs[session], time);
        }
      }
    }

    double[] lengths() {
      return secondsFromBegin(ends);
    }

    double[] toFirstLong() {
      return secondsFromBegin(firstLongs);
    }

    private double[] secondsFromBegin(long[] to) {
      DoubleArrayList seconds = new DoubleArrayList();
      for (int session = 0; session < to.length; session++) {
        if (begins[session] != NEVER && to[session] != NEVER) {
          seconds.add((to[session] - begins[session]) / (double) Micros.A_SECOND);
        }
      }
      return seconds.toDoubleArray();
    }
  }

  Traffic.Counts counts() {
    Sums all = new Sums(ALL);
    all.addImpressions();
    boolean[] isSession = new boolean[log.sessions()];
    long outsideSessions = 0;
    long sessions = 0;
    for (int row = 0; row < log.size(); row++) {
      if (log.kind(row) == EventLog.REFUSED) {
        continue;
      }
      int session = log.session(row);
      if (session == EventLog.NONE) {
        outsideSessions++;
      } else if (!isSession[session]) {
        isSession[session] = true;
        sessions++;
      }
    }
    return new Traffic.Counts(
        impressions,
        count(all.users, SHOWN),
        events(EventKind.CLICK),
        events(EventKind.VIEW),
        events(EventKind.CONVERSION),
        log.columns().contains(Column.DWELL) ? all.clicked - all.dwell.size() : 0,
        sessions,
        log.columns().contains(Column.SESSION) ? outsideSessions : 0,
        log.columns().contains(Column.ARM)
            ? impressions - Arrays.stream(impressionsOfArm).sum()
            : 0,
        usersInSeveralArms());
  }

  private Traffic.Events events(EventKind kind) {
    int i = kind.code();
    return new Traffic.Events(inWindow[i], repeated[i], outside[i]);
  }

  private long usersInSeveralArms() {
    byte[] armOfUser = new byte[log.users()];
    byte several = Byte.MAX_VALUE;
    for (int row = 0; row < log.size(); row++) {
      int user = log.user(row);
      byte arm = (byte) (log.arm(row) + 1);
      if ((outcomes[row] & SHOWN) != 0 && arm > 0 && armOfUser[user] != arm) {
        armOfUser[user] = armOfUser[user] == 0 ? arm : several;
      }
    }
    long users = 0;
    for (byte arm : armOfUser) {
      users += arm == several ? 1 : 0;
    }
    return users;
  }
}
