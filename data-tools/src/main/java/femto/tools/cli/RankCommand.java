package femto.tools.cli;

import femto.file.DurableFile;
import femto.kernels.Kernels;
import femto.model.FeatureSpace;
import femto.model.Model;
import femto.model.ModelFile;
import femto.model.Side;
import femto.tools.data.DataSet;
import femto.tools.evaluate.CandidatesByContext;
import femto.tools.evaluate.Split;
import femto.tools.rank.BatchRanking;
import femto.tools.rank.EntityTable;
import femto.tools.rank.RankingFile;
import femto.tools.train.DerivedFields;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "rank",
    description = {
      "Find the best candidates for every context.",
      "",
      "Contexts and candidates come from a data set, or from two CSV files whose first "
          + "line names fields of the model (and perhaps id); several values of one field are "
          + "written Action|Comedy. Writes one line for each context and rank."
    })
final class RankCommand extends BaseCommand {
  @Parameters(paramLabel = "MODEL", description = "A model file.")
  Path file = Path.of("");

  @ArgGroup(multiplicity = "1")
  @Nullable Source source;

  static final class Source {
    @Option(
        names = "--data",
        paramLabel = "DATASET",
        description = "Rank all candidates of a data set for all its contexts.")
    @Nullable Path data;

    @ArgGroup(exclusive = false)
    @Nullable Files files;
  }

  static final class Files {
    @Option(
        names = "--contexts",
        required = true,
        paramLabel = "FILE",
        description = "CSV of contexts.")
    Path contexts = Path.of("");

    @Option(
        names = "--candidates",
        required = true,
        paramLabel = "FILE",
        description = "CSV of candidates.")
    Path candidates = Path.of("");
  }

  @Option(
      names = "--exclude-seen",
      description = "With --data: leave out what a context has a rating for.")
  boolean excludeSeen;

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description = "With --exclude-seen: only the training part of this split counts as seen.")
  @Nullable String split;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "100",
      description = "Candidates a context (default: ${DEFAULT-VALUE}).")
  int top = 100;

  @Option(names = "--threads", paramLabel = "N", description = "Threads (default: all cores).")
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "File to write: JSON lines if its name ends in .jsonl, otherwise CSV.")
  Path out = Path.of("");

  private double starting;
  private long started;

  @Override
  public Integer call() throws IOException {
    starting = ManagementFactory.getRuntimeMXBean().getUptime() / 1e3;
    started = System.nanoTime();
    require(top >= 1, "--top must be 1 or more");
    require(threads >= 1, "--threads must be 1 or more");
    Path dataPath = source == null ? null : source.data;
    require(dataPath != null || !excludeSeen, "--exclude-seen needs --data");
    require(split == null || excludeSeen, "--split needs --exclude-seen");
    DurableFile.requireTarget(out);
    try (Model model = readModel()) {
      if (dataPath == null) {
        Files files = source == null || source.files == null ? new Files() : source.files;
        return rank(
            model,
            readCsv(files.contexts, Side.CONTEXT, model.features()),
            readCsv(files.candidates, Side.CANDIDATE, model.features()),
            null);
      }
      try (DataSet data = DataSet.openOrImport(dataPath)) {
        DerivedFields derived = DerivedFields.of(data, model);
        return rank(
            model,
            EntityTable.of(data, Side.CONTEXT, derived),
            EntityTable.of(data, Side.CANDIDATE, derived),
            excludeSeen ? CandidatesByContext.of(data, seen(data)) : null);
      }
    }
  }

  private Model readModel() throws IOException {
    Progress progress = Progress.start("reading the model");
    try {
      return ModelFile.read(file);
    } finally {
      progress.close();
    }
  }

  private static EntityTable readCsv(Path csv, Side side, FeatureSpace space) throws IOException {
    String task = side == Side.CONTEXT ? "reading contexts" : "reading candidates";
    long bytes = csv.toFile().length(); // 0 if there is none, which is refused right after
    try (Progress progress = Progress.start(task, bytes)) {
      return EntityTable.readCsv(csv, side, space, progress::at);
    }
  }

  private int[] seen(DataSet data) {
    return split == null
        ? IntStream.range(0, data.examples()).toArray()
        : Split.byName(data, split).train();
  }

  private int rank(
      Model model,
      EntityTable contexts,
      EntityTable candidates,
      @Nullable CandidatesByContext excluded)
      throws IOException {
    double reading = (System.nanoTime() - started) / 1e9;
    long start = System.nanoTime();
    BatchRanking.Times times;
    BatchRanking ranking = new BatchRanking(model, contexts, candidates, excluded, top);
    try (Phases phases = new Phases(contexts.ids().size())) {
      times = RankingFile.write(ranking, threads, out, phases::at);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    long unknown = contexts.unknownValues() + candidates.unknownValues();
    say(
        "Ranked %s candidates for %s contexts in %.2f seconds: %s."
            .formatted(
                Report.count(candidates.ids().size()),
                Report.count(contexts.ids().size()),
                seconds,
                out));
    say(
        ("Start %.2f s, reading %.2f s, folding %.2f s, ranking %.2f s of each of %s threads,"
                + " writing %.2f s (beside the ranking).")
            .formatted(
                starting,
                reading,
                times.folding(),
                times.ranking(),
                Report.count(threads),
                times.writing()));
    if (unknown > 0) {
      say(Report.count(unknown) + " values were unknown to the model and counted for nothing.");
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("contexts", contexts.ids().size());
    result.put("candidates", candidates.ids().size());
    result.put("unknown_values", unknown);
    result.put("seconds", seconds);
    result.put("start_seconds", starting);
    result.put("reading_seconds", reading);
    result.put("folding_seconds", times.folding());
    result.put("ranking_seconds", times.ranking());
    result.put("writing_seconds", times.writing());
    result.put("threads", threads);
    result.put("kernels", Kernels.implementation());
    result.put("out", out.toString());
    return done(result);
  }

  /** Shows first that candidates are folded, then how many contexts are done. */
  private static final class Phases implements AutoCloseable {
    private final int contexts;
    private Progress shown = Progress.start("folding candidates");

    Phases(int contexts) {
      this.contexts = contexts;
    }

    void at(long done) {
      if (done == 0) {
        shown.close();
        shown = Progress.start("ranking", contexts);
      } else {
        shown.at(done);
      }
    }

    @Override
    public void close() {
      shown.close();
    }
  }
}
