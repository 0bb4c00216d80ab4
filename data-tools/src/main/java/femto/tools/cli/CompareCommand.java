package femto.tools.cli;

import femto.tools.compare.Baseline;
import femto.tools.compare.ModelComparison;
import femto.tools.compare.ModelComparison.Figure;
import femto.tools.compare.ModelComparison.Row;
import femto.tools.compare.Preset;
import femto.tools.data.DataSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "compare",
    description = {
      "Set recommenders side by side under a protocol of the field.",
      "",
      "  femto compare --data ml-100k --preset lecture",
      "  femto compare --data ml-100k --preset ms-recommenders --seeds 5",
      "",
      "Presets: lecture, ms-recommenders, cornac, cornac-positive, recbole; each prints "
          + "its protocol. A figure says nothing without it: one and the same model is at 0.15 "
          + "under one and at 0.44 under another.",
      "",
      "Models: popularity, item-cf, ease, bpr. The settings of each are chosen on a part "
          + "cut from training. Intervals are over splits, or with one split over users.",
      ""
    })
final class CompareCommand extends BaseCommand {
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
      converter = BaselineConverter.class,
      description = "Which models (default: all).")
  List<Baseline> models = List.of(Baseline.values());

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "How many splits, or starts where the split is by time (default: 1).")
  int seeds = 1;

  static final class PresetConverter implements ITypeConverter<Preset> {
    @Override
    public Preset convert(String text) {
      return named(Preset.values(), text);
    }
  }

  static final class BaselineConverter implements ITypeConverter<Baseline> {
    @Override
    public Baseline convert(String text) {
      return named(Baseline.values(), text);
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
    long start = System.nanoTime();
    try (DataSet data = DataSet.openOrImport(dataPath)) {
      List<Row> rows;
      try (Progress progress = Progress.start("comparing", (long) models.size() * seeds)) {
        rows = ModelComparison.run(data, preset, models, seeds, progress::step);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      if (!json) {
        print(rows, seconds);
      }
      return done(result(rows, seconds));
    }
  }

  private void print(List<Row> rows, double seconds) {
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
      Figure ndcg = figure(row, "ndcg_at_10");
      table.row(
          row.model().toString(),
          Report.number(ndcg.value()),
          Report.number(ndcg.low()) + " to " + Report.number(ndcg.high()),
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
    for (Row row : rows) {
      if (!row.settings().isEmpty()) {
        say(row.model() + ": " + row.settings());
      }
      if (row.tied() > 0) {
        say(
            row.model()
                + ": ties may have decided a figure for "
                + Report.count(row.tied())
                + " users; of equal scores the lower index comes first");
      }
    }
    say(
        "%s users, %s, %.1f seconds."
            .formatted(
                Report.count(rows.isEmpty() ? 0 : rows.get(0).users()),
                seeds == 1 ? "one seed" : seeds + " seeds",
                seconds));
  }

  private static Figure figure(Row row, String name) {
    return java.util.Objects.requireNonNull(row.figures().get(name));
  }

  private static String cell(Row row, String name) {
    return Report.number(figure(row, name).value());
  }

  private Map<String, Object> result(List<Row> rows, double seconds) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("preset", preset.toString());
    result.put("protocol", preset.protocol());
    result.put("seeds", seeds);
    List<Map<String, Object>> all = new ArrayList<>();
    for (Row row : rows) {
      Map<String, Object> members = new LinkedHashMap<>();
      members.put("model", row.model().toString());
      row.figures()
          .forEach(
              (name, figure) -> {
                members.put(name, figure.value());
                members.put(name + "_low", figure.low());
                members.put(name + "_high", figure.high());
              });
      members.put("settings", row.settings());
      members.put("users", row.users());
      members.put("users_tied", row.tied());
      members.put("seconds", row.seconds());
      all.add(members);
    }
    result.put("rows", all);
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
    result.put("seconds", seconds);
    return result;
  }
}
