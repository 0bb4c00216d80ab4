package femto.bench.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class RequestRoundTest {
  private static final Duration PERIOD = Duration.ofMillis(1);
  private static final Duration LENGTH = Duration.ofMillis(300);

  /** Pauses once, in its hundredth request. */
  private static final class Pausing implements Service {
    private final Duration pause;
    private int publishes;

    Pausing(Duration pause) {
      this.pause = pause;
    }

    @Override
    public String label() {
      return "pausing";
    }

    @Override
    public Client newClient() {
      return new Client() {
        private int asked;

        @Override
        public int top(int context, int[] listed, int k, int[] intoAds, float[] intoScores) {
          if (++asked == 100) {
            LockSupport.parkNanos(pause.toNanos());
          }
          return 0;
        }

        @Override
        public long waitedNanos() {
          return asked;
        }
      };
    }

    @Override
    public void publish(Trainer.Step step) {
      publishes++;
    }

    @Override
    public void close() {}
  }

  @Test
  void shouldFeelAPauseInEveryRequestThatComesInIt() throws Exception {
    try (Small small = new Small()) {
      RequestRound rounds = new RequestRound(small.ads, small.requests, small.trainer);
      Duration pause = Duration.ofMillis(100);
      RequestRound.Outcome round =
          rounds.run(new Pausing(pause), PublishRate.SELDOM, LENGTH, PERIOD);
      assertThat(round.responses().getTotalCount()).isEqualTo(300);
      // A hundred requests were due in the pause, and waited 50 ms on average.
      assertThat(round.responses().getCountBetweenValues(10_000_000, Long.MAX_VALUE / 2))
          .isGreaterThan(80);
      assertThat(round.p99FromDue()).isGreaterThan(90e6);
      // Timed from when each was begun, one of 300 is slow.
      assertThat(round.services().getCountBetweenValues(50_000_000, Long.MAX_VALUE / 2))
          .isEqualTo(1);
      assertThat(round.longestWait()).isEqualTo(300);
    }
  }

  @Test
  void shouldPublishAtTheRate() throws Exception {
    try (Small small = new Small()) {
      RequestRound rounds = new RequestRound(small.ads, small.requests, small.trainer);
      Pausing counting = new Pausing(Duration.ZERO);
      RequestRound.Outcome round =
          rounds.run(counting, PublishRate.OFTEN, Duration.ofSeconds(1), PERIOD);
      assertThat(round.publishes()).isEqualTo(counting.publishes).isBetween(60, 101);
      assertThat(round.publishesASecond()).isCloseTo(round.publishes(), within(20.0));
    }
  }

  @Test
  void shouldPublishVersionsThatRequestsSee() throws Exception {
    try (Small small = new Small();
        PrivateMemory control = new PrivateMemory(small.femto, small.ads, 1000)) {
      RequestRound rounds = new RequestRound(small.ads, small.requests, small.trainer);
      RequestRound.Outcome without = rounds.run(control, PublishRate.OFTEN, LENGTH, PERIOD);
      assertThat(small.live.version()).isEqualTo(1);
      assertThat(control.written())
          .isPositive()
          .isEqualTo((long) without.publishes() * PublishRate.OFTEN.ads(Small.ADS));
      RequestRound.Outcome with = rounds.run(small.femto, PublishRate.OFTEN, LENGTH, PERIOD);
      assertThat(small.live.version()).isEqualTo(1 + with.publishes() - with.coalesced());
      assertThat(with.publishes()).isPositive();
      assertThat(with.longestWait()).isPositive();
      assertThat(with.share()).isBetween(0.05, 1.05);
    }
  }

  @Test
  void shouldFailWhenAPublishFails() {
    try (Small small = new Small()) {
      RequestRound rounds = new RequestRound(small.ads, small.requests, small.trainer);
      Service failing =
          new Service() {
            @Override
            public String label() {
              return "failing";
            }

            @Override
            public Client newClient() {
              return small.femto.newClient();
            }

            @Override
            public void publish(Trainer.Step step) {
              throw new IllegalStateException("no memory");
            }

            @Override
            public void close() {}
          };
      assertThatThrownBy(() -> rounds.run(failing, PublishRate.OFTEN, LENGTH, PERIOD))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no memory");
    }
  }
}
