package femto.kernels;

import static femto.kernels.ChildJvm.VECTORS;
import static org.assertj.core.api.Assertions.assertThat;

import femto.kernels.ChildJvm.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is decided once a JVM: each test starts one. */
@Tag("once")
class ChildJvmTest {
  /** Says which kernels are in use, and computes something by them. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) {
      System.out.println("using " + Kernels.implementation());
      TestTable table = TestTable.of(TestTable.Kind.GAUSSIAN, 3000, 9, 1);
      SearchCase wanted = SearchCase.by(TopRequest.Method.SCREEN, new float[9], 7);
      int[] indexes = new int[7];
      float[] values = new float[7];
      TopSearch search = new TopSearch(table.table(), table.screen());
      int found = search.top(wanted.request(null), indexes, values);
      wanted.assertFound(wanted.values(table), found, indexes, values);
      System.out.println("found " + found);
    }
  }

  @TempDir private Path directory = Path.of("");

  private Outcome run(String... options) throws IOException, InterruptedException {
    return ChildJvm.run(directory, List.of(options), Probe.class);
  }

  @Test
  void shouldFallBackToScalarCodeAndSayOnceWhatToDo() throws Exception {
    Outcome outcome = run();
    assertThat(outcome.out()).startsWith("using scalar").contains("found 7");
    assertThat(outcome.count("scalar kernels")).as(outcome.err()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("start the JVM with --add-modules jdk.incubator.vector")
        .contains("INFO");
    assertThat(outcome.exit()).isZero();
  }

  @Test
  void shouldUseVectorsAndSayNothingWhereTheyAreThere() throws Exception {
    Outcome outcome = run(VECTORS);
    assertThat(outcome.out()).startsWith("using vector ").contains("found 7");
    assertThat(outcome.err().lines())
        .as("nothing but the JVM's own line")
        .allMatch(line -> line.contains("Using incubator modules: jdk.incubator.vector"));
    assertThat(outcome.exit()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"scalar, scalar", "128, vector 128", "256, vector 256", "512, vector 512"})
  void shouldUseWhatIsAskedFor(String asked, String used) throws Exception {
    Outcome outcome = run(VECTORS, "-Dfemto.kernels=" + asked);
    assertThat(outcome.out()).startsWith("using " + used).contains("found 7");
    assertThat(outcome.exit()).isZero();
  }

  @Test
  void shouldSayNothingWhenScalarCodeIsAskedFor() throws Exception {
    Outcome outcome = run("-Dfemto.kernels=scalar");
    assertThat(outcome.out()).startsWith("using scalar");
    assertThat(outcome.err()).isEmpty();
  }

  @Test
  void shouldRefuseToRunWithoutTheVectorsThatWereAskedFor() throws Exception {
    Outcome outcome = run("-Dfemto.kernels=256");
    assertThat(outcome.exit()).isNotZero();
    assertThat(outcome.err())
        .contains(
            "-Dfemto.kernels=256 needs the Vector API;"
                + " start the JVM with --add-modules jdk.incubator.vector");
  }

  @ParameterizedTest
  @CsvSource({"1024", "avx", "''", "Scalar", "64"})
  void shouldRefuseAChoiceThatThereIsNotAndNameTheOthers(String wrong) throws Exception {
    Outcome outcome = run(VECTORS, "-Dfemto.kernels=" + wrong);
    assertThat(outcome.exit()).isNotZero();
    assertThat(outcome.err())
        .contains("-Dfemto.kernels=" + wrong + ", expected one of auto, scalar, 128, 256, 512");
  }
}
