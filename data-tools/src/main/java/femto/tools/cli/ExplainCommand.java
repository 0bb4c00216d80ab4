package femto.tools.cli;

import femto.model.Encoder;
import femto.model.FeatureSpace;
import femto.model.Model;
import femto.model.ModelFile;
import femto.model.Side;
import femto.score.Explanation;
import femto.tools.rank.EntityTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "explain",
    description = {
      "Show where a score comes from.",
      "",
      "Prints the bias, what each field adds by itself, and what every pair of fields "
          + "adds together. The parts add up to the score. Values that the model does not know "
          + "add nothing and are named.",
      "",
      "  femto explain ml.femto --context user=4,gender=M,age=15 --candidate "
          + "movie=2,year=1923",
      ""
    })
final class ExplainCommand extends BaseCommand {
  @Parameters(paramLabel = "MODEL", description = "A model file.")
  Path file = Path.of("");

  @Option(
      names = "--context",
      split = ",",
      required = true,
      paramLabel = "FIELD=VALUE",
      description = "Values of the context, such as user=4,gender=M,age=15.")
  Map<String, String> context = Map.of();

  @Option(
      names = "--candidate",
      split = ",",
      required = true,
      paramLabel = "FIELD=VALUE",
      description = "Values of the candidate; several of one field are written Action|Comedy.")
  Map<String, String> candidate = Map.of();

  @Override
  public Integer call() throws IOException {
    try (Model model = ModelFile.read(file)) {
      List<String> unknown = new ArrayList<>();
      Encoder contextValues = encode(model.features(), Side.CONTEXT, context, unknown);
      Encoder candidateValues = encode(model.features(), Side.CANDIDATE, candidate, unknown);
      Explanation explanation = Explanation.of(model, contextValues, candidateValues);
      if (!json) {
        print(model, explanation, unknown);
      }
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("prediction", explanation.prediction());
      result.put("score", explanation.score());
      result.put("bias", explanation.bias());
      Map<String, Double> linear = new LinkedHashMap<>();
      explanation.linear().forEach(part -> linear.put(part.field(), part.contribution()));
      result.put("linear", linear);
      result.put("linear_sum", explanation.linearSum());
      Map<String, Double> pairs = new LinkedHashMap<>();
      explanation.pairs().forEach(part -> pairs.put(nameOf(part), part.contribution()));
      result.put("pairs", pairs);
      result.put("pairs_sum", explanation.pairsSum());
      result.put("unknown", unknown);
      return done(result);
    }
  }

  private static Encoder encode(
      FeatureSpace space, Side side, Map<String, String> values, List<String> unknown) {
    Encoder encoder = new Encoder(space, side);
    values.forEach(
        (name, value) -> {
          long before = encoder.unknownValues();
          EntityTable.putAll(encoder, space, space.requireField(name), value);
          if (encoder.unknownValues() > before) {
            unknown.add(name + "=" + value);
          }
        });
    return encoder;
  }

  private static String nameOf(Explanation.PairPart part) {
    return part.field() + " x " + part.other();
  }

  private void print(Model model, Explanation explanation, List<String> unknown) {
    Report.Table table = new Report.Table("part", "value", "adds");
    table.row("bias", "", Report.number(explanation.bias()));
    for (Explanation.LinearPart part : explanation.linear()) {
      String values = part.values().isEmpty() ? "-" : String.join("|", part.values());
      table.row(part.field(), values, Report.number(part.contribution()));
    }
    for (Explanation.PairPart part : explanation.pairs()) {
      table.row(nameOf(part), "", Report.number(part.contribution()));
    }
    table.row("all linear", "", Report.number(explanation.linearSum()));
    table.row("all pairs", "", Report.number(explanation.pairsSum()));
    table.row("score", "", Report.number(explanation.score()));
    table.print(out());
    for (String value : unknown) {
      say("Unknown to the model, adds nothing: " + value);
    }
    String link = model.link().toString();
    String clipped = model.range().isBounded() ? ", clipped to the range seen in training" : "";
    say("Prediction (" + link + clipped + "): " + Report.number(explanation.prediction()));
  }
}
