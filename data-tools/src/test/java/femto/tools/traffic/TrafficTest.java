package femto.tools.traffic;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import femto.tools.experiment.AbTest;
import femto.tools.experiment.Interval;
import femto.tools.experiment.Rate;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Figures worked out by hand. */
class TrafficTest {
  private static final Offset<Double> EXACT = within(1e-12);
  private static final Settings DEFAULTS = Settings.defaults();

  private static Figure figure(Traffic traffic, Metric metric) {
    return requireNonNull(traffic.whole().get(metric), () -> metric + ": " + traffic.missing());
  }

  private static Figure figure(Traffic traffic, String arm, Metric metric) {
    return requireNonNull(requireNonNull(traffic.arms().get(arm)).get(metric));
  }

  private static void assertRate(Traffic traffic, Metric metric, long successes, long trials) {
    Figure figure = figure(traffic, metric);
    assertThat(figure.rate()).as("%s", metric).isEqualTo(new Rate(successes, trials));
    assertThat(figure.value()).isEqualTo(successes / (double) trials);
    Interval interval = figure.interval();
    assertThat(interval).isEqualTo(new Rate(successes, trials).wilson(0.95));
  }

  private static Settings window(Duration window) {
    return new Settings(window, DEFAULTS.longDwell(), DEFAULTS.dwellCap(), 0, 0);
  }

  @Test
  void shouldTellRatesOfImpressionsFromRatesOfUsers() throws IOException {
    // Ann sees four items, clicks two and buys one; Bob sees one and views it; Cy sees one.
    Traffic traffic =
        Logs.traffic(
            Logs.read(
                "time,event,id,user",
                "0,impression,1,ann",
                "0,impression,2,ann",
                "0,impression,3,ann",
                "0,impression,4,ann",
                "1,click,1,ann",
                "2,click,2,ann",
                "3,conversion,2,ann",
                "4,conversion,4,ann",
                "0,impression,5,bob",
                "5,view,5,bob",
                "0,impression,6,cy"),
            DEFAULTS);
    assertRate(traffic, Metric.CTR, 2, 6);
    assertRate(traffic, Metric.CTR_USERS, 1, 3);
    assertRate(traffic, Metric.VTR, 1, 6);
    assertRate(traffic, Metric.VTR_USERS, 1, 3);
    assertRate(traffic, Metric.CVR, 2, 6);
    assertRate(traffic, Metric.CVR_CLICKS, 1, 2);
    assertRate(traffic, Metric.CVR_USERS, 1, 3);
    assertThat(traffic.arms()).isEmpty();
    assertThat(traffic.comparisons()).isEmpty();
    assertThat(traffic.counts().impressions()).isEqualTo(6);
    assertThat(traffic.counts().users()).isEqualTo(3);
  }

  @Test
  void shouldCountSeveralClicksOfAnImpressionOnce() throws IOException {
    Traffic traffic =
        Logs.traffic(
            Logs.read(
                "time,event,id,user",
                "0,impression,1,ann",
                "1,click,1,ann",
                "2,click,1,ann",
                "3,click,1,ann"),
            DEFAULTS);
    assertRate(traffic, Metric.CTR, 1, 1);
    assertThat(traffic.counts().clicks()).isEqualTo(new Traffic.Events(3, 2, 0));
  }

  @Test
  void shouldAttributeUpToTheEndOfTheWindowAndNoFurther() throws IOException {
    EventLog log =
        Logs.read(
            "time,event,id,user",
            "100,impression,1,ann",
            "160,conversion,1,ann",
            "100,impression,2,bob",
            "160.000001,conversion,2,bob");
    Traffic minute = Logs.traffic(log, window(Duration.ofMinutes(1)));
    assertRate(minute, Metric.CVR, 1, 2);
    assertThat(minute.counts().conversions()).isEqualTo(new Traffic.Events(1, 0, 1));
    assertThat(log.used()).isEqualTo(4);
    assertRate(Logs.traffic(log, window(Duration.ofSeconds(61))), Metric.CVR, 2, 2);
    assertRate(Logs.traffic(log, window(Duration.ofDays(999_999_999))), Metric.CVR, 2, 2);
    assertRate(Logs.traffic(log, window(Duration.ZERO)), Metric.CVR, 0, 2);
  }

  @Test
  void shouldJoinAClickThatStandsBeforeItsImpression() throws IOException {
    EventLog log =
        Logs.read(
            "user,id,event,time", // columns in any order
            "ann,1,click,2026-01-31T12:00:09Z",
            "ann,1,impression,1769860800.5");
    assertRate(Logs.traffic(log, DEFAULTS), Metric.CTR, 1, 1);
    assertThat(log.count(Breakage.TIME_BACKWARDS)).isEqualTo(1);
    assertThat(log.used()).isEqualTo(2);
  }

  @Test
  void shouldCountClicksThatLedToWatching() throws IOException {
    Traffic traffic =
        Logs.traffic(
            Logs.read(
                "time,event,id,user,dwell",
                "0,impression,1,ann,",
                "1,click,1,ann,30", // long: 30 s or more
                "0,impression,2,ann,",
                "1,click,2,ann,29.9",
                "0,impression,3,ann,",
                "1,click,3,ann,", // unknown
                "0,impression,4,ann,",
                "1,click,4,ann,", // what was clicked was then watched
                "2,view,4,ann,45",
                "0,impression,5,ann,",
                "1,view,5,ann,99"), // no click
            DEFAULTS);
    assertRate(traffic, Metric.LONG_CTR, 2, 5);
    assertThat(traffic.counts().clickedWithoutDwell()).isEqualTo(1);
    // Of 30, 29.9 and 45.
    assertThat(figure(traffic, Metric.DWELL).value()).isCloseTo(104.9 / 3, EXACT);
    assertThat(figure(traffic, Metric.DWELL).of()).isEqualTo(3);
    assertThat(figure(traffic, Metric.DWELL_MEDIAN).value()).isEqualTo(30);
  }

  @Test
  void shouldTakeClickAndDwellTogether() throws IOException {
    Traffic traffic =
        Logs.traffic(
            Logs.read(
                "time,event,id,user,dwell",
                "0,impression,1,ann,",
                "1,click,1,ann,20",
                "0,impression,2,ann,",
                "1,click,2,ann,5000", // a forgotten tab: cut to 600
                "0,impression,3,bob,",
                "0,impression,4,bob,"),
            DEFAULTS);
    Figure dwell = figure(traffic, Metric.DWELL_PER_IMPRESSION);
    assertThat(dwell.value()).isEqualTo(620 / 4.0);
    assertThat(dwell.value())
        .isCloseTo(
            figure(traffic, Metric.CTR).value() * figure(traffic, Metric.DWELL).value(), EXACT);
    // Student's t with 3 degrees of freedom: 3.182446; the variance of 20, 600, 0, 0.
    double error = Math.sqrt((135 * 135 + 445 * 445 + 2 * 155 * 155) / 3.0 / 4);
    Interval interval = requireNonNull(dwell.interval());
    assertThat(interval.high()).isCloseTo(155 + 3.182446 * error, within(1e-3));
    assertThat(figure(traffic, Metric.DWELL_PER_USER).value()).isEqualTo(310);
    assertThat(figure(traffic, Metric.DWELL_PER_USER).of()).isEqualTo(2);
  }

  @Test
  void shouldMeasureSessionsFromTheirFirstEventToTheEndOfTheLast() throws IOException {
    Traffic traffic =
        Logs.traffic(
            Logs.read(
                "time,event,id,user,session,dwell",
                "100,impression,1,ann,1,",
                "110,click,1,ann,1,5",
                "130,view,1,ann,1,40", // ends at 170, after the last event begins
                "140,impression,2,ann,1,",
                "100,impression,3,bob,1,", // another session: each user has its own 1
                "120,impression,4,bob,,", // in no session
                "500,impression,5,ann,2,",
                "510,click,5,ann,2,20",
                "600,impression,6,ann,3,",
                "602,click,6,ann,3,31",
                "603,click,6,ann,3,35"),
            DEFAULTS);
    // 70, 0, 30 and 38 seconds.
    assertThat(figure(traffic, Metric.SESSION_LENGTH).value()).isEqualTo(138 / 4.0);
    assertThat(figure(traffic, Metric.SESSION_LENGTH_MEDIAN).value()).isEqualTo(34);
    assertThat(figure(traffic, Metric.SESSION_LENGTH).of()).isEqualTo(4);
    // The view of 40 s after 30 s, the click of 31 s after 2 s.
    assertThat(figure(traffic, Metric.FIRST_LONG).value()).isEqualTo(16);
    assertThat(figure(traffic, Metric.FIRST_LONG_MEDIAN).value()).isEqualTo(16);
    assertThat(figure(traffic, Metric.FIRST_LONG).of()).isEqualTo(2);
    assertThat(traffic.counts().sessions()).isEqualTo(4);
    assertThat(traffic.counts().outsideSessions()).isEqualTo(1);
  }

  @Test
  void shouldMeasureSessionsWithoutDwells() throws IOException {
    Traffic traffic =
        Logs.traffic(
            Logs.read(
                "time,event,id,user,session", "100,impression,1,ann,a", "110.5,click,1,ann,a"),
            DEFAULTS);
    assertThat(figure(traffic, Metric.SESSION_LENGTH).value()).isEqualTo(10.5);
    assertThat(traffic.missing())
        .contains(entry(Metric.FIRST_LONG, "needs the column dwell"))
        .contains(entry(Metric.LONG_CTR, "needs the column dwell"))
        .contains(entry(Metric.ITEMS_SHOWN, "needs the column item"))
        .contains(entry(Metric.DEEP_READING, "needs the column item"));
  }

  @Test
  void shouldMeasureHowMuchOfTheCatalogueIsShown() throws IOException {
    EventLog log =
        Logs.read(
            "time,event,id,user,item",
            "0,impression,1,ann,film",
            "0,impression,2,ann,film",
            "0,impression,3,bob,book",
            "0,impression,4,bob,song",
            "0,impression,5,bob,",
            "1,click,3,bob,");
    Settings sizes = new Settings(Duration.ZERO, Duration.ZERO, Duration.ZERO, 12, 8);
    Traffic traffic = Logs.traffic(log, sizes);
    assertThat(figure(traffic, Metric.ITEMS_SHOWN).value()).isEqualTo(3);
    assertThat(figure(traffic, Metric.COVERAGE).value()).isEqualTo(0.25);
    assertThat(figure(traffic, Metric.USER_COVERAGE).value()).isEqualTo(0.25);
    assertThat(figure(Logs.traffic(log, DEFAULTS), Metric.ITEMS_CLICKED).value()).isEqualTo(1);
    assertThat(Logs.traffic(log, DEFAULTS).missing())
        .containsKeys(Metric.COVERAGE, Metric.USER_COVERAGE);
    Settings tooFew = new Settings(Duration.ZERO, Duration.ZERO, Duration.ZERO, 2, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Logs.traffic(log, tooFew))
        .withMessage("the log shows 3 items, expected up to 2");
  }

  private static final String[] TWO_ARMS = {
    "time,event,id,user,item,dwell,arm",
    "0,impression,1,ann,long,,A",
    "1,click,1,ann,,100,",
    "0,impression,2,bob,short,,A",
    "1,click,2,bob,,10,A",
    "0,impression,3,cy,long,,B",
    "1,click,3,cy,,300,",
    "0,impression,4,dan,short,,B",
    "0,impression,5,eve,short,,",
    "0,impression,6,ann,short,,B"
  };

  @Test
  void shouldSetTwoArmsAgainstEachOther() throws IOException {
    Traffic traffic = Logs.traffic(Logs.read(TWO_ARMS), DEFAULTS);
    assertRate(traffic, Metric.CTR, 3, 6);
    assertThat(traffic.arms()).containsOnlyKeys("A", "B");
    assertThat(figure(traffic, "A", Metric.CTR).rate()).isEqualTo(new Rate(2, 2));
    assertThat(figure(traffic, "B", Metric.CTR).rate()).isEqualTo(new Rate(1, 3));
    assertThat(figure(traffic, "B", Metric.CTR_USERS).rate()).isEqualTo(new Rate(1, 3));
    assertThat(traffic.comparisons().get(Metric.CTR))
        .isEqualTo(AbTest.ofRates(new Rate(2, 2), new Rate(1, 3), 0.95));
    assertThat(traffic.comparisons())
        .containsOnlyKeys(Metric.CTR, Metric.CTR_USERS, Metric.LONG_CTR);
    assertThat(traffic.counts().withoutArm()).isEqualTo(1);
    assertThat(traffic.counts().usersInSeveralArms()).isEqualTo(1);
  }

  @Test
  void shouldMeasureDwellAgainstWhatIsExpectedOfTheItem() throws IOException {
    Traffic traffic = Logs.traffic(Logs.read(TWO_ARMS), DEFAULTS);
    // Expected are 200 s of "long" and 10 s of "short".
    assertThat(figure(traffic, "A", Metric.DEEP_READING).value()).isCloseTo((0.5 + 1) / 2, EXACT);
    assertThat(figure(traffic, "B", Metric.DEEP_READING).value()).isCloseTo(1.5, EXACT);
    assertThat(figure(traffic, Metric.DEEP_READING).value()).isCloseTo(1, EXACT);
  }

  @Test
  void shouldShowEachOfThreeArmsAndCompareNone() throws IOException {
    Traffic traffic =
        Logs.traffic(
            Logs.read(
                "time,event,id,user,arm",
                "0,impression,1,ann,c",
                "0,impression,2,bob,a",
                "0,impression,3,cy,b",
                "1,click,3,cy,"),
            DEFAULTS);
    assertThat(traffic.arms().keySet()).containsExactly("a", "b", "c");
    assertThat(traffic.comparisons()).isEmpty();
  }

  @Test
  void shouldNotTakeEventsThatAreNotLoggedForNone() throws IOException {
    EventLog log = Logs.read("time,event,id,user", "0,impression,1,ann", "1,click,1,ann");
    assertThat(Logs.traffic(log, DEFAULTS).missing())
        .contains(
            entry(Metric.VTR, "no row is a view"), entry(Metric.CVR, "no row is a conversion"))
        .doesNotContainKey(Metric.CTR);
    Set<Metric> asked = EnumSet.of(Metric.CVR, Metric.LONG_CTR);
    Traffic traffic = Traffic.of(log, DEFAULTS, asked, asked);
    assertRate(traffic, Metric.CVR, 0, 1);
    assertThat(traffic.missing()).containsOnlyKeys(Metric.LONG_CTR);
  }

  @Test
  void shouldHaveNothingToSayOfAnEmptyLog() throws IOException {
    EventLog log = Logs.read("time,event,id,user,item,session,dwell,arm");
    assertThat(log.rows()).isZero();
    assertThat(Logs.traffic(log, DEFAULTS).whole()).isEmpty();
    Set<Metric> asked = EnumSet.of(Metric.CTR);
    assertThat(figure(Traffic.of(log, DEFAULTS, asked, asked), Metric.CTR).value()).isNaN();
  }
}
