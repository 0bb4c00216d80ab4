package femto.bench.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.bench.report.WrongAnswerException;
import org.junit.jupiter.api.Test;

class ProbeLogTest {
  private static final double[] SCORES = {0, 0.5, 0.9, 1.2, 1.4};

  @Test
  void shouldTellHowManyAVersionHasByItsScore() {
    ProbeLog log = new ProbeLog(SCORES);
    log.accepted(100);
    log.accepted(130);
    log.accepted(170);
    log.seen(0.01, 180);
    assertThat(log.latencies()).isEmpty();
    assertThat(log.hasSeenAll()).isFalse();
    log.seen(0.91, 200);
    assertThat(log.latencies()).containsExactly(70, 100);
    log.seen(0.89, 210);
    assertThat(log.latencies()).hasSize(2);
    log.seen(1.2, 300);
    assertThat(log.latencies()).containsExactly(70, 100, 130);
    assertThat(log.hasSeenAll()).isTrue();
  }

  @Test
  void shouldRefuseAScoreThatNoNumberOfProbesHas() {
    ProbeLog log = new ProbeLog(SCORES);
    log.accepted(100);
    log.accepted(100);
    assertThatThrownBy(() -> log.seen(0.7, 200)).isInstanceOf(WrongAnswerException.class);
    assertThatThrownBy(() -> log.seen(-0.2, 200)).isInstanceOf(WrongAnswerException.class);
  }

  @Test
  void shouldRefuseProbesThatNobodyHasSent() {
    ProbeLog log = new ProbeLog(SCORES);
    log.accepted(100);
    assertThatThrownBy(() -> log.seen(0.9, 200))
        .isInstanceOf(WrongAnswerException.class)
        .hasMessageContaining("after 1 probes, 0 of them seen, the score is 0.9");
  }

  @Test
  void shouldRefuseToForgetAProbe() {
    ProbeLog log = new ProbeLog(SCORES);
    log.accepted(100);
    log.accepted(100);
    log.seen(0.9, 200);
    assertThatThrownBy(() -> log.seen(0.5, 300)).isInstanceOf(WrongAnswerException.class);
  }

  @Test
  void shouldTakeAsManyProbesAsItCanTellApart() {
    ProbeLog log = new ProbeLog(SCORES);
    int taken = 0;
    for (; log.hasRoom(); taken++) {
      log.accepted(taken);
    }
    assertThat(taken).isEqualTo(3);
    assertThat(new ProbeLog(new double[] {0, 1}).hasRoom()).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ProbeLog(new double[] {0, 1, 1}))
        .withMessageContaining("score 2 is 1.0, expected more than 1.0");
  }
}
