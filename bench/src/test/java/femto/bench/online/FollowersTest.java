package femto.bench.online;

import static org.assertj.core.api.Assertions.assertThat;

import femto.bench.online.FollowingProcess.Served;
import femto.bench.online.FollowingProcess.Summary;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FollowersTest {
  @TempDir Path folder;

  @Test
  void shouldEndWhereTheTrainerDoes() throws IOException, InterruptedException {
    Followers.Outcome outcome =
        Followers.measure(SmallStream.events(folder), folder, 2, Duration.ofSeconds(1));
    assertThat(outcome.ends()).hasSize(2);
    assertThat(outcome.ends()).allMatch(end -> end.last().equals(outcome.last()));
    assertThat(outcome.deltas()).isPositive();
    assertThat(outcome.finding().reached()).isTrue();
  }

  @Test
  void shouldCountThoseThatEndElsewhereOrNotAtAll() {
    Served last = new Served(12, "00000000000000ab");
    Summary same = new Summary(last, 0, 0, 11);
    Summary older = new Summary(new Served(11, "00000000000000ab"), 0, 0, 10);
    Summary other = new Summary(new Served(12, "00000000000000ac"), 0, 0, 11);
    assertThat(new Followers.Outcome(last, 11, List.of(same, same), 2).finding().reached())
        .isTrue();
    for (List<Summary> ends : List.of(List.of(same), List.of(same, older), List.of(same, other))) {
      Followers.Outcome outcome = new Followers.Outcome(last, 11, ends, 2);
      assertThat(outcome.finding().json()).containsEntry("value", 1.0);
      assertThat(outcome.finding().reached()).isFalse();
    }
    Summary damaged = new Summary(last, 1, 0, 11);
    assertThat(new Followers.Outcome(last, 11, List.of(damaged), 1).finding().reached()).isFalse();
  }

  @Test
  void shouldSayWhatItReads() {
    Summary summary = new Summary(new Served(12, "00000000000000ab"), 1, 2, 3);
    assertThat(Summary.is(summary.toString())).isTrue();
    assertThat(Summary.parse(summary.toString())).isEqualTo(summary);
    assertThat(Summary.is(summary.last().toString())).isFalse();
    assertThat(Served.parse(summary.last().toString())).isEqualTo(summary.last());
  }
}
