package femto.bench.online;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FollowRateTest {
  @TempDir Path folder;

  @Test
  void shouldLearnEveryRow() throws IOException {
    FollowRate.Outcome outcome = FollowRate.measure(SmallStream.file(folder), folder);
    assertThat(outcome.progress().learned()).isEqualTo(SmallStream.ROWS);
    assertThat(outcome.rate()).isPositive();
    assertThat(outcome.finding().reached()).isTrue();
    assertThat(outcome.finding().json()).containsEntry("aim", Double.NaN);
  }
}
