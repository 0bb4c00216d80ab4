package femto.tools.cli;

import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.FieldStrengths;
import femto.model.Interactions;
import femto.model.Link;
import femto.model.Model;
import femto.model.ModelFile;
import femto.model.PairWeights;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "inspect",
    description = {
      "Show what a model file holds.",
      "",
      "Prints family, fields, sizes, and how the model came to be. Beside the parameters "
          + "of the factors stands the number of pairwise weights that a model would need that "
          + "gives every pair of values of two fields a weight of its own.",
      "",
      "--follow serves the versions of a directory as a server would, and prints a line each, "
          + "until Ctrl-C."
    })
final class InspectCommand extends BaseCommand {
  @Parameters(arity = "0..1", paramLabel = "MODEL", description = "A model file.")
  @Nullable Path file;

  @Option(
      names = "--follow",
      paramLabel = "DIR",
      description = "A directory that femto train --follow publishes to.")
  @Nullable Path directory;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = Durations.class,
      description = "follow: how long (default: until Ctrl-C).")
  @Nullable Duration time;

  @Override
  public Integer call() throws IOException {
    if (directory != null) {
      require(file == null, "--follow inspects no MODEL");
      return new FollowedVersions(this, directory, time).run();
    }
    require(time == null, "--for needs --follow");
    require(file != null, "a MODEL is missing, or --follow DIR");
    return inspect(Objects.requireNonNull(file));
  }

  private int inspect(Path file) throws IOException {
    try (Model model = ModelFile.read(file)) {
      FeatureSpace space = model.features();
      long factorParameters = (long) space.size() * model.rowLength();
      Interactions interactions = model.interactions();
      String family = lower(model.family());
      Link link = model.link();
      say("model         " + file);
      say(
          "family        "
              + family
              + ", link "
              + describe(link)
              + ", "
              + model.factors()
              + " factors");
      if (model.range().isBounded()) {
        say(
            "predictions   clipped to "
                + model.range().lowest()
                + " to "
                + model.range().highest());
      }
      Report.Table table = new Report.Table("field", "side", "encoding", "values");
      Map<String, Object> fields = new LinkedHashMap<>();
      for (int f = 0; f < space.fields().size(); f++) {
        Field field = space.fields().get(f);
        String width = field.width() == 0 ? "" : " of " + field.width();
        table.row(
            field.name(),
            lower(field.side()),
            lower(field.encoding()) + width,
            Report.count(space.size(f)));
        fields.put(field.name(), space.size(f));
      }
      if (!json) {
        table.print(out());
      }
      say("parameters    " + Report.count(model.parameters()) + " in all");
      say("pairwise      " + Report.count(factorParameters) + " in the factors; free weights for");
      say("              every pair would be " + Report.count(space.freePairwiseWeights()));
      model.notes().forEach((key, value) -> say("%-13s %s".formatted(key, value)));
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("family", family);
      result.put("link", link.toString());
      if (link.knots() > 0) {
        result.put("link_knots", link.knots());
      }
      result.put("factors", model.factors());
      result.put("folded_length", model.foldedLength());
      result.put("fields", fields);
      if (interactions != null) {
        say("interactions  " + describe(interactions));
        result.put("interactions", interactions.parameters());
      }
      result.put("features", space.size());
      result.put("parameters", model.parameters());
      result.put("parameters_factors", factorParameters);
      result.put("pairwise_parameters_free", space.freePairwiseWeights());
      result.put("notes", model.notes());
      return done(result);
    }
  }

  private static String describe(Interactions interactions) {
    return switch (interactions) {
      case FieldStrengths strengths ->
          "strengths of "
              + strengths.fields()
              + " fields with one another, "
              + (strengths.rank() == 0 ? "in full" : "of rank " + strengths.rank());
      case PairWeights pairs -> PairCollisions.of(pairs).toString();
    };
  }

  private static String describe(Link link) {
    int last = link.knots() - 1;
    return last < 0
        ? link.toString()
        : "%s (%d knots, scores %s to %s become %s to %s)"
            .formatted(
                link,
                link.knots(),
                Report.number(link.score(0)),
                Report.number(link.score(last)),
                Report.number(link.prediction(0)),
                Report.number(link.prediction(last)));
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
