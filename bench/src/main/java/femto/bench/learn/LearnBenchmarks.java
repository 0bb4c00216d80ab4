package femto.bench.learn;

import femto.bench.learn.LearnSpeed.Outcome;
import femto.bench.learn.LossAfterPasses.Course;
import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.bench.report.Picture;
import femto.bench.report.SetReport;
import femto.kernels.Kernels;
import femto.learn.Optimizer;
import femto.tools.ads.PlantedClicks;
import femto.tools.cli.Progress;
import femto.tools.data.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The claims about learning. A row that fails says why and does not keep the others from being
 * measured.
 */
public final class LearnBenchmarks {
  private static final String STEPS_TEST =
      "femto.kernels.LearningRowsTest, femto.learn.LearnerTest, femto.learn.TrainingTest";
  private static final double FLOOR_AIM = 0.5;
  private static final double XLEARN_AIM = 2.5;
  private static final double LIBFM_AIM = 10;
  private static final double TWO_THREADS_AIM = 1.8;

  /** What is left to chance where losses of two engines are held against one another. */
  private static final double LOSS_NOISE = 0.001;

  private static final double MORE_DATA_AIM = 0.005;
  private static final long SEED = 1;
  private static final int STEPS = 12;

  /** What xLearn has unless told otherwise. */
  private static final double L1 = 1e-5;

  private final LearnSize size;
  private final Path folder;
  private final Progress progress;
  private final List<Finding> rows = new ArrayList<>();
  private final List<Figure> figures = new ArrayList<>();
  private Picture picture = (title, png) -> {};

  private LearnBenchmarks(LearnSize size, Path folder, Progress progress) {
    this.size = size;
    this.folder = folder;
    this.progress = progress;
  }

  /**
   * Measures everything, with a progress bar on a terminal.
   *
   * @param size on how much
   * @return what came out
   * @throws IOException if the files that peers read cannot be written
   */
  public static SetReport measure(LearnSize size) throws IOException {
    try (TemporaryFolder folder = TemporaryFolder.create("femto-bench");
        Progress progress = Progress.start("measuring", STEPS)) {
      LearnBenchmarks run = new LearnBenchmarks(size, folder.path(), progress);
      return run.report(run.run());
    }
  }

  private SetReport report(Clicks clicks) {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("kernels", Kernels.implementation());
    String method =
        String.format(
            Locale.ROOT,
            "%,d training rows and %,d test rows of 39 one-hot fields, %,d features, values by Zipf's"
                + " law, a planted truth of 4 factors whose own log loss on the test rows is %.4f"
                + " and AUC %.4f; k = %d. Factors of a feature share one adaptive"
                + " step. FTRL without L1 is the same algorithm without z, ftrl-l1 has an L1 of 0.00001, as xLearn's has. Rates: the medians of %d rounds, learning and touching in"
                + " turn; the limit reads one number of every cache line of the same rows in the"
                + " same order, the fastest of several ways, and writes nothing; that of two threads"
                + " writes it back, as they take lines from one another. Peers: on the same rows, one thread,"
                + " without reading and predicting; each engine has the best of eight settings of step size, L2"
                + " penalty and, Femto's AdaGrad, first state, FTRL of nine of step"
                + " size and beta (damping both), for each number of passes, by %,d of the training rows and %,d that"
                + " follow them, and begins anew for each; Femto and xLearn shuffle the rows for each pass, which"
                + " the rates above and libFM do not; factors begin at a deviation of 0.003 for SGD and"
                + " of 0.0005 where steps adapt themselves, xLearn's at its -u 0.05. Growth: one thread, AdaGrad, three sizes of"
                + " one thing with the others at their middle size; of fields every fourth or every"
                + " second is kept. Large data: a process of its own, with the heap that is given as the"
                + " limit",
            size.rows(),
            size.testRows(),
            clicks.space().size(),
            clicks.bestLogLoss(),
            clicks.bestAuc(),
            Clicks.FACTORS,
            size.rounds(),
            size.tuningRows(),
            size.tuningRows() / 5);
    return SetReport.of(
        new SetReport.Scope(
            "learn",
            size.name(),
            clicks.space().size(),
            "features",
            method,
            "log loss of the test rows over the seconds of learning, for each engine"),
        machine,
        rows,
        figures,
        picture);
  }

  private Clicks run() throws IOException {
    PlantedClicks table = PlantedClicks.draw(size.rows() + size.testRows(), false, SEED);
    Clicks clicks = new Clicks(table, size.rows(), size.testRows(), folder, "clicks");
    Clicks tuning = new Clicks(table, size.tuningRows(), size.tuningRows() / 5, folder, "tuning");
    progress.step();
    int[][] features = clicks.features();
    FemtoEngine adaGrad = new FemtoEngine(Optimizer.ADAGRAD, 0);
    FemtoEngine ftrl = new FemtoEngine(Optimizer.FTRL, 0);
    FemtoEngine ftrlWithL1 = new FemtoEngine(Optimizer.FTRL, L1);
    FemtoEngine sgd = new FemtoEngine(Optimizer.SGD, 0);
    List<Outcome> speeds = new ArrayList<>();
    for (FemtoEngine engine : List.of(adaGrad, ftrl, ftrlWithL1, sgd)) {
      speeds.add(LearnSpeed.measure(clicks, features, engine, size.rounds()));
      progress.step();
    }
    List<Engine> engines =
        List.of(
            adaGrad,
            ftrl,
            ftrlWithL1,
            sgd,
            new XLearnEngine(Optimizer.ADAGRAD),
            new XLearnEngine(Optimizer.FTRL),
            new LibFmEngine());
    LossAfterPasses.Outcome losses =
        LossAfterPasses.measure(clicks, tuning, size.passes(), engines);
    progress.step();
    for (Outcome speed : speeds) {
      figures.addAll(speed.figures());
      floor(speed);
      againstPeers(speed, losses);
      threads(speed);
    }
    for (Course course : losses.courses()) {
      for (int pass = 1; pass <= size.passes(); pass++) {
        String label =
            "%s, %s, %d passes".formatted(course.engine().name(), course.setting(pass), pass);
        figures.add(Figure.of(label, "nats", course.after(pass).logLoss()));
      }
    }
    for (Engine engine : engines) {
      if (engine instanceof FemtoEngine ours) {
        equalPasses(losses, ours);
      }
    }
    moreData(losses, clicks);
    progress.step();
    folder(clicks, adaGrad);
    growth();
    families();
    gibbs();
    largeData();
    double best = clicks.bestLogLoss();
    picture = (title, png) -> LossOverTimePlot.write(losses.courses(), best, title, png);
    return clicks;
  }

  private void folder(Clicks clicks, FemtoEngine engine) throws IOException {
    int rounds = Math.min(3, size.rounds());
    FolderSpeed.Outcome speed =
        FolderSpeed.measure(clicks, engine, size.testRows(), rounds, folder);
    rows.add(speed.row());
    figures.addAll(speed.figures());
    progress.step();
  }

  private void growth() {
    Growth.Outcome growth = Growth.measure(Growth.Sizes.of(size));
    rows.addAll(growth.rows());
    figures.addAll(growth.figures());
    progress.step();
  }

  private void families() {
    Families.Outcome families = Families.measure(Families.Sizes.of(size));
    rows.addAll(families.rows());
    figures.addAll(families.figures());
    progress.step();
  }

  private void gibbs() throws IOException {
    GibbsSpeed.Outcome gibbs = GibbsSpeed.measure(size, folder);
    rows.addAll(gibbs.rows());
    figures.addAll(gibbs.figures());
    progress.step();
  }

  private void largeData() throws IOException {
    LargeData.Outcome large = LargeData.measure(LargeData.Sizes.of(size), folder);
    rows.addAll(large.rows());
    figures.addAll(large.figures());
    progress.step();
  }

  private void floor(Outcome speed) {
    double limit = Outcome.median(speed.floor());
    rows.add(
        new Finding(
                "learn." + speed.engine().rule(),
                "learned by one thread, 39 fields, k=16, " + speed.engine().rule(),
                "examples/s",
                STEPS_TEST)
            .measured(Outcome.median(speed.one()), limit)
            .detail("bytes_per_feature", speed.engine().bytesPerFeature())
            .detail("read_and_written", Outcome.median(speed.writing()))
            .reaches(
                Outcome.ratio(speed.one(), speed.floor()), "its cache lines touched", FLOOR_AIM));
  }

  private void againstPeers(Outcome speed, LossAfterPasses.Outcome losses) {
    double rate = Outcome.median(speed.one());
    String id = "learn." + speed.engine().rule();
    Optimizer rule = speed.engine().optimizer();
    if (rule == Optimizer.SGD) {
      beside(losses, id + ".libfm", rate, "libFM sgd", LIBFM_AIM);
    } else {
      String peer = "xLearn " + rule.name().toLowerCase(Locale.ROOT);
      beside(losses, id + ".xlearn", rate, peer, XLEARN_AIM);
    }
  }

  private void beside(
      LossAfterPasses.Outcome losses, String id, double rate, String peer, double aim) {
    Finding row =
        new Finding(id, "learned by one thread, beside " + peer, "examples/s", STEPS_TEST)
            .measured(rate, Double.NaN);
    String why = losses.missing().get(peer);
    if (why != null) {
      rows.add(row.missing(peer, why).fails(peer + " is not on this machine"));
      return;
    }
    double theirs = losses.of(peer).rate(size.rows());
    rows.add(row.peer(peer, theirs).reaches(rate / theirs, peer, aim));
  }

  private void threads(Outcome speed) {
    double gained = Outcome.ratio(speed.two(), speed.one());
    double limitGained = Outcome.ratio(speed.writingOfTwo(), speed.writing());
    rows.add(
        new Finding(
                "learn." + speed.engine().rule() + ".threads",
                "learned by two threads, " + speed.engine().rule(),
                "examples/s",
                STEPS_TEST)
            .measured(Outcome.median(speed.two()), Outcome.median(speed.writingOfTwo()))
            .detail("limit_gains", limitGained)
            .detail("reading_gains", Outcome.ratio(speed.floorOfTwo(), speed.floor()))
            .reaches(gained, "one thread", Math.min(TWO_THREADS_AIM, limitGained)));
  }

  /** After the number of passes at which it is furthest behind a peer of the same rule. */
  private void equalPasses(LossAfterPasses.Outcome losses, FemtoEngine engine) {
    Course ours = losses.of(engine.name());
    Finding row =
        new Finding(
            "loss." + engine.rule(),
            "log loss after as many passes, " + engine.rule(),
            "nats",
            "femto.learn.LearnerTest");
    double worst = Double.NEGATIVE_INFINITY;
    int worstPass = 1;
    Course worstPeer = ours;
    for (Course peer : losses.courses()) {
      boolean same = peer.engine().optimizer() == engine.optimizer();
      if (peer.engine() instanceof FemtoEngine || !same) {
        continue;
      }
      for (int pass = 1; pass <= size.passes(); pass++) {
        double more = ours.after(pass).logLoss() - peer.after(pass).logLoss();
        if (more > worst) {
          worst = more;
          worstPass = pass;
          worstPeer = peer;
        }
      }
    }
    row.measured(ours.after(worstPass).logLoss(), Double.NaN)
        .detail("passes", worstPass)
        .detail("setting", ours.setting(worstPass).toString());
    losses.missing().forEach(row::missing);
    if (worst == Double.NEGATIVE_INFINITY) {
      rows.add(row.fails("no peer with these steps is on this machine"));
      return;
    }
    String name = worstPeer.engine().name();
    row.peer(name, worstPeer.after(worstPass).logLoss());
    rows.add(
        row.holds(
            ours.after(worstPass).logLoss() / worstPeer.after(worstPass).logLoss(),
            name,
            1 + LOSS_NOISE / worstPeer.after(worstPass).logLoss()));
  }

  /** What the same steps reach on many times the rows is what more data is worth. */
  private void moreData(LossAfterPasses.Outcome losses, Clicks clicks) throws IOException {
    Course ours = losses.of("Femto adagrad");
    double least =
        ours.afterPasses().stream().mapToDouble(Engine.Learned::logLoss).min().orElseThrow();
    int many = Math.multiplyExact(size.rows(), size.moreRows());
    // The test rows stay those that follow the fewer rows, and nobody learns from them.
    PlantedClicks table = PlantedClicks.draw(many + size.testRows(), false, SEED);
    double more = MoreRows.logLoss(table, size.rows(), size.testRows(), many, ours.setting(1));
    rows.add(
        new Finding(
                "loss.data",
                "log loss beside that of %d times the rows".formatted(size.moreRows()),
                "nats",
                "femto.learn.LearnerTest")
            .measured(least, clicks.bestLogLoss())
            .detail("more_rows", more)
            .holds(
                least / more,
                "%d times the rows".formatted(size.moreRows()),
                1 + MORE_DATA_AIM / more));
  }
}
