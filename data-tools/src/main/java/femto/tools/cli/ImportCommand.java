package femto.tools.cli;

import femto.tools.data.DataSet;
import femto.tools.data.MovieLens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "import",
    description = {
      "Turn raw files into a data set.",
      "",
      "movielens: the layout of MovieLens 100K (u.data, u.item, u.user, and the "
          + "predefined folds if there are any). Fields: user, age (buckets of five years), "
          + "gender, occupation, movie, year (movies without a release date have the value "
          + "'none'), genre (several values, each of weight 1 / number of genres)."
    })
final class ImportCommand extends BaseCommand {
  enum Format {
    MOVIELENS
  }

  @Option(
      names = "--format",
      required = true,
      description = "What the raw files are: ${COMPLETION-CANDIDATES}, in any case.")
  Format format = Format.MOVIELENS;

  @Option(
      names = "--part",
      paramLabel = "FILE",
      description =
          "Take the ratings from this file of the folder, such as u1.base, not from u.data.")
  @Nullable String part;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description =
          "How much each rating counts in training: a text file with one number a line, 0 or more,"
              + " in the order of the ratings file (default: each counts once).")
  @Nullable Path weights;

  @Parameters(paramLabel = "IN", description = "Folder with the raw files.")
  Path in = Path.of("");

  @Option(
      names = "--out",
      paramLabel = "DATASET",
      required = true,
      description = "Folder to write.")
  Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    MovieLens.importFolder(in, out, part, weights);
    try (DataSet data = DataSet.open(out)) {
      Map<String, Object> summary = new LinkedHashMap<>();
      summary.put("examples", data.examples());
      summary.put("contexts", data.contexts().rows());
      summary.put("candidates", data.candidates().rows());
      summary.put("features", data.features().size());
      summary.put("weighted", data.isWeighted());
      summary.put("folds", data.folds().stream().sorted().toList());
      summary.put("out", out.toString());
      say(
          "Imported %s ratings of %s users and %s movies (%s features) into %s."
              .formatted(
                  Report.count(data.examples()),
                  Report.count(data.contexts().rows()),
                  Report.count(data.candidates().rows()),
                  Report.count(data.features().size()),
                  out));
      if (data.isWeighted()) {
        say("Each rating has a weight of its own.");
      }
      if (!data.folds().isEmpty()) {
        say("Predefined folds: " + String.join(", ", data.folds()) + ".");
      }
      return done(summary);
    }
  }
}
