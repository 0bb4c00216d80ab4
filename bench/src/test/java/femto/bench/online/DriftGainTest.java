package femto.bench.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.bench.online.DriftGain.Block;
import femto.bench.online.DriftGain.Outcome;
import femto.bench.report.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriftGainTest {
  @TempDir Path folder;

  @Test
  void shouldFindThatFollowingHelpsWhereTheTruthMovesFast() throws IOException {
    Outcome outcome = DriftGain.measure(folder, 10, 10_000, 20, 2_000);
    assertThat(outcome.blocks()).hasSize(20);
    for (Block block : outcome.blocks()) {
      assertThat(block.following()).isBetween(0.0, Math.log(2));
      assertThat(block.best()).isLessThan(Math.min(block.following(), block.frozen()));
    }
    // Less than nothing, if not clearly in so short a stream.
    assertThat(number(outcome.findings().get(0), "value")).isNegative();
    assertThat(outcome.gap()).isBetween(0.0, 1.0);
    Path png = folder.resolve("plot.png");
    outcome.draw("title", png);
    assertThat(ImageIO.read(png.toFile()).getWidth()).isEqualTo(1200);
    assertThat(Files.size(png)).isGreaterThan(10_000);
  }

  static double number(Finding row, String key) {
    return ((Number) Objects.requireNonNull(row.json().get(key))).doubleValue();
  }

  private static Outcome outcome(double... following) {
    return new Outcome(
        Arrays.stream(following).mapToObj(loss -> new Block(1, loss, 0.12, 0.10)).toList(), 1);
  }

  @Test
  void shouldReachItWhenTheWholeIntervalIsBelowNothing() {
    List<Finding> clear = outcome(0.110, 0.112, 0.114).findings();
    assertThat(clear.get(0).json()).containsEntry("id", "drift.gain");
    assertThat(number(clear.get(0), "value")).isCloseTo(-0.008, within(1e-12));
    assertThat(clear.get(0).reached()).isTrue();
    assertThat(number(clear.get(1), "value")).isCloseTo(0.6, within(1e-12));
    List<Finding> unclear = outcome(0.100, 0.115, 0.130).findings();
    assertThat(number(unclear.get(0), "value")).isNegative();
    assertThat(unclear.get(0).reached()).isFalse();
    assertThat(outcome(0.11).findings().get(0).reached()).isFalse();
  }

  @Test
  void shouldBeTheLogLossOfTheSigmoid() {
    double p = 1 / (1 + Math.exp(-0.7));
    assertThat(DriftGain.logLoss(0.7, 1)).isCloseTo(-Math.log(p), within(1e-15));
    assertThat(DriftGain.logLoss(0.7, 0)).isCloseTo(-Math.log(1 - p), within(1e-15));
    assertThat(DriftGain.logLoss(-1000, 1)).isEqualTo(1000);
  }
}
