package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import femto.swap.LiveOptions.Merging;
import femto.swap.Soak.Report;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Readers at full speed against a publisher at full speed, with versions that encode themselves:
 * the real thing mixes nothing, and the same readers find out whoever does. {@code
 * -Dfemto.soak=minutes} makes the first one long.
 */
class SoakTest {
  private static final double MINUTES = Double.parseDouble(System.getProperty("femto.soak", "0"));

  private static final long LEAST_READS = MINUTES >= 10 ? 1_000_000_000L : 100_000;

  /** Long enough for hundreds of versions and a dozen merges. */
  private static final Duration SHORT = Duration.ofSeconds(4);

  /** A control ends with the first thing it finds; this is when it has failed. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ParameterizedTest
  @EnumSource(Merging.class)
  void shouldNeverMixTwoVersions(Merging merging) throws InterruptedException {
    Duration duration = MINUTES > 0 ? Duration.ofMillis((long) (MINUTES * 60_000)) : SHORT;
    Report report = Soak.ofALiveModel(merging, duration, LEAST_READS);
    System.Logger log = System.getLogger(SoakTest.class.getName());
    log.log(MINUTES > 0 ? System.Logger.Level.INFO : System.Logger.Level.DEBUG, report.toString());
    assertThat(report.torn()).as(report.firstFinding()).isZero();
    assertThat(report.reads()).isGreaterThanOrEqualTo(LEAST_READS);
    assertThat(report.full()).isPositive();
    assertThat(report.deltas()).isGreaterThan(20);
    assertThat(report.rolledBack()).isPositive();
    assertThat(report.merges()).isPositive();
    assertThat(report.versionsSeen()).isGreaterThan(20);
  }

  @Test
  void shouldFindTornReadsWhereWeightsAreOverwrittenInPlace() throws InterruptedException {
    assertThat(Soak.ofWeightsOverwrittenInPlace(PATIENCE).torn()).isPositive();
  }

  @Test
  void shouldFindTheOverlayPublishedBeforeTheBase() throws InterruptedException {
    assertThat(Soak.ofAMutant(LiveMutants.OverlayBeforeBase::new, PATIENCE).torn()).isPositive();
  }

  @Test
  void shouldFindWeightsPublishedBeforeTheCandidatesFoldedByThem() throws InterruptedException {
    assertThat(Soak.ofAMutant(LiveMutants.WeightsBeforeRows::new, PATIENCE).torn()).isPositive();
  }

  @Test
  void shouldFindMemoryUsedAgainUnderALease() throws InterruptedException {
    assertThat(Soak.ofAMutant(LiveMutants.NotLookingAtSlots::new, PATIENCE).torn()).isPositive();
  }
}
