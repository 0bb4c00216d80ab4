package femto.tools.cli;

import femto.learn.Loss;
import femto.model.Encoder;
import femto.model.FeatureSpace;
import femto.model.Model;
import femto.model.ModelFile;
import femto.model.Side;
import femto.score.Explanation;
import femto.tools.data.DataSet;
import femto.tools.data.MovieLens;
import femto.tools.data.MovieLensGenerator;
import femto.tools.data.TemporaryFolder;
import femto.tools.evaluate.CandidatesByContext;
import femto.tools.evaluate.Popularity;
import femto.tools.evaluate.RankingEvaluation;
import femto.tools.evaluate.RatingEvaluation;
import femto.tools.evaluate.Split;
import femto.tools.live.HotSwap;
import femto.tools.rank.BatchRanking;
import femto.tools.rank.EntityTable;
import femto.tools.rank.RankingFile;
import femto.tools.train.CrossValidation.Figures;
import femto.tools.train.ModelOnDataSet;
import femto.tools.train.ModelTrainer;
import femto.tools.train.Parallel;
import femto.tools.train.Recipe;
import femto.tools.train.Recipes;
import femto.tools.train.Recipes.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = {
      "Do everything once, on a generated world or on your data.",
      "",
      "Imports, trains factorization machines beside a linear model, tests them on two "
          + "temporal splits, ranks the whole catalogue for every user, explains a score, and "
          + "ranks on while a trainer replaces the model a hundred times a second. "
          + "Without --data it runs on a small generated world, whose best possible figures "
          + "are known.",
      "",
      "  femto demo",
      "  femto demo --data ml-100k --out ml-demo",
      ""
    })
final class DemoCommand extends BaseCommand {
  private static final float POSITIVE = 4;
  private static final int TOP = 10;
  private static final int NEGATIVES = 4;
  private static final int MAX_SERVE_SECONDS = 600;

  /** The model that serves at first: learned from what came before the test part of all. */
  private static final String EARLIER_FILE = "likes-earlier.femto";

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "A raw MovieLens 100K folder, or a data-set folder (default: a generated world).")
  @Nullable Path dataPath;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Keep data set, models and ranking here (default: they are deleted).")
  @Nullable Path outPath;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of everything drawn at random (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(
      names = "--serve-seconds",
      paramLabel = "S",
      defaultValue = "8",
      description =
          "How long to rank while a trainer publishes; 0 leaves it out (default: ${DEFAULT-VALUE}).")
  double serveSeconds = 8;

  /** The models that are trained on each split. */
  private enum Role {
    RATINGS(Loss.SQUARED, 0, Kind.FM),
    RATINGS_LINEAR(Loss.SQUARED, 0, Kind.LINEAR),
    RATINGS_IDS_ONLY(Loss.SQUARED, 0, Kind.FM_IDS_ONLY),
    LIKES(Loss.LOGISTIC, 0, Kind.FM),
    LIKES_LINEAR(Loss.LOGISTIC, 0, Kind.LINEAR),
    LIKES_IDS_ONLY(Loss.LOGISTIC, 0, Kind.FM_IDS_ONLY),
    RANKING(Loss.LOGISTIC, NEGATIVES, Kind.FM);

    private final Loss loss;
    private final int negatives;
    private final Kind kind;

    Role(Loss loss, int negatives, Kind kind) {
      this.loss = loss;
      this.negatives = negatives;
      this.kind = kind;
    }

    String fileName() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-') + ".femto";
    }
  }

  /** What a model reached: predictions for all roles but RANKING, lists for that one. */
  private record Tested(Figures figures, @Nullable RankingEvaluation lists) {}

  @Override
  public Integer call() throws IOException {
    require(
        serveSeconds >= 0 && serveSeconds <= MAX_SERVE_SECONDS,
        "--serve-seconds: expected 0 to " + MAX_SERVE_SECONDS);
    long start = System.nanoTime();
    if (outPath != null) {
      Files.createDirectories(outPath);
    }
    try (TemporaryFolder temporary = TemporaryFolder.create("femto-demo");
        DataSet data = openData(outPath == null ? temporary.path() : outPath)) {
      Path out = outPath == null ? temporary.path() : outPath;
      List<Split> splits =
          List.of(Split.byName(data, "temporal-user"), Split.byName(data, "temporal-global"));
      List<Map<Role, Tested>> tested = trainAndTest(data, splits, out);
      RankingEvaluation popularity = popularity(data, splits.get(0));
      RankingEvaluation globalPopularity = popularity(data, splits.get(1));
      int ranked = rankEveryone(data, splits.get(0), out);

      Map<String, Object> result = new LinkedHashMap<>();
      putFigures(result, "", data, splits.get(0), tested.get(0), popularity);
      putFigures(result, "global_", data, splits.get(1), tested.get(1), globalPopularity);
      result.put("ranked_users", ranked);
      Map<String, Long> parameters = parameters(out);
      result.putAll(parameters);
      if (!json) {
        printTable(
            "Each user's last fifth by time (temporal-user)",
            data,
            splits.get(0),
            tested.get(0),
            popularity);
        printTable(
            "The last fifth of all by time (temporal-global)",
            data,
            splits.get(1),
            tested.get(1),
            globalPopularity);
        printLegend(parameters);
        explainOne(data, splits.get(0), out);
      }
      if (serveSeconds > 0) {
        result.put("hot_swap", swapWhileServing(data, splits.get(1), out));
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      result.put("seconds", seconds);
      printEnd(out, seconds);
      return done(result);
    }
  }

  private DataSet openData(Path out) throws IOException {
    Path raw = dataPath;
    if (raw == null) {
      raw = out.resolve("world");
      say("Generating a world of " + Report.count(MovieLensGenerator.DEFAULT_ROWS) + " ratings.");
      MovieLensGenerator.generate(raw, MovieLensGenerator.DEFAULT_ROWS, seed);
    }
    if (DataSet.isDataSet(raw)) {
      return DataSet.open(raw);
    }
    Path imported = out.resolve("dataset");
    MovieLens.importFolder(raw, imported);
    DataSet data = DataSet.open(imported);
    say(
        "Imported %s ratings of %s users and %s movies: %s features of %d fields."
            .formatted(
                Report.count(data.examples()),
                Report.count(data.contexts().rows()),
                Report.count(data.candidates().rows()),
                Report.count(data.features().size()),
                data.features().fields().size()));
    return data;
  }

  private List<Map<Role, Tested>> trainAndTest(DataSet data, List<Split> splits, Path out)
      throws IOException {
    int threads = Runtime.getRuntime().availableProcessors();
    long trainings = (long) splits.size() * Role.values().length;
    say("Training " + trainings + " models on " + threads + " threads.");
    List<Tested> all;
    try (Progress progress = Progress.start("training", trainings);
        Parallel<Tested> parallel = new Parallel<>(threads)) {
      for (Split split : splits) {
        for (Role role : Role.values()) {
          Path kept = keptAs(out, split == splits.getFirst(), role);
          parallel.submit(
              () -> {
                Tested result = trainAndTest(data, split, role, kept);
                progress.step();
                return result;
              });
        }
      }
      all = parallel.join();
    }
    List<Map<Role, Tested>> bySplit = new ArrayList<>();
    Iterator<Tested> next = all.iterator();
    for (int split = 0; split < splits.size(); split++) {
      Map<Role, Tested> byRole = new EnumMap<>(Role.class);
      for (Role role : Role.values()) {
        byRole.put(role, next.next());
      }
      bySplit.add(byRole);
    }
    return bySplit;
  }

  /** Where a model is kept: those of the headline are, and the one that serves at first. */
  private static @Nullable Path keptAs(Path out, boolean headline, Role role) {
    if (headline) {
      return out.resolve(role.fileName());
    }
    return role == Role.LIKES ? out.resolve(EARLIER_FILE) : null;
  }

  private Recipe recipe(Role role, DataSet data) {
    return Recipes.of(role.loss, role.negatives, role.kind, data).withSeed(seed);
  }

  private Tested trainAndTest(DataSet data, Split split, Role role, @Nullable Path kept)
      throws IOException {
    Recipe recipe = recipe(role, data);
    ModelTrainer trainer =
        new ModelTrainer(data, recipe)
            .note(ModelTrainer.DATA_NOTE, data.identity())
            .note("split", split.name());
    try (Model model = trainer.train(split.train())) {
      if (kept != null) {
        ModelFile.write(model, kept);
      }
      if (role == Role.RANKING) {
        try (ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
          Figures none = new Figures(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
          return new Tested(
              none, RankingEvaluation.evaluate(data, split, bound.rankers(), POSITIVE, TOP));
        }
      }
      return new Tested(Figures.of(model, role.loss, POSITIVE, data, split), null);
    }
  }

  private static RankingEvaluation popularity(DataSet data, Split split) {
    Popularity popularity = Popularity.of(data, split.train(), POSITIVE);
    return RankingEvaluation.evaluate(data, split, () -> popularity, POSITIVE, TOP);
  }

  private int rankEveryone(DataSet data, Split split, Path out) throws IOException {
    try (Model model = ModelFile.read(out.resolve(Role.RANKING.fileName()))) {
      EntityTable users = EntityTable.of(data, Side.CONTEXT, model.features());
      EntityTable movies = EntityTable.of(data, Side.CANDIDATE, model.features());
      CandidatesByContext seen = CandidatesByContext.of(data, split.train());
      BatchRanking ranking = new BatchRanking(model, users, movies, seen, TOP);
      int threads = Runtime.getRuntime().availableProcessors();
      long start = System.nanoTime();
      RankingFile.write(ranking, threads, out.resolve("ranking.csv"), done -> {});
      double seconds = (System.nanoTime() - start) / 1e9;
      say(
          "Ranked %s movies for each of %s users in %.2f seconds."
              .formatted(
                  Report.count(movies.ids().size()), Report.count(users.ids().size()), seconds));
      return users.ids().size();
    }
  }

  /** Sizes of the model of ratings, whose features are the values of the training part. */
  private static Map<String, Long> parameters(Path out) throws IOException {
    try (Model model = ModelFile.read(out.resolve(Role.RATINGS.fileName()))) {
      FeatureSpace features = model.features();
      Map<String, Long> parameters = new LinkedHashMap<>();
      parameters.put("pairwise_parameters_free", features.freePairwiseWeights());
      parameters.put("parameters_factors", (long) features.size() * model.factors());
      return parameters;
    }
  }

  private static void putFigures(
      Map<String, Object> into,
      String prefix,
      DataSet data,
      Split split,
      Map<Role, Tested> tested,
      RankingEvaluation popularity) {
    into.put(prefix + "rmse", figures(tested, Role.RATINGS).rmse());
    into.put(prefix + "rmse_linear", figures(tested, Role.RATINGS_LINEAR).rmse());
    into.put(prefix + "rmse_ids_only", figures(tested, Role.RATINGS_IDS_ONLY).rmse());
    RatingEvaluation.bestRmse(data, split).ifPresent(best -> into.put(prefix + "rmse_best", best));
    into.put(prefix + "auc", figures(tested, Role.LIKES).auc());
    into.put(prefix + "auc_linear", figures(tested, Role.LIKES_LINEAR).auc());
    into.put(prefix + "auc_ids_only", figures(tested, Role.LIKES_IDS_ONLY).auc());
    RatingEvaluation.bestAuc(data, split, POSITIVE)
        .ifPresent(best -> into.put(prefix + "auc_best", best));
    into.put(prefix + "log_loss", figures(tested, Role.LIKES).logLoss());
    into.put(prefix + "log_loss_linear", figures(tested, Role.LIKES_LINEAR).logLoss());
    RankingEvaluation lists = lists(tested);
    into.put(prefix + "ndcg_at_10", lists.means().ndcg());
    into.put(prefix + "precision_at_10", lists.means().precision());
    into.put(prefix + "recall_at_10", lists.means().recall());
    into.put(prefix + "mrr_at_10", lists.means().reciprocalRank());
    into.put(prefix + "map_at_10", lists.means().averagePrecision());
    into.put(prefix + "coverage_at_10", lists.coverage());
    into.put(prefix + "ndcg_at_10_popularity", popularity.means().ndcg());
    into.put(prefix + "precision_at_10_popularity", popularity.means().precision());
    into.put(prefix + "coverage_at_10_popularity", popularity.coverage());
    into.put(prefix + "test_users", split.testUsers(data));
    into.put(prefix + "test_users_seen", split.testUsersSeen(data));
    into.put(prefix + "ranking_users", lists.users());
  }

  private static Figures figures(Map<Role, Tested> tested, Role role) {
    return java.util.Objects.requireNonNull(tested.get(role)).figures();
  }

  private static RankingEvaluation lists(Map<Role, Tested> tested) {
    RankingEvaluation lists = java.util.Objects.requireNonNull(tested.get(Role.RANKING)).lists();
    return java.util.Objects.requireNonNull(lists);
  }

  private void printTable(
      String title,
      DataSet data,
      Split split,
      Map<Role, Tested> tested,
      RankingEvaluation popularity) {
    RankingEvaluation lists = lists(tested);
    say("");
    say(title);
    say(
        "%s test ratings by %s users, of whom %s have ratings in training."
            .formatted(
                Report.count(split.test().length),
                Report.count(split.testUsers(data)),
                Report.count(split.testUsersSeen(data))));
    Report.Table table =
        new Report.Table("", "RMSE", "AUC", "NDCG@10", "precision@10", "coverage@10");
    table.row(
        "popularity",
        "",
        "",
        number(popularity.means().ndcg()),
        number(popularity.means().precision()),
        number(popularity.coverage()));
    table.row(
        "linear model",
        number(figures(tested, Role.RATINGS_LINEAR).rmse()),
        number(figures(tested, Role.LIKES_LINEAR).auc()),
        "",
        "",
        "");
    table.row(
        "FM, user and movie only",
        number(figures(tested, Role.RATINGS_IDS_ONLY).rmse()),
        number(figures(tested, Role.LIKES_IDS_ONLY).auc()),
        "",
        "",
        "");
    table.row(
        "FM, all fields",
        number(figures(tested, Role.RATINGS).rmse()),
        number(figures(tested, Role.LIKES).auc()),
        number(lists.means().ndcg()),
        number(lists.means().precision()),
        number(lists.coverage()));
    RatingEvaluation.bestRmse(data, split)
        .ifPresent(
            best -> {
              double auc = RatingEvaluation.bestAuc(data, split, POSITIVE).orElse(Double.NaN);
              table.row("best possible", number(best), number(auc), "", "", "");
            });
    table.print(out());
  }

  private static String number(double value) {
    return Report.number(value);
  }

  private void printLegend(Map<String, Long> parameters) {
    say("");
    sayWrapped(
        "RMSE: how far predicted ratings are off (lower is better; clipped to the range seen in"
            + " training). AUC: how well liked (4 and more) and other ratings are told apart. NDCG"
            + " and precision: how good the ten movies recommended from the whole catalogue are, a"
            + " movie rated 4 or more in the test part being a hit; what the user rated in training"
            + " is left out.");
    sayWrapped(
        "A weight for every pair of values would take %,d parameters; the factors take %,d."
            .formatted(parameters.values().toArray()));
  }

  /** Explains the first test rating, by the model of ratings. */
  private void explainOne(DataSet data, Split split, Path out) throws IOException {
    int example = split.test()[0];
    try (Model model = ModelFile.read(out.resolve(Role.RATINGS.fileName()))) {
      FeatureSpace space = model.features();
      Encoder context = encode(space, Side.CONTEXT, data, data.context(example));
      Encoder candidate = encode(space, Side.CANDIDATE, data, data.candidate(example));
      Explanation explanation = Explanation.of(model, context, candidate);
      say("");
      say(
          "Why user %s gets %s for movie %s (the rating was %.0f):"
              .formatted(
                  data.contextId(data.context(example)),
                  number(explanation.prediction()),
                  data.candidateId(data.candidate(example)),
                  data.label(example)));
      Report.Table table = new Report.Table("part", "value", "adds");
      table.row("bias", "", number(explanation.bias()));
      for (Explanation.LinearPart part : explanation.linear()) {
        table.row(part.field(), String.join("|", part.values()), number(part.contribution()));
      }
      Optional<Explanation.PairPart> strongest =
          explanation.pairs().stream()
              .max(java.util.Comparator.comparingDouble(part -> Math.abs(part.contribution())));
      table.row("all pairs of fields", "", number(explanation.pairsSum()));
      strongest.ifPresent(
          part ->
              table.row(
                  "  of these most: " + part.field() + " x " + part.other(),
                  "",
                  number(part.contribution())));
      table.print(out());
    }
  }

  private static Encoder encode(FeatureSpace space, Side side, DataSet data, int row) {
    Encoder encoder = new Encoder(space, side);
    var rows = side == Side.CONTEXT ? data.contexts() : data.candidates();
    for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
      int feature = rows.feature(entry);
      int from = data.features().fieldOf(feature);
      String field = data.features().fields().get(from).name();
      encoder.put(field, data.features().value(feature));
    }
    return encoder;
  }

  /** The last act: ranks while a trainer learns the last part of all and publishes. */
  private Map<String, Object> swapWhileServing(DataSet data, Split split, Path out)
      throws IOException {
    say("");
    say("Ranking on while a trainer learns the last fifth of all by time, and publishes");
    HotSwap.Result result;
    try (Model start = ModelFile.read(out.resolve(EARLIER_FILE))) {
      Duration duration = Duration.ofNanos((long) (serveSeconds * 1e9));
      Recipe recipe = recipe(Role.LIKES, data);
      result = HotSwap.run(data, start, recipe, split.test(), duration, seed);
    }
    HotSwapReport report = new HotSwapReport(result);
    report.print(this);
    return report.figures();
  }

  private void printEnd(Path out, double seconds) {
    say("");
    if (outPath == null) {
      say(
          "Done in %.1f seconds. With --out DIR the data set, the models and the ranking are kept."
              .formatted(seconds));
    } else {
      say("Done in %.1f seconds. Everything is in %s; for example".formatted(seconds, out));
      say("  femto inspect " + out.resolve(Role.RATINGS.fileName()));
      say(
          "  femto explain "
              + out.resolve(Role.LIKES_LINEAR.fileName())
              + " --context user=4,gender=M,age=15 --candidate movie=2,year=1923");
    }
  }
}
