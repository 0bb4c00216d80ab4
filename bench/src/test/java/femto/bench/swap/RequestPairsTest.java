package femto.bench.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import femto.bench.report.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class RequestPairsTest {
  private static RequestRound.Outcome round(double micros) {
    Histogram histogram = new Histogram(3);
    histogram.recordValue((long) (1000 * micros));
    return new RequestRound.Outcome(histogram, histogram, 70_000, 10, 0, 1_000_000, 1, 1);
  }

  private static List<RequestRound.Outcome> rounds(double... micros) {
    return DoubleStream.of(micros).mapToObj(RequestPairsTest::round).toList();
  }

  private static Finding finding(RequestPairs pairs, long merges, List<RequestRound.Outcome> with) {
    Map<String, List<RequestRound.Outcome>> rounds = new LinkedHashMap<>();
    rounds.put("nothing", rounds(100, 100, 400, 100));
    rounds.put("Femto", with);
    rounds.put("monitor", rounds(900));
    RequestPairs.Series series =
        new RequestPairs.Series(
            rounds, Map.of("fresh", "no memory"), List.of(1L, merges, 1L), List.of(0.0, 0.0, 0.0));
    // One round without beside the other: 1, 4, 1/4.
    assertThat(pairs.identicalRatios(series, RequestRound.Outcome::p99))
        .containsExactly(new double[] {1, 4, 0.25}, within(0.01));
    return pairs.finding(PublishRate.SOMETIMES, series);
  }

  private static RequestPairs pairs(Small small) {
    List<String> order = new ArrayList<>();
    return new RequestPairs(
        new RequestRound(small.ads, small.requests, small.trainer),
        new Noting("Femto", order),
        new Noting("nothing", order),
        List.of(new Noting("monitor", order), new Noting("fresh", order)),
        () -> {});
  }

  @Test
  void shouldHoldEachRoundAgainstTheTwoBesideIt() {
    try (Small small = new Small()) {
      // Against 100, 200 (the geometric mean of 100 and 400) and 200.
      Finding row = finding(pairs(small), 1, rounds(300, 600, 900));
      assertThat(row.ratio()).isCloseTo(3, within(0.01));
      assertThat(row.reached()).isFalse();
      JsonNode json = new ObjectMapper().valueToTree(row.json());
      assertThat(json.path("id").asText()).isEqualTo("requests-10-publishes-a-second");
      assertThat(json.path("value").asDouble()).isCloseTo(600, within(1.0));
      assertThat(json.path("limit").asDouble()).isCloseTo(100, within(1.0));
      assertThat(json.path("aim").asDouble()).isEqualTo(1.1);
      assertThat(json.path("identical_rounds").get(1).asDouble()).isCloseTo(2.5, within(0.01));
      assertThat(json.path("longest_lease_us").asDouble()).isCloseTo(70, within(0.1));
      assertThat(json.at("/peers/monitor").asDouble()).isCloseTo(900, within(1.0));
      assertThat(json.at("/missing/fresh").asText()).isEqualTo("no memory");
    }
  }

  @Test
  void shouldReachWhatIdenticalRoundsCannotTellApart() {
    try (Small small = new Small()) {
      RequestPairs pairs = pairs(small);
      assertThat(finding(pairs, 1, rounds(240, 480, 480)).reached()).isTrue();
      assertThat(finding(pairs, 1, rounds(300, 600, 600)).reached()).isFalse();
      // Without a merge nothing is reached, however quick it was.
      Finding unmerged = finding(pairs, 0, rounds(100, 100, 100));
      assertThat(unmerged.reached()).isFalse();
      assertThat(unmerged.json())
          .hasEntrySatisfying("reason", reason -> assertThat(reason.toString()).contains("merge"));
    }
  }

  @Test
  void shouldTakeTurns() throws Exception {
    List<String> order = new ArrayList<>();
    try (Small small = new Small()) {
      Service femto = new Noting("Femto", order);
      Service control = new Noting("nothing", order);
      Service rival = new Noting("rival", order);
      RequestPairs pairs =
          new RequestPairs(
              new RequestRound(small.ads, small.requests, small.trainer),
              femto,
              control,
              List.of(rival),
              () -> order.add("settle"));
      int[] done = {0};
      SwapSize size = Small.SIZE;
      pairs.run(PublishRate.OFTEN, shortRounds(size), Duration.ofMillis(1), () -> done[0]++);
      assertThat(order)
          .containsExactly(
              "settle", "nothing", "Femto", "settle", "nothing", "Femto", "settle", "nothing",
              "rival", "settle");
      assertThat(done[0]).isEqualTo(RequestPairs.rounds(size, 1)).isEqualTo(6);
    }
  }

  private static SwapSize shortRounds(SwapSize size) {
    return new SwapSize(
        size.name(),
        size.candidates(),
        size.patchShare(),
        size.pairs(),
        size.rivalRounds(),
        Duration.ofMillis(20),
        size.leaseRounds(),
        size.fullPublishes(),
        size.deltas(),
        size.searches(),
        size.soak(),
        size.warmUp());
  }

  /** Notes each round. */
  private record Noting(String label, List<String> order) implements Service {
    @Override
    public Client newClient() {
      order.add(label);
      return new Client() {
        @Override
        public int top(int context, int[] listed, int k, int[] intoAds, float[] intoScores) {
          return 0;
        }

        @Override
        public long waitedNanos() {
          return 0;
        }
      };
    }

    @Override
    public void publish(Trainer.Step step) {}

    @Override
    public void close() {}
  }
}
