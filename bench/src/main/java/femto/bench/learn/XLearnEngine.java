package femto.bench.learn;

import femto.learn.Optimizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * xLearn's factorization machine on one thread, without its scaling of instances and without
 * stopping early.
 */
final class XLearnEngine implements Engine {
  /** Of its own 0.66, AdaGrad reaches 0.517 and not 0.502. */
  private static final String INITIAL_SCALE = "0.05";

  static final String PROPERTY = "femto.bench.xlearn";

  /** [ 100% ] epoch, training loss, seconds. */
  private static final Pattern EPOCH =
      Pattern.compile("\\[\\s*\\d+%\\s*]\\s+\\d+\\s+(\\S+)\\s+([0-9.]+)");

  private final Optimizer optimizer;

  XLearnEngine(Optimizer optimizer) {
    this.optimizer = optimizer;
  }

  @Override
  public String name() {
    return "xLearn " + rule();
  }

  private String rule() {
    return optimizer.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Optimizer optimizer() {
    return optimizer;
  }

  @Override
  public List<Setting> settings() {
    return optimizer == Optimizer.FTRL
        ? Setting.ofFtrl()
        : List.of(
            new Setting(0.01, 1, 0),
            new Setting(0.02, 1, 0),
            new Setting(0.03, 1, 0),
            new Setting(0.01, 1, 0.01),
            new Setting(0.02, 1, 0.01),
            new Setting(0.03, 1, 0.01),
            new Setting(0.02, 1, 0.03),
            new Setting(0.03, 1, 0.03));
  }

  @Override
  public Learned learn(Clicks clicks, Setting setting, int passes) throws IOException {
    Path train = PeerProcess.find(PROPERTY, "xlearn_train", "build it from its sources");
    Path predict = train.resolveSibling("xlearn_predict");
    Path model = clicks.train().resolveSibling("xlearn.model");
    Path out = clicks.train().resolveSibling("xlearn.out");
    String said =
        PeerProcess.run(
            List.of(
                train.toString(),
                clicks.train().toString(),
                "-s",
                "1", // a factorization machine, log loss
                "-k",
                Integer.toString(Clicks.FACTORS),
                "-p",
                rule(),
                optimizer == Optimizer.FTRL ? "-alpha" : "-r",
                Double.toString(setting.stepSize()),
                "-u",
                INITIAL_SCALE,
                "-beta",
                Double.toString(setting.damping()),
                "-b",
                Double.toString(setting.l2()),
                "-e",
                Integer.toString(passes),
                "-nthread",
                "1",
                "--no-norm",
                "--dis-es",
                "-m",
                model.toString()),
            clicks.train().getParent());
    double seconds = 0;
    int epochs = 0;
    for (Matcher epoch = EPOCH.matcher(said); epoch.find(); epochs++) {
      seconds += Double.parseDouble(epoch.group(2));
    }
    if (epochs != passes) {
      throw new IllegalStateException("xLearn has not said what its passes took: " + said);
    }
    PeerProcess.run(
        List.of(
            predict.toString(),
            clicks.test().toString(),
            model.toString(),
            "-o",
            out.toString(),
            "--sigmoid",
            "--no-norm",
            "-nthread",
            "1"),
        clicks.train().getParent());
    return new Learned(seconds, clicks.logLoss(PeerProcess.numbers(out)));
  }
}
