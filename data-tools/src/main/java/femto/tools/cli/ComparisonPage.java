package femto.tools.cli;

import femto.tools.compare.ModelComparison.Figure;
import femto.tools.compare.ModelComparison.Pair;
import femto.tools.compare.ModelComparison.Result;
import femto.tools.compare.ModelComparison.Row;
import femto.tools.compare.Preset;
import femto.tools.report.LineChart;
import femto.tools.report.Page;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** A comparison as a page. */
final class ComparisonPage {
  private static final List<String> ACCURACY =
      List.of(
          "ndcg_at_10",
          "graded_ndcg_at_10",
          "precision_at_10",
          "recall_at_10",
          "map_at_10",
          "mrr_at_10",
          "hit_rate_at_10");

  private static final List<String> BEYOND =
      List.of("coverage", "gini", "diversity", "serendipity", "novelty");

  private static final String MMR = "mmr:";

  private ComparisonPage() {}

  static Page of(Preset preset, int seeds, Result found, List<Row> asked, double seconds) {
    List<Row> models = found.rows().stream().filter(row -> row.reranking().isEmpty()).toList();
    Page page = new Page("Recommenders under the protocol " + preset);
    page.text("Protocol: " + preset.protocol() + ".");
    page.text(
        ("%s users, %s left out since nothing in their test part is relevant, %s, %.0f seconds."
                + " Ranges are 95 %% intervals: %s.")
            .formatted(
                Report.count(models.get(0).users().length),
                Report.count(found.usersLeftOut()),
                seeds == 1 ? "one seed" : seeds + " seeds",
                seconds,
                seeds > 1 && preset.isRandom()
                    ? "Student's t over the splits, corrected for what their training parts share"
                    : "bootstrap over the users"));
    accuracy(page, preset, asked);
    byLength(page, models);
    beyond(page, asked);
    differences(page, found.pairs(), asked.stream().map(Row::name).collect(Collectors.toSet()));
    tradeOff(page, found.rows());
    settings(page, models);
    return page;
  }

  private static void accuracy(Page page, Preset preset, List<Row> rows) {
    List<List<String>> cells = new ArrayList<>(cells(rows, ACCURACY));
    for (int i = 0; i < rows.size(); i++) {
      Figure ndcg = rows.get(i).figure("ndcg_at_10");
      cells.get(i).add(2, Report.number(ndcg.low()) + " to " + Report.number(ndcg.high()));
    }
    preset
        .published()
        .forEach((name, ndcg) -> cells.add(List.of(name + " (published)", Report.number(ndcg))));
    List<String> header = header(ACCURACY);
    header.add(2, "95 %");
    page.section("Accuracy").table(header, cells);
  }

  private static void beyond(Page page, List<Row> rows) {
    page.section("Beyond accuracy")
        .text(
            "Coverage: part of the catalogue that is in somebody's list; Gini: 0 if every item is in"
                + " as many lists, near 1 if few are in all. Diversity: how unlike the items of a list"
                + " are; serendipity: how unlike what the user liked before, of what satisfied;"
                + " novelty: bits of surprise that the user knows an item.")
        .table(header(BEYOND), cells(rows, BEYOND));
  }

  private static List<String> header(List<String> figures) {
    List<String> header = new ArrayList<>(List.of("model"));
    figures.forEach(name -> header.add(Report.title(name)));
    return header;
  }

  private static List<List<String>> cells(List<Row> rows, List<String> figures) {
    List<List<String>> cells = new ArrayList<>();
    for (Row row : rows) {
      List<String> line = new ArrayList<>(List.of(row.name()));
      figures.forEach(name -> line.add(Report.number(row.figure(name).value())));
      cells.add(line);
    }
    return cells;
  }

  private static void byLength(Page page, List<Row> rows) {
    LineChart chart =
        new LineChart("NDCG by the length of the list", "items in the list", "NDCG").dots();
    for (Row row : rows) {
      double[] lengths = row.ndcgByLength().keySet().stream().mapToDouble(k -> k).toArray();
      List<Figure> values = List.copyOf(row.ndcgByLength().values());
      chart.band(
          row.name(),
          lengths,
          column(values, Figure::value),
          column(values, Figure::low),
          column(values, Figure::high));
    }
    page.section("From one item to ten").chart(chart);
  }

  private static <T> double[] column(List<T> rows, ToDoubleFunction<T> value) {
    return rows.stream().mapToDouble(value).toArray();
  }

  private static void differences(Page page, List<Pair> pairs, Set<String> shown) {
    List<List<String>> rows = new ArrayList<>();
    for (Pair pair : pairs) {
      if (shown.contains(pair.one()) && shown.contains(pair.other())) {
        rows.add(
            List.of(
                pair.one() + " over " + pair.other(),
                Report.number(pair.comparison().difference()),
                Report.number(pair.comparison().interval().low())
                    + " to "
                    + Report.number(pair.comparison().interval().high()),
                Report.pValue(pair.comparison().pValue())));
      }
    }
    if (!rows.isEmpty()) {
      page.section("Differences")
          .text(
              "Paired: of the same users, or over splits of the same splits. Of twenty true"
                  + " equalities one shows a p below 0.05 by chance.")
          .table(List.of("NDCG@10", "difference", "95 %", "p"), rows);
    }
  }

  private static void tradeOff(Page page, List<Row> rows) {
    LineChart chart =
        new LineChart("Accuracy against diversity", "diversity (1 - mean cosine)", "NDCG@10")
            .dots();
    LineChart coverage =
        new LineChart("Accuracy against coverage", "coverage of the catalogue", "NDCG@10").dots();
    for (Row model : rows) {
      if (!model.reranking().isEmpty()) {
        continue;
      }
      List<Row> curve =
          rows.stream()
              .filter(row -> row.model().equals(model.model()))
              .filter(row -> row.reranking().isEmpty() || row.reranking().startsWith(MMR))
              .sorted(Comparator.comparingDouble(row -> -lambda(row)))
              .toList();
      double[] ndcg = column(curve, row -> row.figure("ndcg_at_10").value());
      chart.line(model.model(), column(curve, row -> row.figure("diversity").value()), ndcg);
      coverage.line(model.model(), column(curve, row -> row.figure("coverage").value()), ndcg);
    }
    page.section("What diversity costs")
        .text(
            "Each line begins at the model's own lists, and goes on with those of maximal marginal"
                + " relevance, which weighs the score less and less and the likeness to what is"
                + " already in the list more and more.")
        .chart(chart)
        .chart(coverage);
  }

  /** How much the score weighs: in a model's own lists it is all. */
  private static double lambda(Row row) {
    return row.reranking().isEmpty()
        ? Double.POSITIVE_INFINITY
        : Double.parseDouble(row.reranking().substring(MMR.length()));
  }

  private static void settings(Page page, List<Row> rows) {
    page.section("Settings that were tried")
        .text(
            "By NDCG@10 on a tenth of what would be relevant in each user's training part; the"
                + " best was taken.");
    List<List<String>> cells = new ArrayList<>();
    for (Row row : rows) {
      row.tried()
          .forEach(
              (settings, ndcg) ->
                  cells.add(
                      List.of(
                          row.model() + ": " + settings,
                          Report.number(ndcg),
                          settings.equals(row.settings()) ? "taken" : "")));
    }
    page.table(List.of("settings", "NDCG@10 there", ""), cells);
  }
}
