package femto.bench.online;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.bench.report.Picture;
import femto.bench.report.SetReport;
import femto.bench.report.WrongAnswerException;
import femto.kernels.Kernels;
import femto.tools.ads.AdOptions;
import femto.tools.ads.AdStream;
import femto.tools.cli.Progress;
import femto.tools.data.TemporaryFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The claims about learning while serving. A row that fails says why and does not keep the others
 * from being measured.
 */
public final class OnlineBenchmarks {
  private static final List<Integer> RATES = List.of(10, 100);
  private static final double DRIFT = 1;
  private static final int STEPS = 7 + RATES.size();

  private final OnlineSize size;
  private final Path folder;
  private final Progress progress;
  private final List<Finding> rows = new ArrayList<>();
  private final List<Figure> figures = new ArrayList<>();
  private Picture picture = (title, png) -> {};

  private OnlineBenchmarks(OnlineSize size, Path folder, Progress progress) {
    this.size = size;
    this.folder = folder;
    this.progress = progress;
  }

  /**
   * Measures everything, with a progress bar on a terminal.
   *
   * @param size how long, on how much
   * @return what came out
   * @throws WrongAnswerException if a reader got a score, or a dictionary gave a row, that is wrong
   * @throws IOException if the files that it takes cannot be written
   */
  public static SetReport measure(OnlineSize size) throws IOException {
    try (TemporaryFolder folder = TemporaryFolder.create("femto-bench");
        Progress progress = Progress.start("measuring", STEPS)) {
      OnlineBenchmarks run = new OnlineBenchmarks(size, folder.path(), progress);
      return run.report(run.run());
    }
  }

  private SetReport report(int candidates) {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("kernels", Kernels.implementation());
    String method =
        String.format(
            Locale.ROOT,
            "%,d events of 39 fields, %d rounds of %d ms online and as many offline in turn; probes for"
                + " %d s at each rate of publishing; a stream that drifts: %,d events, then %d blocks"
                + " of %,d; %,d values in a dictionary; %d processes following for %d s; %d kills."
                + " drift.gap: each event is scored just before it is learned; what is left to the"
                + " best possible is what nobody can know yet of values that have come seldom or"
                + " never, what has moved since they came last, and the noise of the last steps",
            size.events(),
            size.pairs(),
            size.round().toMillis(),
            size.fresh().toSeconds(),
            size.driftFirst(),
            size.driftBlocks(),
            size.driftBlock(),
            size.keys(),
            size.followers(),
            size.follow().toSeconds(),
            size.kills());
    return SetReport.of(
        new SetReport.Scope(
            "online",
            size.name(),
            candidates,
            "candidates",
            method,
            "log loss of a model that follows, of one that is frozen, and of the truth"),
        machine,
        rows,
        figures,
        picture);
  }

  /** Returns how many candidates there were. */
  private int run() throws IOException {
    Path wide = folder.resolve("wide.csv");
    try (OutputStream out = Files.newOutputStream(wide)) {
      new AdStream(new AdOptions(1, DRIFT, true, false)).write(out, size.events(), 0, () -> false);
    }
    EncodedEvents events = EncodedEvents.read(wide);
    progress.step();
    part(List.of("learn.events"), "events/s", () -> learn(events));
    part(List.of("follow.events"), "events/s", () -> follow(wide));
    for (int rate : RATES) {
      part(List.of("fresh.p50." + rate, "fresh.p99." + rate), "us", () -> fresh(events, rate));
    }
    part(List.of("drift.gain", "drift.gap"), "nats", this::drift);
    part(
        List.of("dictionary.insert", "dictionary.find", "dictionary.bytes"),
        "values",
        this::dictionary);
    part(List.of("followers"), "processes", () -> followers(events));
    part(List.of("kill"), "faults", this::kill);
    return events.candidates().size();
  }

  /** What may go wrong without the others being worthless. */
  @FunctionalInterface
  private interface Part {
    void run() throws IOException, InterruptedException;
  }

  private void part(List<String> ids, String unit, Part part) {
    try {
      part.run();
    } catch (IOException | IllegalStateException failure) {
      ids.forEach(
          id ->
              rows.add(
                  new Finding(id, "not measured", unit, "none").fails("failed: " + why(failure))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", e);
    }
    progress.step();
  }

  private static String why(Exception failure) {
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }

  private void learn(EncodedEvents events) {
    LearnRate.Outcome outcome = LearnRate.measure(events, size.pairs(), size.round());
    rows.add(outcome.finding());
    figures.addAll(outcome.figures());
  }

  private void follow(Path wide) throws IOException {
    FollowRate.Outcome outcome = FollowRate.measure(wide, folder);
    rows.add(outcome.finding());
    figures.addAll(outcome.figures());
  }

  private void fresh(EncodedEvents events, int rate) {
    Freshness.Outcome outcome = Freshness.measure(events, rate, size.fresh());
    rows.addAll(outcome.findings());
    figures.addAll(outcome.figures());
  }

  private void drift() throws IOException {
    DriftGain.Outcome outcome =
        DriftGain.measure(folder, DRIFT, size.driftFirst(), size.driftBlocks(), size.driftBlock());
    rows.addAll(outcome.findings());
    figures.addAll(outcome.figures());
    picture = outcome::draw;
  }

  private void dictionary() throws IOException {
    DictionaryCost.Outcome outcome = DictionaryCost.measure(folder, size.keys());
    rows.addAll(outcome.findings());
    figures.addAll(outcome.figures());
  }

  private void followers(EncodedEvents events) throws IOException, InterruptedException {
    Followers.Outcome outcome = Followers.measure(events, folder, size.followers(), size.follow());
    rows.add(outcome.finding());
    figures.addAll(outcome.figures());
  }

  private void kill() throws IOException, InterruptedException {
    Kills.Outcome outcome = Kills.measure(folder, size.kills());
    rows.add(outcome.finding());
    figures.addAll(outcome.figures());
  }
}
