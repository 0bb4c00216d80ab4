package femto.tools.cli;

import femto.learn.Loss;
import femto.learn.blocks.BlockOptions;
import femto.tools.cli.RecipeOptions.Method;
import femto.tools.data.DataSet;
import femto.tools.train.BlockRecipe;
import femto.tools.train.DerivedFields;
import femto.tools.train.Recipes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What als and gibbs take besides the options of every recipe. */
final class BlockRecipeOptions {
  /** When to pick which, for the help of commands. */
  static final String WHEN =
      "Pick --optimizer gibbs for the most accurate predictions where the data fits into memory: it "
          + "samples many models, averages them, and learns by itself how much to regularise, so "
          + "that only --factors and --epochs are left to say. Pick als for one small model in a "
          + "few seconds; its penalties have to fit the data (train --search finds some). Both take "
          + "--implicit, and user-day, user-hour, user-minute and user-second among --fields. gibbs "
          + "--ordinal takes ratings for levels instead of numbers: "
          + "some two and a half times the time, for a little more accuracy where they are stars.";

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--implicit",
      split = ",",
      arity = "1",
      paramLabel = "FIELD",
      description =
          "als, gibbs: with user, each user's movies in the training part are a field of the user"
              + " (user.movies), with movie each movie's users one of the movie (movie.users), each"
              + " value of weight 1/sqrt(their number).")
  List<String> implicit = List.of();

  @Option(
      names = "--chains",
      paramLabel = "N",
      description = "gibbs: independent chains, which are averaged (default: 8).")
  @Nullable Integer chains;

  @Option(
      names = "--burn-in",
      paramLabel = "N",
      description = "gibbs: sweeps of each chain before its first sample (default: 16).")
  @Nullable Integer burnIn;

  @Option(
      names = "--samples",
      paramLabel = "M",
      description =
          "gibbs: samples that are saved, evenly spaced, as one model of M times the factors"
              + " (default: 32). --epochs of each chain are sampled.")
  @Nullable Integer kept;

  @Option(
      names = "--ordinal",
      description =
          "gibbs: ratings are levels, of which only the order counts (ordered probit); where one"
              + " ends and the next begins is learned. Predictions are mean ratings.")
  boolean ordinal;

  @SuppressWarnings("NullAway.Init") // picocli sets the spec before it runs a command
  BlockRecipeOptions() {}

  /** Whether als or gibbs is asked for; refuses options that do not go with what is. */
  boolean areMeant(RecipeOptions options) {
    Method method = options.optimizer == null ? Method.SGD : options.optimizer;
    Map<String, Boolean> given = new LinkedHashMap<>();
    given.put("--recency", options.recency != null);
    if (method.isOverBlocks()) {
      given.put("--negatives", options.negatives != 0);
      given.put("--popularity-power", options.popularityPower != null);
      given.put("--step", options.stepSize != null);
      given.put("--initial-state", options.initialState != null);
      given.put("--valid", options.validation != null);
      given.put("--patience", options.patience != null);
    } else {
      given.put("--implicit", !implicit.isEmpty());
    }
    if (method == Method.GIBBS) {
      given.put("--l2", !options.linearL2.isEmpty());
      given.put("--l2-factors", !options.factorL2.isEmpty());
    } else {
      given.put("--chains", chains != null);
      given.put("--burn-in", burnIn != null);
      given.put("--samples", kept != null);
      given.put("--ordinal", ordinal);
    }
    require(
        !ordinal || options.loss() == Loss.SQUARED,
        "--ordinal does not go with --loss logistic: expected --loss squared");
    given.forEach(
        (name, isGiven) ->
            require(!isGiven, name + " does not go with --optimizer " + lower(method)));
    return method.isOverBlocks();
  }

  private static String lower(Method method) {
    return method.name().toLowerCase(java.util.Locale.ROOT);
  }

  private void require(boolean holds, String problem) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), problem);
    }
  }

  /** The recipe for these options and a kind of model. */
  BlockRecipe recipe(RecipeOptions options, Recipes.Kind kind, DataSet data) {
    BlockOptions.Method method =
        options.optimizer == Method.ALS ? BlockOptions.Method.ALS : BlockOptions.Method.GIBBS;
    boolean gibbs = method == BlockOptions.Method.GIBBS;
    BlockRecipe known = Recipes.overBlocks(method, options.loss(), kind, data);
    BlockRecipe.Chain chain = known.chain();
    boolean idsOnly = kind == Recipes.Kind.FM_IDS_ONLY;
    List<DerivedFields.Derived> derived =
        idsOnly ? List.of() : DerivedFields.named(data, implicit, options.fields);
    List<String> names = derived.stream().map(field -> field.field(data).name()).toList();
    options.requireFields(
        name -> {
          if (!names.contains(name)) {
            data.features().requireField(name);
          }
        });
    int chainCount = or(chains, chain.chains());
    int samples = or(options.epochs, chain.samples());
    return new BlockRecipe(
        method,
        options.loss(),
        options.positive(data),
        ordinal,
        kind == Recipes.Kind.LINEAR ? 0 : or(options.factors, known.factors()),
        idsOnly ? known.fields() : fields(options, data),
        derived,
        options.initialScale == null ? known.initialScale() : options.initialScale,
        gibbs ? Map.of() : options.l2(known.l2()),
        new BlockRecipe.Chain(
            chainCount,
            or(burnIn, chain.burnIn()),
            samples,
            or(kept, (int) Math.min(chain.kept(), (long) chainCount * samples))),
        options.seed);
  }

  private static List<String> fields(RecipeOptions options, DataSet data) {
    List<String> own = DerivedFields.ownFields(data, options.fields);
    own.forEach(data.features()::requireField);
    if (own.isEmpty()) {
      throw new IllegalArgumentException(
          "--fields " + String.join(",", options.fields) + ", expected a field of the data too");
    }
    return options.fields.isEmpty() ? List.of() : own;
  }

  private static int or(@Nullable Integer given, int known) {
    return given == null ? known : given;
  }
}
