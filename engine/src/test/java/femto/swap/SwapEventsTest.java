package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import femto.swap.LiveWorld.Edit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SwapEventsTest {
  @TempDir Path folder;

  @Test
  void shouldRecordWhatHappens() throws IOException, InterruptedException {
    Path file = folder.resolve("swap.jfr");
    try (Recording recording = new Recording()) {
      for (String name : List.of("Publish", "Refusal", "Merge", "StalledReader", "Coalesced")) {
        recording.enable("femto." + name);
      }
      recording.start();
      serve();
      recording.stop();
      recording.dump(file);
    }
    Map<String, RecordedEvent> last = new HashMap<>();
    List<RecordedEvent> events = new ArrayList<>(RecordingFile.readAllEvents(file));
    events.sort(Comparator.comparing(RecordedEvent::getStartTime));
    for (RecordedEvent event : events) {
      last.put(event.getEventType().getName(), event);
    }
    RecordedEvent publish = Objects.requireNonNull(last.get("femto.Publish"));
    assertThat(publish.getString("kind")).isEqualTo("FULL");
    assertThat(publish.getLong("generation")).isEqualTo(2);
    assertThat(publish.getInt("refolded")).isEqualTo(20);
    assertThat(publish.getDuration("foldTime")).isPositive();
    RecordedEvent refusal = Objects.requireNonNull(last.get("femto.Refusal"));
    assertThat(refusal.getString("reason")).contains("bias is NaN");
    assertThat(refusal.getString("kind")).isEqualTo("DELTA");
    RecordedEvent merge = Objects.requireNonNull(last.get("femto.Merge"));
    assertThat(merge.getInt("candidates")).isGreaterThanOrEqualTo(20);
    assertThat(merge.getBoolean("used")).isTrue();
    RecordedEvent stalled = Objects.requireNonNull(last.get("femto.StalledReader"));
    assertThat(stalled.getString("reader")).isEqualTo("slow");
    assertThat(stalled.getLong("version")).isEqualTo(1);
    RecordedEvent coalesced = Objects.requireNonNull(last.get("femto.Coalesced"));
    assertThat(coalesced.getInt("deltas")).isPositive();
  }

  private static void serve() throws InterruptedException {
    Random random = new Random(5);
    LiveWorld world = LiveWorld.random(random, 20);
    LiveOptions options =
        LiveOptions.defaults()
            .withPatch(0.01, 6)
            .withStalledAfter(Duration.ofMillis(1))
            .withMerging(LiveOptions.Merging.BACKGROUND);
    try (LiveModel live = world.start(options);
        LiveScorer slow = live.newScorer("slow");
        Lease lease = slow.lease()) {
      assertThat(lease.version()).isEqualTo(1);
      assertThat(live.publish(new Delta().bias(Float.NaN)).isPublished()).isFalse();
      for (int i = 0; live.statistics().coalesced() == 0; i++) {
        assertThat(i).isLessThan(100_000);
        Edit edit = new Edit();
        for (int id = 0; id < 5; id++) {
          edit.put(id, LiveWorld.row(random));
        }
        live.publish(edit.delta());
      }
      long deadline = System.nanoTime() + 10_000_000_000L;
      while (live.statistics().stalledReader() == null || live.statistics().merges() == 0) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.sleep(5);
      }
      assertThat(live.publish(world.model(), world.set()).isPublished()).isTrue();
    }
  }

  /** Serves and publishes in a JVM that has no module but the base. */
  static final class WithoutFlightRecorder {
    private WithoutFlightRecorder() {}

    public static void main(String[] args) {
      if (ModuleLayer.boot().findModule("jdk.jfr").isPresent()) {
        throw new IllegalStateException("jdk.jfr is there");
      }
      Random random = new Random(5);
      LiveWorld world = LiveWorld.random(random, 20);
      try (LiveModel live = world.start(LiveOptions.defaults());
          LiveScorer reader = live.newScorer("r")) {
        live.publish(new Edit().weights(random, 3).delta());
        try (Lease lease = reader.lease()) {
          System.out.println("version " + lease.version());
        }
      }
    }
  }

  @Test
  void shouldServeWithoutTheFlightRecordersModule() throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Stream.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--limit-modules",
                        "java.base",
                        "-cp",
                        StressTest.classPath(),
                        WithoutFlightRecorder.class.getName())
                    .toList())
            .redirectErrorStream(true)
            .start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(output).contains("version 2");
    assertThat(child.exitValue()).as(output).isZero();
  }
}
