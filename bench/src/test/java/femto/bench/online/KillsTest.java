package femto.bench.online;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillsTest {
  @TempDir Path folder;

  @Test
  void shouldGoOnAfterEachKill() throws IOException, InterruptedException {
    Kills.Outcome outcome = Kills.measure(folder, 2);
    assertThat(outcome.served()).isPositive();
    assertThat(outcome).isEqualTo(new Kills.Outcome(2, 0, outcome.served(), 0, true, true));
    assertThat(outcome.finding().reached()).isTrue();
  }

  @Test
  void shouldCountEveryFault() {
    assertThat(new Kills.Outcome(9, 0, 5, 0, true, true).finding().reached()).isTrue();
    List<Kills.Outcome> faulty =
        List.of(
            new Kills.Outcome(9, 1, 5, 0, true, true),
            new Kills.Outcome(9, 0, 5, 1, true, true),
            new Kills.Outcome(9, 0, 5, 0, false, true),
            new Kills.Outcome(9, 0, 5, 0, true, false));
    for (Kills.Outcome outcome : faulty) {
      assertThat(outcome.finding().json()).containsEntry("value", 1.0);
      assertThat(outcome.finding().reached()).isFalse();
    }
    // Nothing served proves nothing.
    assertThat(new Kills.Outcome(9, 0, 0, 0, true, true).finding().reached()).isFalse();
  }
}
