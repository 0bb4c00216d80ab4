package femto.learn.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import femto.learn.Example;
import femto.learn.online.ClickJoiner.Click;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ClickJoinerTest {
  private record Labelled(int feature, float label, float importance, long time) {}

  private final List<Labelled> labelled = new ArrayList<>();

  private ClickJoiner joiner(LateClick whenLate, int room) {
    return new ClickJoiner(
        10,
        whenLate,
        room,
        (example, time) ->
            labelled.add(
                new Labelled(example.feature(0), example.label(), example.importance(), time)));
  }

  private static Example example(int feature) {
    Example example = new Example();
    example.reset(9);
    example.weigh(2.5f);
    example.add(feature, 1);
    return example;
  }

  @Test
  void shouldLabelAnImpressionWhenItsClickComes() {
    ClickJoiner joiner = joiner(LateClick.COUNT, 5);
    assertThat(joiner.impression(7, example(3), 100)).isTrue();
    assertThat(labelled).isEmpty();
    assertThat(joiner.click(7, 110)).isEqualTo(Click.JOINED);
    assertThat(labelled).containsExactly(new Labelled(3, 1, 2.5f, 100));
    assertThat(joiner.click(7, 110)).isEqualTo(Click.REPEATED);
    joiner.advanceTo(200);
    assertThat(labelled).hasSize(1);
  }

  @Test
  void shouldLabelAnImpressionWithoutAClickWhenTheHorizonHasPassed() {
    ClickJoiner joiner = joiner(LateClick.COUNT, 5);
    joiner.impression(7, example(3), 100);
    joiner.advanceTo(110);
    assertThat(labelled).isEmpty();
    joiner.advanceTo(111);
    assertThat(labelled).containsExactly(new Labelled(3, 0, 2.5f, 100));
    assertThat(joiner.click(7, 112)).isEqualTo(Click.LATE);
    assertThat(labelled).hasSize(1);
    assertThat(joiner.counts()).isEqualTo(new ClickJoiner.Counts(1, 0, 1, 0, 0, 1, 0, 0));
  }

  @Test
  void shouldLearnALateClickIfThatIsWanted() {
    ClickJoiner joiner = joiner(LateClick.LEARN, 5);
    joiner.impression(7, example(3), 100);
    joiner.advanceTo(115);
    assertThat(joiner.click(7, 120)).isEqualTo(Click.LATE);
    assertThat(joiner.click(7, 120)).isEqualTo(Click.REPEATED);
    assertThat(labelled)
        .containsExactly(new Labelled(3, 0, 2.5f, 100), new Labelled(3, 1, 2.5f, 100));
  }

  @Test
  void shouldForgetAnImpressionAHorizonAfterItsLabel() {
    ClickJoiner joiner = joiner(LateClick.LEARN, 5);
    joiner.impression(7, example(3), 100);
    joiner.advanceTo(111);
    joiner.advanceTo(122);
    assertThat(joiner.click(7, 122)).isEqualTo(Click.UNKNOWN);
    assertThat(joiner.click(8, 122)).isEqualTo(Click.UNKNOWN);
    assertThat(joiner.counts().unknown()).isEqualTo(2);
  }

  @Test
  void shouldLabelTheOldestWhenThereIsNoRoom() {
    ClickJoiner joiner = joiner(LateClick.COUNT, 2);
    joiner.impression(1, example(1), 100);
    joiner.impression(2, example(2), 100);
    joiner.impression(3, example(3), 100);
    assertThat(labelled).containsExactly(new Labelled(1, 0, 2.5f, 100));
    assertThat(joiner.counts().releasedEarly()).isEqualTo(1);
    assertThat(joiner.counts().waiting()).isEqualTo(2);
    assertThat(joiner.click(1, 101)).isEqualTo(Click.LATE);
  }

  @Test
  void shouldLeaveOutAnImpressionWhoseIdWaits() {
    ClickJoiner joiner = joiner(LateClick.COUNT, 2);
    assertThat(joiner.impression(1, example(1), 100)).isTrue();
    assertThat(joiner.impression(1, example(2), 100)).isFalse();
    joiner.releaseAll();
    assertThat(joiner.impression(1, example(3), 100)).isTrue();
    assertThat(joiner.click(1, 100)).isEqualTo(Click.JOINED);
    assertThat(labelled)
        .containsExactly(new Labelled(1, 0, 2.5f, 100), new Labelled(3, 1, 2.5f, 100));
    // The one of before, whose id is another's now, is forgotten without harm.
    joiner.advanceTo(120);
    assertThat(joiner.click(1, 120)).isEqualTo(Click.REPEATED);
  }

  @Test
  void shouldTakeAnyTimes() {
    ClickJoiner joiner = joiner(LateClick.COUNT, 9);
    joiner.impression(1, example(1), Long.MIN_VALUE);
    joiner.impression(2, example(2), Long.MIN_VALUE + 5);
    joiner.impression(3, example(3), Long.MAX_VALUE);
    joiner.impression(4, example(4), 0);
    assertThat(labelled).extracting(Labelled::feature).containsExactly(1, 2);
    assertThat(joiner.click(3, Long.MAX_VALUE)).isEqualTo(Click.JOINED);
  }

  /**
   * However clicks and impressions come, each impression is labelled once, and a joined click 1.
   */
  @Property(tries = 300)
  void shouldLabelEveryImpressionOnce(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int room) {
    List<Labelled> out = new ArrayList<>();
    ClickJoiner joiner =
        new ClickJoiner(
            10,
            LateClick.COUNT,
            room,
            (example, time) -> out.add(new Labelled(example.feature(0), example.label(), 1, time)));
    Random random = new Random(seed);
    int impressions = 0;
    int joined = 0;
    long time = 0;
    for (int step = 0; step < 300; step++) {
      time += random.nextInt(4) - 1;
      if (random.nextBoolean()) {
        impressions += joiner.impression(random.nextInt(40), example(step), time) ? 1 : 0;
      } else {
        joined += joiner.click(random.nextInt(40), time) == Click.JOINED ? 1 : 0;
      }
      ClickJoiner.Counts counts = joiner.counts();
      assertThat(counts.waiting()).isLessThanOrEqualTo(room);
      assertThat(counts.clicked() + counts.unclicked() + counts.waiting())
          .isEqualTo(counts.impressions());
    }
    joiner.releaseAll();
    assertThat(out).hasSize(impressions);
    assertThat(out.stream().map(Labelled::feature).distinct().count()).isEqualTo(impressions);
    assertThat(out.stream().filter(l -> l.label == 1).count()).isEqualTo(joined);
  }

  @Test
  void shouldRefuseWhatIsOutOfRange() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ClickJoiner(0, LateClick.COUNT, 1, (example, time) -> {}))
        .withMessageContaining("horizon=0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ClickJoiner(1, LateClick.COUNT, 0, (example, time) -> {}))
        .withMessageContaining("room=0");
  }
}
