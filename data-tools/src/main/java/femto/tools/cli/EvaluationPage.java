package femto.tools.cli;

import femto.model.Encoder;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Model;
import femto.model.Side;
import femto.score.Explanation;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Calibration;
import femto.tools.evaluate.Split;
import femto.tools.experiment.Interval;
import femto.tools.experiment.Rate;
import femto.tools.rank.EntityTable;
import femto.tools.report.LineChart;
import femto.tools.report.Page;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** An evaluation as a page. */
final class EvaluationPage {
  private static final double LEVEL = 0.95;
  private static final int MOST_LINES = 8;
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");
  private static final String POPULARITY = "_popularity";

  private EvaluationPage() {}

  static Page of(
      Path file,
      Model model,
      DataSet data,
      Split tested,
      EvaluateCommand.Predicted predicted,
      List<String> picture,
      Map<String, Object> figures) {
    Page page = new Page("Evaluation of " + file.getFileName());
    page.text(
        "Split %s: %s; %s test ratings by %s users, of whom %s have ratings in training."
            .formatted(
                tested.name(),
                tested.description(),
                Report.count(tested.test().length),
                Report.count(tested.testUsers(data)),
                Report.count(tested.testUsersSeen(data))));
    page.section("Figures").table(List.of("figure", "model", "95 %", "popularity"), rows(figures));
    Calibration calibration = predicted.calibration();
    if (calibration != null) {
      calibration(page, calibration);
    } else {
      predictions(page, data, tested, predicted.values());
    }
    interaction(page, model, picture);
    return page;
  }

  private static List<List<String>> rows(Map<String, Object> figures) {
    List<List<String>> rows = new ArrayList<>();
    figures.forEach(
        (name, value) -> {
          Object low = figures.get(name + EvaluateCommand.LOW);
          Object high = figures.get(name + EvaluateCommand.HIGH);
          Object beside = figures.get(name + POPULARITY);
          boolean isEnd = name.endsWith(EvaluateCommand.LOW) || name.endsWith(EvaluateCommand.HIGH);
          if (value instanceof Double number && !isEnd && !name.endsWith(POPULARITY)) {
            rows.add(
                List.of(
                    Report.title(name),
                    Report.number(number),
                    low instanceof Double from && high instanceof Double to
                        ? Report.number(from) + " to " + Report.number(to)
                        : "",
                    beside instanceof Double other ? Report.number(other) : ""));
          }
        });
    return rows;
  }

  /** Where the rate of a bin lies. */
  static Interval observed(Calibration.Bin bin) {
    return new Rate(bin.positives(), bin.count()).wilson(LEVEL);
  }

  private static void calibration(Page page, Calibration calibration) {
    List<Calibration.Bin> bins = calibration.bins();
    List<Interval> intervals = bins.stream().map(EvaluationPage::observed).toList();
    double[] predicted = bins.stream().mapToDouble(Calibration.Bin::probability).toArray();
    LineChart chart =
        new LineChart("Whether probabilities are what they say", "predicted", "observed")
            .dots()
            .band(
                "the model",
                predicted,
                bins.stream().mapToDouble(Calibration.Bin::rate).toArray(),
                intervals.stream().mapToDouble(Interval::low).toArray(),
                intervals.stream().mapToDouble(Interval::high).toArray())
            .dashed("as it should be", new double[] {0, 1}, new double[] {0, 1});
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < bins.size(); i++) {
      rows.add(
          List.of(
              Report.number(predicted[i]),
              Report.number(bins.get(i).rate()),
              Report.number(intervals.get(i).low())
                  + " to "
                  + Report.number(intervals.get(i).high()),
              Report.count(bins.get(i).count())));
    }
    page.section("Calibration")
        .text(
            "Test ratings in ten bins of predicted probability. The band is Wilson's 95 % interval."
                + " They are %s off in the mean (expected calibration error)."
                    .formatted(Report.number(calibration.expectedError())))
        .chart(chart)
        .table(List.of("predicted", "observed", "95 %", "test ratings"), rows);
  }

  /** Predicted ratings beside what was rated: their mean for each rating. */
  private static void predictions(Page page, DataSet data, Split tested, double[] predicted) {
    int[] test = tested.test();
    double[] labels =
        IntStream.of(test).mapToDouble(data::label).distinct().sorted().limit(100).toArray();
    double[] means = new double[labels.length];
    for (int i = 0; i < labels.length; i++) {
      double label = labels[i];
      means[i] =
          IntStream.range(0, test.length)
              .filter(j -> data.label(test[j]) == label)
              .mapToDouble(j -> predicted[j])
              .average()
              .orElse(Double.NaN);
    }
    page.section("Predictions")
        .chart(
            new LineChart("Mean prediction of each rating", "rating", "prediction")
                .dots()
                .line("the model", labels, means)
                .dashed("as it should be", labels, labels));
  }

  // ---- The picture of an interaction ----

  private static void interaction(Page page, Model model, List<String> picture) {
    FeatureSpace space = model.features();
    if (space.isHashed()) {
      return; // values are not known by name
    }
    Field across = fieldOf(space, picture, 1, Side.CANDIDATE);
    Field lines = fieldOf(space, picture, 0, Side.CONTEXT);
    List<String> places = values(space, across);
    List<String> names = spread(values(space, lines));
    if (places.size() < 2 || names.size() < 2) {
      return;
    }
    boolean numbers = areNumbers(places);
    double[] x =
        IntStream.range(0, places.size())
            .mapToDouble(i -> numbers ? Double.parseDouble(numberOf(places.get(i))) : i)
            .toArray();
    LineChart plane = new LineChart("Without factors: a plane", across.name(), "bias and weights");
    LineChart curved = new LineChart("With factors: curved", across.name(), "score");
    if (!numbers) {
      plane.names(places).dots();
      curved.names(places).dots();
    }
    for (String name : names) {
      double[] linear = new double[places.size()];
      double[] score = new double[places.size()];
      for (int i = 0; i < places.size(); i++) {
        Explanation explained = explain(model, lines, name, across, places.get(i));
        linear[i] = explained.bias() + explained.linearSum();
        score[i] = explained.score();
      }
      plane.line(lines.name() + " " + name, x, linear);
      curved.line(lines.name() + " " + name, x, score);
    }
    page.section("How %s and %s go together".formatted(lines.name(), across.name()))
        .text(
            "The score of nothing but these two fields, before the link. Weights alone shift a line"
                + " up or down: all have one shape. Factors give each line a shape of its own.")
        .chart(plane);
    if (model.family() != Family.LINEAR) {
      page.chart(curved);
    }
  }

  private static Explanation explain(
      Model model, Field one, String value, Field other, String otherValue) {
    FeatureSpace space = model.features();
    Encoder context = new Encoder(space, Side.CONTEXT);
    Encoder candidate = new Encoder(space, Side.CANDIDATE);
    put(one.side() == Side.CONTEXT ? context : candidate, space, one, value);
    put(other.side() == Side.CONTEXT ? context : candidate, space, other, otherValue);
    return Explanation.of(model, context, candidate);
  }

  private static void put(Encoder encoder, FeatureSpace space, Field field, String value) {
    String text = field.encoding() == Field.Encoding.BUCKET ? numberOf(value) : value;
    EntityTable.putAll(encoder, space, space.requireField(field.name()), text);
  }

  /**
   * What was asked for; else of the side's fields, but for the first, which is the id, one of
   * numbers before others, and a small one.
   */
  private static Field fieldOf(FeatureSpace space, List<String> picture, int which, Side side) {
    if (!picture.isEmpty()) {
      return space.fields().get(space.requireField(picture.get(which)));
    }
    List<Field> fields = space.fields().stream().filter(field -> field.side() == side).toList();
    return fields.stream()
        .skip(1)
        .min(
            Comparator.comparing((Field field) -> !areNumbers(values(space, field)))
                .thenComparingInt(field -> values(space, field).size()))
        .orElse(fields.get(0));
  }

  /** Values by their number, if most begin with one (15-19 does); the others are left out then. */
  private static List<String> values(FeatureSpace space, Field field) {
    int index = space.requireField(field.name());
    List<String> values =
        IntStream.range(0, space.size())
            .filter(feature -> space.isBound(feature) && space.fieldOf(feature) == index)
            .mapToObj(space::value)
            .sorted()
            .toList();
    List<String> numbers = values.stream().filter(value -> !numberOf(value).isEmpty()).toList();
    return 2 * numbers.size() > values.size()
        ? numbers.stream()
            .sorted(Comparator.comparingDouble(value -> Double.parseDouble(numberOf(value))))
            .toList()
        : values;
  }

  private static boolean areNumbers(List<String> values) {
    return values.size() > 1 && values.stream().noneMatch(value -> numberOf(value).isEmpty());
  }

  /** The number that a text begins with, or nothing. */
  private static String numberOf(String text) {
    Matcher matcher = NUMBER.matcher(text);
    return matcher.lookingAt() ? matcher.group() : "";
  }

  /** Some of many, evenly. */
  private static List<String> spread(List<String> values) {
    if (values.size() <= MOST_LINES) {
      return values;
    }
    return IntStream.range(0, MOST_LINES)
        .mapToObj(i -> values.get(i * (values.size() - 1) / (MOST_LINES - 1)))
        .toList();
  }
}
