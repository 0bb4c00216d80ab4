package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import femto.model.FeatureRows;
import femto.swap.LiveOptions.Merging;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class LiveOptionsTest {
  private static final LiveOptions DEFAULTS = LiveOptions.defaults();
  private static final List<Map<String, List<String>>> CONTEXTS =
      List.of(Map.of("user", List.of("u")));

  private static void refused(Supplier<?> making, String said) {
    assertThatIllegalArgumentException().isThrownBy(making::get).withMessageContaining(said);
  }

  @Test
  void shouldNameWhatIsOutOfRange() {
    refused(() -> DEFAULTS.withMaxReaders(0), "maxReaders=0, expected 1 or more");
    refused(() -> DEFAULTS.withHistory(-1), "history=-1");
    refused(() -> DEFAULTS.withMemoryCap(-1), "memoryCap=-1");
    refused(() -> DEFAULTS.withPatch(0, 10), "patchShare=0.0");
    refused(() -> DEFAULTS.withPatch(1.01, 10), "patchShare=1.01");
    refused(() -> DEFAULTS.withPatch(Double.NaN, 10), "patchShare=NaN");
    refused(() -> DEFAULTS.withPatch(0.1, 0), "leastPatchRows=0");
    refused(() -> DEFAULTS.withFanOutBudget(-1), "fanOutBudget=-1");
    refused(() -> DEFAULTS.withStalledAfter(Duration.ofNanos(-1)), "stalledAfter");
    refused(() -> new Canaries(List.of(), 1, 1, 1), "contexts");
    refused(() -> new Canaries(CONTEXTS, 0, 1, 1), "k=0");
    refused(() -> new Canaries(CONTEXTS, 1, Double.NaN, 1), "mostShift=NaN");
    refused(() -> new Canaries(CONTEXTS, 1, 1, 1.5), "leastOverlap=1.5");
    refused(
        () ->
            new CandidateSet(
                FeatureRows.copyOf(new long[] {0, 0}, new int[0], new float[0], 1),
                ExternalIds.ofLongs(new long[] {1, 2})),
        "features of 1 candidates and ids of 2");
  }

  @Test
  void shouldChangeOneThingAtATime() {
    Canaries canaries = new Canaries(CONTEXTS, 3, 0.5, 0.25);
    LiveOptions options =
        DEFAULTS
            .withMaxReaders(3)
            .withHistory(2)
            .withMemoryCap(1000)
            .withPatch(0.5, 7)
            .withFanOutBudget(9)
            .withCanaries(canaries)
            .withStalledAfter(Duration.ofMillis(5));
    for (Merging merging : Merging.values()) {
      assertThat(options.withMerging(merging))
          .isEqualTo(
              new LiveOptions(3, 2, 1000, 0.5, 7, 9, canaries, Duration.ofMillis(5), merging));
    }
    assertThat(options.patchRows(13)).isEqualTo(7);
    assertThat(options.patchRows(15)).isEqualTo(8);
  }

  @Test
  void shouldCopyTheContextsOfCanaries() {
    List<String> values = new ArrayList<>(List.of("u"));
    Canaries canaries = new Canaries(List.of(Map.of("user", values)), 1, 1, 1);
    values.add("v");
    assertThat(canaries.contexts()).isEqualTo(CONTEXTS);
  }
}
