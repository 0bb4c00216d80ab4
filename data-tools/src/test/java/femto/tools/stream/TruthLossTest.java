package femto.tools.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TruthLossTest {
  private static TruthLoss read(TruthLoss loss, String text) throws IOException {
    try (EventReader reader =
        EventReader.of(
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
            "standard input",
            OnBadRow.STOP)) {
      Event event = new Event();
      while (reader.next(event, Duration.ofSeconds(10))) {
        loss.add(event);
      }
    }
    return loss;
  }

  @Test
  void shouldSumTheLossOfLabelsInWindows() throws IOException {
    TruthLoss loss =
        read(
            new TruthLoss(2, 100),
            "time,label,probability,u:context:one_hot\n5,1,0.5,\n6,0,0.25,\n9,1,0.1,\n");
    List<TruthLoss.Point> windows = loss.windows();
    double first = -(Math.log(0.5) + Math.log(0.75)) / 2;
    assertThat(windows).hasSize(2);
    assertThat(windows.get(0).loss()).isCloseTo(first, within(1e-12));
    assertThat(windows.get(0))
        .extracting("examples", "clicks", "firstTime", "lastTime")
        .containsExactly(2L, 1L, 5L, 6L);
    assertThat(windows.get(1).loss()).isCloseTo(-Math.log(0.1), within(1e-12));
    assertThat(loss.loss()).isCloseTo((2 * first - Math.log(0.1)) / 3, within(1e-12));
    assertThat(new TruthLoss(2, 100).loss()).isNaN();
  }

  @Test
  void shouldCountClicksWithinTheHorizonForTheirImpression() throws IOException {
    TruthLoss loss =
        read(
            new TruthLoss(2, 100),
            """
            time,event,id,probability,u:context:one_hot
            0,impression,1,0.5,
            1,impression,2,0.25,
            2,impression,3,0.125,
            99,click,2,,
            99,click,2,,
            101,click,1,,
            102,click,3,,
            102,click,9,,
            """);
    assertThat(loss.windows()).extracting(TruthLoss.Point::clicks).containsExactly(1L, 1L);
    assertThat(loss.windows().get(0).loss())
        .isCloseTo(-(Math.log(0.5) + Math.log(0.25)) / 2, within(1e-12));
    assertThat(loss.windows().get(1).loss()).isCloseTo(-Math.log(0.125), within(1e-12));
  }

  @Test
  void shouldStayFiniteWhereTheTruthIsCertain() throws IOException {
    TruthLoss loss =
        read(
            new TruthLoss(9, 100),
            """
            time,event,id,probability,u:context:one_hot
            0,impression,1,1,
            1,impression,2,0,
            2,click,1,,
            """);
    assertThat(loss.loss()).isCloseTo(0, within(1e-12));
  }

  @Test
  void shouldRefuseAStreamThatDoesNotTell() {
    assertThatThrownBy(() -> read(new TruthLoss(2, 100), "time,label,u:context:one_hot\n5,1,x\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("without probability");
    assertThatThrownBy(
            () ->
                read(
                    new TruthLoss(2, 100), "time,label,probability,u:context:one_hot\n5,3,0.5,x\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a label of 3.0");
    assertThatThrownBy(() -> new TruthLoss(0, 1)).isInstanceOf(IllegalArgumentException.class);
  }
}
