package femto.bench.online;

import static org.assertj.core.api.Assertions.assertThat;

import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.model.Encoder;
import femto.model.FeatureSpace;
import femto.model.Side;
import femto.tools.stream.Event;
import femto.tools.stream.EventReader;
import femto.tools.stream.OnBadRow;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncodedEventsTest {
  @TempDir Path folder;

  /** What an encoder makes of a row by the frozen values is what was kept of it. */
  @Test
  void shouldHoldEveryRowAsItsFeatures() throws IOException {
    Path file = SmallStream.file(folder);
    EncodedEvents events = EncodedEvents.read(file);
    assertThat(events.size()).isEqualTo(SmallStream.ROWS);
    FeatureSpace space = events.space();
    Encoder context = new Encoder(space, Side.CONTEXT);
    Encoder candidate = new Encoder(space, Side.CANDIDATE);
    Event event = new Event();
    Example row = new Example();
    ExampleSource source = events.source();
    source.start(0);
    Set<String> ads = new HashSet<>();
    try (EventReader reader = EventReader.open(file, OnBadRow.STOP)) {
      while (reader.next(event, Duration.ZERO)) {
        assertThat(source.next(row)).isTrue();
        EncodedEvents.encode(event, space.fields(), context, candidate);
        assertThat(row.label()).isEqualTo(event.label());
        int ofContext = context.finish();
        int ofCandidate = candidate.finish();
        assertThat(row.count()).isEqualTo(ofContext + ofCandidate);
        for (int i = 0; i < row.count(); i++) {
          Encoder encoder = i < ofContext ? context : candidate;
          int at = i < ofContext ? i : i - ofContext;
          assertThat(row.feature(i)).isEqualTo(encoder.features()[at]);
          assertThat(row.weight(i)).isEqualTo(encoder.weights()[at]);
        }
        ads.add(event.value(space.requireField("ad"), 0).toString());
      }
      assertThat(context.unknownValues() + candidate.unknownValues()).isZero();
    }
    assertThat(source.next(row)).isFalse();
    assertThat(events.candidates().size()).isEqualTo(ads.size() + 1);
  }

  @Test
  void shouldHaveACandidateThatNoRowShows() throws IOException {
    EncodedEvents events = SmallStream.events(folder);
    FeatureSpace space = events.space();
    assertThat(space.find(space.requireField("ad"), EncodedEvents.PROBE)).isEqualTo(events.probe());
    assertThat(events.probeCandidate()).isEqualTo(events.candidates().size() - 1);
    Example row = new Example();
    for (int i = 0; i < events.size(); i++) {
      events.copy(i, row);
      for (int j = 0; j < row.count(); j++) {
        assertThat(row.feature(j)).isNotEqualTo(events.probe());
      }
    }
  }
}
