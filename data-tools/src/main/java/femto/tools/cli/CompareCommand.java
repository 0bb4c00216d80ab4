package femto.tools.cli;

import femto.tools.compare.Contender;
import femto.tools.compare.Feedback;
import femto.tools.compare.ModelComparison;
import femto.tools.compare.ModelComparison.Figure;
import femto.tools.compare.ModelComparison.Pair;
import femto.tools.compare.ModelComparison.Result;
import femto.tools.compare.ModelComparison.Row;
import femto.tools.compare.Preset;
import femto.tools.compare.Reranking;
import femto.tools.data.DataSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "compare",
    description = {
      "Set recommenders side by side under a protocol of the field.",
      "",
      "  femto compare --data ml-100k --preset lecture --seeds 1",
      "  femto compare --data ml-100k --preset ms-recommenders --report compared.html",
      "  femto compare --data ml-100k --models fm,ease --rerank mmr:0.7,cap:genre:3",
      "",
      "Presets: lecture, ms-recommenders, cornac, cornac-positive, recbole; each prints "
          + "its protocol. A figure says nothing without it: one and the same model is at 0.15 "
          + "under one and at 0.44 under another.",
      "",
      "  femto compare --data ml-100k --preset cornac --models ease,bpr,warp,fm-warp,fm-ials",
      "",
      "Models: popularity, popularity-fading, item-cf, item-cf-jaccard, item-cf-adjusted, ease, bpr, "
          + "bpr-published, warp, linear, fm, fm-warp, fm-ials. The last two know all fields and "
          + "what each user has seen; where a protocol trains on ratings of which only some would be "
          + "relevant, they rank those high and take the others as seen. Of each that has settings three are tried on a part cut from training. "
          + "Intervals are over splits, or with one split over users; differences are tested in "
          + "pairs.",
      ""
    })
final class CompareCommand extends BaseCommand {
  /**
   * Where a trade-off is looked at: less and less of the score, more and more of the difference.
   */
  private static final List<Reranking> TRADE_OFF =
      Stream.of(0.9, 0.8, 0.7, 0.5, 0.3).<Reranking>map(Reranking.Mmr::new).toList();

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "A data-set folder, or a raw MovieLens folder.")
  Path dataPath = Path.of("");

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      converter = PresetConverter.class,
      description = "The protocol (default: ${DEFAULT-VALUE}).")
  Preset preset = Preset.LECTURE;

  @Option(
      names = "--models",
      split = ",",
      paramLabel = "MODEL",
      converter = ContenderConverter.class,
      description = "Which models (default: popularity,item-cf,ease,bpr,linear,fm).")
  List<Contender> models =
      List.of(
          Contender.POPULARITY,
          Contender.ITEM_CF,
          Contender.EASE,
          Contender.BPR,
          Contender.LINEAR,
          Contender.FM);

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "How many splits, or starts where the split is by time (default: 5).")
  int seeds = 5;

  @Option(
      names = "--rerank",
      split = ",",
      paramLabel = "HOW",
      converter = RerankingConverter.class,
      description = {
        "Show each model also with its lists changed: mmr:LAMBDA weighs score against likeness "
            + "(1 changes nothing), cap:FIELD:N lets at most N items of a list share a value."
      })
  List<Reranking> rerankings = List.of();

  @Option(
      names = "--tradeoff",
      description = "Accuracy against diversity: each model with mmr from 0.9 to 0.3.")
  boolean tradeOff;

  @Option(
      names = "--feedback",
      paramLabel = "CSV",
      description = {
        "How satisfied users were, for serendipity: columns user, item, satisfaction (0 to 1); "
            + "without it, what is relevant in the test part satisfies."
      })
  @Nullable Path feedbackFile;

  @Option(
      names = "--users",
      paramLabel = "CSV",
      description = "Write the figures of each user there, of the first split.")
  @Nullable Path usersFile;

  @Option(
      names = "--report",
      paramLabel = "HTML",
      description = "Write a page with tables and plots there; takes --tradeoff with it.")
  @Nullable Path reportFile;

  @Mixin RunLogOption runs = new RunLogOption();

  static final class PresetConverter implements ITypeConverter<Preset> {
    @Override
    public Preset convert(String text) {
      return named(Preset.values(), text);
    }
  }

  static final class ContenderConverter implements ITypeConverter<Contender> {
    @Override
    public Contender convert(String text) {
      return named(Contender.values(), text);
    }
  }

  static final class RerankingConverter implements ITypeConverter<Reranking> {
    @Override
    public Reranking convert(String text) {
      try {
        return Reranking.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  private static <T> T named(T[] values, String text) {
    for (T value : values) {
      if (value.toString().equalsIgnoreCase(text.strip())) {
        return value;
      }
    }
    throw new TypeConversionException(
        "expected one of " + List.of(values).toString() + " but was '" + text + "'");
  }

  @Override
  public Integer call() throws IOException {
    require(seeds >= 1, "--seeds must be 1 or more");
    require(!models.isEmpty(), "--models names no model");
    long start = System.nanoTime();
    try (DataSet data = DataSet.openOrImport(dataPath)) {
      Feedback feedback = feedbackFile == null ? null : Feedback.read(feedbackFile, data);
      if (feedback != null && feedback.unknown() > 0) {
        err()
            .printf(
                "femto: warning: %s rows of %s are of users or items that the data does not have%n",
                Report.count(feedback.unknown()), feedbackFile);
        err().flush();
      }
      List<Reranking> all = new ArrayList<>(rerankings);
      if (tradeOff || reportFile != null) {
        TRADE_OFF.stream().filter(one -> !all.contains(one)).forEach(all::add);
      }
      ModelComparison comparison = new ModelComparison(data, preset, seeds, all, feedback);
      Result found;
      try (Progress progress = Progress.start("comparing", comparison.steps(models))) {
        found = comparison.run(models, progress::step);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      rows(found).forEach(row -> log(data, row));
      if (usersFile != null) {
        writeUsers(usersFile, data, found);
      }
      if (reportFile != null) {
        ComparisonPage.of(preset, seeds, found, rows(found), seconds).write(reportFile);
        say("Wrote " + reportFile);
      }
      if (!json) {
        print(found, seconds);
      }
      return done(result(found, seconds));
    }
  }

  /** Rows of the models themselves and of what was asked for, without those of the trade-off. */
  private List<Row> rows(Result found) {
    List<String> asked = rerankings.stream().map(Reranking::toString).toList();
    return found.rows().stream()
        .filter(row -> row.reranking().isEmpty() || asked.contains(row.reranking()))
        .toList();
  }

  private void log(DataSet data, Row row) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("settings", row.settings());
    parameters.put("seeds", Integer.toString(seeds));
    if (feedbackFile != null) {
      parameters.put("feedback", feedbackFile.toString());
    }
    if (!row.reranking().isEmpty()) {
      parameters.put("rerank", row.reranking());
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    row.figures().forEach((name, figure) -> metrics.put(name, figure.value()));
    runs.append(
        runs.run(
            data.identity(),
            preset.toString(),
            row.model(),
            parameters,
            1, // the first of the seeds
            metrics,
            row.seconds(),
            null));
  }

  private static void writeUsers(Path file, DataSet data, Result found) throws IOException {
    CsvFile.write(
        file,
        csv -> {
          List<String> header = new ArrayList<>(List.of("model", "user"));
          header.addAll(found.rows().get(0).ofUsers().keySet());
          csv.writeRecord(header);
          for (Row row : found.rows()) {
            for (int i = 0; i < row.users().length; i++) {
              List<String> cells =
                  new ArrayList<>(List.of(row.name(), data.contextId(row.users()[i])));
              for (double[] figure : row.ofUsers().values()) {
                cells.add(Double.toString(figure[i]));
              }
              csv.writeRecord(cells);
            }
          }
        });
  }

  private void print(Result found, double seconds) {
    List<Row> rows = rows(found);
    sayWrapped("Protocol " + preset + ": " + preset.protocol() + ".");
    Report.Table table =
        new Report.Table(
            "model",
            "NDCG@10",
            "95 %",
            "prec@10",
            "recall@10",
            "MAP@10",
            "MRR@10",
            "coverage",
            "diversity",
            "serendipity",
            "novelty");
    for (Row row : rows) {
      table.row(
          row.name(),
          cell(row, "ndcg_at_10"),
          interval(row.figure("ndcg_at_10")),
          cell(row, "precision_at_10"),
          cell(row, "recall_at_10"),
          cell(row, "map_at_10"),
          cell(row, "mrr_at_10"),
          cell(row, "coverage"),
          cell(row, "diversity"),
          cell(row, "serendipity"),
          cell(row, "novelty"));
    }
    preset
        .published()
        .forEach(
            (name, ndcg) ->
                table.row(
                    "(published) " + name,
                    Report.number(ndcg),
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    "",
                    ""));
    table.print(out());
    printDifferences(found);
    for (Row row : rows) {
      if (!row.settings().isEmpty() && row.reranking().isEmpty()) {
        say(row.name() + ": " + row.settings() + tried(row));
      }
      if (row.tied() > 0) {
        say(
            row.name()
                + ": ties may have decided a figure for "
                + Report.count(row.tied())
                + " users; of equal scores the lower index comes first");
      }
    }
    if (tradeOff) {
      printTradeOff(found);
    }
    say(
        "%s users, %s left out (nothing in their test part is relevant), %s, %.1f seconds."
            .formatted(
                Report.count(rows.get(0).users().length),
                Report.count(found.usersLeftOut()),
                seeds == 1 ? "one seed" : seeds + " seeds",
                seconds));
  }

  private static String tried(Row row) {
    return row.tried().isEmpty() ? "" : " (best of %d tried)".formatted(row.tried().size());
  }

  /** The best of the models beside each other one. */
  private void printDifferences(Result found) {
    List<String> shown = rows(found).stream().map(Row::name).toList();
    String best =
        rows(found).stream()
            .max(Comparator.comparingDouble(row -> row.figure("ndcg_at_10").value()))
            .map(Row::name)
            .orElse("");
    Report.Table table = new Report.Table("NDCG@10 more than", best, "95 %", "p, paired");
    for (Pair pair : found.pairs()) {
      if (pair.one().equals(best) && shown.contains(pair.other())) {
        table.row(
            pair.other(),
            Report.number(pair.comparison().difference()),
            Report.number(pair.comparison().interval().low())
                + " to "
                + Report.number(pair.comparison().interval().high()),
            Report.pValue(pair.comparison().pValue()));
      }
    }
    if (shown.size() > 1) {
      say("");
      table.print(out());
      say("");
    }
  }

  private void printTradeOff(Result found) {
    say("");
    Report.Table table =
        new Report.Table("accuracy against diversity", "NDCG@10", "diversity", "coverage", "gini");
    for (Row row : found.rows()) {
      table.row(
          row.name(),
          cell(row, "ndcg_at_10"),
          cell(row, "diversity"),
          cell(row, "coverage"),
          cell(row, "gini"));
    }
    table.print(out());
    say("");
  }

  private static String interval(Figure figure) {
    return Report.number(figure.low()) + " to " + Report.number(figure.high());
  }

  private static String cell(Row row, String name) {
    return Report.number(row.figure(name).value());
  }

  private Map<String, Object> result(Result found, double seconds) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("preset", preset.toString());
    result.put("protocol", preset.protocol());
    result.put("seeds", seeds);
    result.put("users_left_out", found.usersLeftOut());
    result.put("rows", rows(found).stream().map(this::members).toList());
    List<Map<String, Object>> published = new ArrayList<>();
    preset
        .published()
        .forEach(
            (name, ndcg) -> {
              Map<String, Object> members = new LinkedHashMap<>();
              members.put("model", name);
              members.put("ndcg_at_10", ndcg);
              published.add(members);
            });
    result.put("published", published);
    result.put("pairs", pairs(found));
    if (tradeOff) {
      result.put("tradeoff", found.rows().stream().map(this::tradeOffMembers).toList());
    }
    result.put("seconds", seconds);
    return result;
  }

  private Map<String, Object> members(Row row) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("model", row.name());
    row.figures()
        .forEach(
            (name, figure) -> {
              members.put(name, figure.value());
              members.put(name + "_low", figure.low());
              members.put(name + "_high", figure.high());
            });
    members.put("settings", row.settings());
    members.put("tried", row.tried());
    members.put("users", row.users().length);
    members.put("users_tied", row.tied());
    members.put("seconds", row.seconds());
    return members;
  }

  private Map<String, Object> tradeOffMembers(Row row) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("model", row.model());
    members.put("rerank", row.reranking());
    for (String figure : List.of("ndcg_at_10", "diversity", "coverage", "gini", "novelty")) {
      members.put(figure, row.figure(figure).value());
    }
    return members;
  }

  private List<Map<String, Object>> pairs(Result found) {
    List<String> shown = rows(found).stream().map(Row::name).toList();
    List<Map<String, Object>> pairs = new ArrayList<>();
    for (Pair pair : found.pairs()) {
      if (shown.contains(pair.one()) && shown.contains(pair.other())) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("model", pair.one());
        members.put("than", pair.other());
        members.put("ndcg_at_10_more", pair.comparison().difference());
        members.put("low", pair.comparison().interval().low());
        members.put("high", pair.comparison().interval().high());
        members.put("p_value", pair.comparison().pValue());
        pairs.add(members);
      }
    }
    return pairs;
  }
}
