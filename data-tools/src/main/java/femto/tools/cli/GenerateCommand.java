package femto.tools.cli;

import femto.tools.data.MovieLensGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "generate",
    description = {
      "Generate raw files with a planted truth.",
      "",
      "The best possible score is then known. The files have the layout of MovieLens "
          + "100K, and truth.tsv beside them holds, for each rating, its expectation and the "
          + "probability that it is 4 or more."
    })
final class GenerateCommand extends BaseCommand {
  enum Shape {
    MOVIELENS
  }

  @Option(
      names = "--shape",
      defaultValue = "movielens",
      description = "Which world: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Shape shape = Shape.MOVIELENS;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Number of ratings (default: ${DEFAULT-VALUE}).")
  int rows = 100_000;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "One seed gives one world, byte for byte (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "Folder to write.")
  Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    MovieLensGenerator.generate(out, rows, seed);
    say("Generated " + Report.count(rows) + " ratings in " + out + ".");
    say("Next: femto import --format movielens " + out + " --out DATASET");
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("rows", rows);
    result.put("seed", seed);
    result.put("out", out.toString());
    return done(result);
  }
}
