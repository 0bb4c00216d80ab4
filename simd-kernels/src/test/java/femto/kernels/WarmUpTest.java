package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import femto.kernels.TestTable.Kind;
import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import java.lang.reflect.Proxy;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
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
  void shouldBeHealthyUnlessVectorsAreClearlySlowerThanScalarCode() {
    assertThat(new WarmUp("vector 256", 1, 2, 3).isHealthy()).isTrue();
    assertThat(new WarmUp("vector 256", 1, 3, 3).isHealthy()).isTrue();
    assertThat(new WarmUp("vector 256", 1, 5.9, 3).isHealthy()).isTrue();
    assertThat(new WarmUp("vector 256", 1, 6.1, 3).isHealthy()).isFalse();
    assertThat(new WarmUp("scalar", 1, 4, 3).isHealthy()).isTrue();
  }

  @Test
  void shouldStopOnceNothingBecomesFaster() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 20_000, 8, 1);
    long begin = System.nanoTime();
    WarmUp found = new TopSearch(table.table(), table.screen()).warmUp(Duration.ofSeconds(100));
    assertThat(System.nanoTime() - begin).isBetween(250_000_000L, 50_000_000_000L);
    assertThat(found.isHealthy()).isTrue();
  }

  /** Scalar kernels under the name of others, which gather several times over: they are slower. */
  private static KernelSupport slow(IntPredicate isSlowCall) {
    ScalarKernels scalar = new ScalarKernels();
    AtomicInteger calls = new AtomicInteger();
    return (KernelSupport)
        Proxy.newProxyInstance(
            KernelSupport.class.getClassLoader(),
            new Class<?>[] {KernelSupport.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("name")) {
                return "vector 256";
              }
              int times = isSlowCall.test(calls.getAndIncrement()) ? 8 : 1;
              for (int i = 1; i < times; i++) {
                method.invoke(scalar, arguments);
              }
              return method.invoke(scalar, arguments);
            });
  }

  /** Keeps what is logged. */
  private static final class Log implements System.Logger {
    final List<String> lines = new ArrayList<>();

    @Override
    public String getName() {
      return "test";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle bundle, String text, @Nullable Throwable thrown) {
      lines.add(level + " " + text);
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle bundle, String format, Object... arguments) {
      lines.add(level + " " + MessageFormat.format(format, arguments));
    }
  }

  private static List<String> logged(KernelSupport kernels, boolean healthy) {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 5000, 16, 1);
    TopSearch search = new TopSearch(table.table(), table.screen());
    search.warmUp(Duration.ofSeconds(20)); // so that the scalar kernels are compiled
    Log log = new Log();
    WarmUp found = new WarmUpRun(table.table(), search, kernels, log).run(Duration.ofMillis(400));
    assertThat(found.isHealthy()).isEqualTo(healthy);
    return log.lines;
  }

  @Test
  void shouldWarnOfKernelsThatAreSlowerThanScalarOnes() {
    List<String> lines = logged(slow(call -> true), false);
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).startsWith("WARNING vector 256 kernels take ");
  }

  @Test
  void shouldNotWarnOfKernelsThatWereSlowForAWhile() {
    // Of every five comparisons one is undisturbed.
    assertThat(logged(slow(call -> call / 40 % 5 != 3), true)).isEmpty();
  }

  @Test
  void shouldBeSteadyWhenNothingHasBecomeFasterForAsLongAsItTookBefore() {
    long ms = 1_000_000;
    SteadyState steady = new SteadyState(2, 0);
    assertThat(steady.isReached(249 * ms)).isFalse();
    assertThat(steady.isReached(250 * ms)).isTrue();
    steady.took(0, 1000, 300 * ms);
    steady.took(1, 50, 310 * ms);
    assertThat(steady.isReached(560 * ms)).isFalse();
    steady.took(0, 951, 600 * ms);
    assertThat(steady.isReached(619 * ms)).isFalse();
    assertThat(steady.isReached(620 * ms)).isTrue();
    steady.took(1, 47, 650 * ms);
    assertThat(steady.isReached(1299 * ms)).isFalse();
    assertThat(steady.isReached(1300 * ms)).isTrue();
    steady.prolong(1300 * ms);
    assertThat(steady.isReached(2599 * ms)).isFalse();
    assertThat(steady.isReached(2600 * ms)).isTrue();
  }
}
