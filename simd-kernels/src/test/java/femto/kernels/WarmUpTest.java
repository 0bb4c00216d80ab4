package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import femto.kernels.TestTable.Kind;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("once")
class WarmUpTest {
  @ParameterizedTest
  @CsvSource({"1, 0", "50, 3", "20000, 8"})
  void shouldSearchATableOfAnySizeAndSayWhatWasFound(int rows, int length) {
    TestTable table = TestTable.of(Kind.GAUSSIAN, rows, length, 1);
    WarmUp found = new TopSearch(table.table(), table.screen()).warmUp(Duration.ofMillis(50));
    assertThat(found.implementation()).isEqualTo(Kernels.implementation());
    assertThat(found.searches()).isPositive();
    assertThat(found.nanosPerRow()).isPositive();
    assertThat(found.scalarNanosPerRow()).isPositive();
  }

  @Test
  void shouldSearchOnceWhenThereIsNoTime() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 3000, 4, 1);
    WarmUp found = new TopSearch(table.table(), null).warmUp(Duration.ZERO);
    assertThat(found.searches()).isEqualTo(1);
  }

  @Test
  void shouldDoNothingWhenThereIsNoRow() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 0, 4, 1);
    WarmUp found = new TopSearch(table.table(), table.screen()).warmUp(Duration.ofSeconds(9));
    assertThat(found).isEqualTo(new WarmUp(Kernels.implementation(), 0, 0, 0));
    assertThat(found.isHealthy()).isTrue();
  }

  @Test
  void shouldBeHealthyUnlessVectorsAreSlowerThanScalarCode() {
    assertThat(new WarmUp("vector 256", 1, 2, 3).isHealthy()).isTrue();
    assertThat(new WarmUp("vector 256", 1, 3, 3).isHealthy()).isTrue();
    assertThat(new WarmUp("vector 256", 1, 4, 3).isHealthy()).isFalse();
    assertThat(new WarmUp("scalar", 1, 4, 3).isHealthy()).isTrue();
  }
}
