package femto.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

class BenchmarkListTest {
  @Test
  void shouldListTheBenchmarks() {
    var output = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
    assertThat(BenchmarkList.defaultList().getAll(output, List.of()))
        .extracting("username")
        .contains(
            "femto.bench.RankingBenchmark.folded",
            "femto.bench.LearnerBenchmark.learn",
            "femto.bench.KernelBenchmark.top",
            "femto.bench.KernelBenchmark.gather",
            "femto.bench.SparseRowsBenchmark.score",
            "femto.bench.PeerBenchmark.top",
            "femto.bench.alternatives.ScanAlternativesBenchmark.top",
            "femto.bench.SequentialReadBenchmark.read",
            "femto.bench.RandomReadBenchmark.read");
  }
}
