package femto.bench.learn;

import femto.learn.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** libFM's stochastic gradient descent, which is its own and on one thread. */
final class LibFmEngine implements Engine {
  static final String PROPERTY = "femto.bench.libfm";

  static Path program() {
    return PeerProcess.find(PROPERTY, "libFM", "build it from its sources");
  }

  @Override
  public String name() {
    return "libFM sgd";
  }

  @Override
  public Optimizer optimizer() {
    return Optimizer.SGD;
  }

  @Override
  public List<Setting> settings() {
    return Setting.ofSgd();
  }

  @Override
  public Learned learn(Clicks clicks, Setting setting, int passes) throws IOException {
    Path log = clicks.train().resolveSibling("libfm.log");
    Path out = clicks.train().resolveSibling("libfm.out");
    Files.deleteIfExists(log);
    PeerProcess.run(
        List.of(
            program().toString(),
            "-task",
            "c",
            "-train",
            clicks.train().toString(),
            "-test",
            clicks.test().toString(),
            "-dim",
            "1,1," + Clicks.FACTORS,
            "-iter",
            Integer.toString(passes),
            "-method",
            "sgd",
            "-learn_rate",
            Double.toString(setting.stepSize()),
            "-regular",
            "0," + setting.l2() + "," + setting.l2(), // none on the bias
            "-init_stdev",
            Double.toString(FemtoEngine.SGD_SCALE),
            "-seed",
            "1",
            "-rlog",
            log.toString(),
            "-out",
            out.toString()),
        clicks.train().getParent());
    return new Learned(
        learningSeconds(Files.readAllLines(log)), clicks.logLoss(PeerProcess.numbers(out)));
  }

  /** The sum of a column that its header names. */
  static double learningSeconds(List<String> log) {
    int column = Arrays.asList(log.get(0).split("\t", -1)).indexOf("time_learn");
    if (column < 0 || log.size() < 2) {
      throw new IllegalStateException("libFM has not said what its passes took: " + log);
    }
    return log.stream()
        .skip(1)
        .filter(line -> !line.isBlank())
        .mapToDouble(line -> Double.parseDouble(line.split("\t", -1)[column]))
        .sum();
  }
}
