package femto.bench.swap;

import static org.assertj.core.api.Assertions.assertThat;

import femto.bench.report.Finding;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SoakTest {
  @Test
  void shouldFindTornReadsWhereATableIsWrittenInPlaceAndNoneInALiveModel() throws Exception {
    Soak.Count live = Soak.live(Duration.ofSeconds(1));
    assertThat(live.torn()).isZero();
    assertThat(live.leases()).isGreaterThan(100);
    assertThat(live.replaced()).isGreaterThan(10);
    Soak.Count inPlace = Soak.inPlace(Duration.ofSeconds(1));
    assertThat(inPlace.torn()).isPositive();
    Finding row = Soak.finding(live, inPlace);
    assertThat(row.reached()).isTrue();
    assertThat(row.json()).containsEntry("reads", 64 * live.leases());
  }

  @Test
  void shouldProveNothingWhenTheControlShowsNone() {
    Soak.Count none = new Soak.Count(1000, 0, 10);
    assertThat(Soak.finding(none, none).reached()).isFalse();
    assertThat(Soak.finding(new Soak.Count(1000, 1, 10), new Soak.Count(1000, 5, 10)).reached())
        .isFalse();
  }
}
