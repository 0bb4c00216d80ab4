package femto.bench.online;

import static org.assertj.core.api.Assertions.assertThat;

import femto.bench.online.DictionaryCost.Cost;
import femto.bench.online.DictionaryCost.Outcome;
import femto.bench.report.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DictionaryCostTest {
  @TempDir Path folder;

  /** That each value is found again is looked at while it is measured. */
  @Test
  void shouldMeasureAllThree() throws IOException {
    Outcome outcome = DictionaryCost.measure(folder, 50_000);
    for (Cost cost : List.of(outcome.femto(), outcome.fastutil(), outcome.chronicle())) {
      assertThat(cost.inserts()).as(cost.label()).isPositive();
      assertThat(cost.finds()).as(cost.label()).isPositive();
      // 17 characters and a number at least.
      assertThat(cost.bytes()).as(cost.label()).isBetween(21.0, 1000.0);
    }
    assertThat(outcome.memoryBytes()).isBetween(10.0, outcome.femto().bytes());
    assertThat(outcome.findings().stream().map(Finding::id))
        .containsExactly("dictionary.insert", "dictionary.find", "dictionary.bytes");
  }

  @Test
  void shouldHoldTheDictionaryAgainstWhatItIsMadeOf() {
    Cost femto = new Cost("femto", 1, 8, 100);
    Cost heap = new Cost("heap", 5, 16, 60);
    Cost map = new Cost("map", 2, 4, 50);
    List<Finding> rows = new Outcome(10, femto, heap, map, 70).findings();
    assertThat(rows.stream().map(Finding::ratio)).containsExactly(0.5, 0.5, 2.0);
    assertThat(rows.get(1).json()).containsEntry("ratio_is", "times_as_fast");
    assertThat(rows.get(2).json()).containsEntry("ratio_is", "times_the_cost");
  }
}
