package femto.tools.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanTest {
  @Test
  void shouldGiveBothKindsTheSameTimeAndTheSamePlaceOnAverage() {
    int[] publishing = IntStream.range(0, Plan.WINDOWS).filter(Plan::isPublishing).toArray();
    int[] quiet = IntStream.range(0, Plan.WINDOWS).filter(w -> !Plan.isPublishing(w)).toArray();
    assertThat(publishing).hasSameSizeAs(quiet);
    assertThat(IntStream.of(publishing).sum()).isEqualTo(IntStream.of(quiet).sum());
    assertThat(new Plan(0, 1_000_000_000).publishingSeconds()).isEqualTo(Plan.WINDOWS / 2);
  }

  @Test
  void shouldSayOfEveryMomentWhichWindowItIsIn() {
    Plan plan = new Plan(Long.MAX_VALUE - 50, 100); // the clock may go past the greatest long
    for (int window = 0; window < Plan.WINDOWS; window++) {
      long begin = plan.windowBegin(window);
      assertThat(plan.isPublishing(begin)).isEqualTo(Plan.isPublishing(window));
      assertThat(plan.isPublishing(begin + 99)).isEqualTo(Plan.isPublishing(window));
    }
    assertThat(plan.end() - plan.begin()).isEqualTo(100L * Plan.WINDOWS);
  }
}
