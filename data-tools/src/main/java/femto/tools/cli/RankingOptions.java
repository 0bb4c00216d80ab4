package femto.tools.cli;

import femto.tools.cli.RecipeOptions.Goal;
import femto.tools.cli.RecipeOptions.Method;
import femto.tools.data.DataSet;
import femto.tools.train.DerivedFields;
import femto.tools.train.RankingRecipe;
import femto.tools.train.RankingRecipes;
import femto.tools.train.RankingRecipes.Fields;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The options of recipes, as those of a ranking: --loss bpr or warp, or --optimizer ials. */
final class RankingOptions {
  private RankingOptions() {}

  /** Refuses options that mean nothing to a ranking. */
  static void check(BaseCommand command, RecipeOptions options, BlockRecipeOptions blocks) {
    boolean squares = options.optimizer == Method.IALS;
    command.require(
        !(squares && options.goal.isOfPairs()), "--optimizer ials has no --loss but its own");
    command.require(
        squares || options.optimizer == null || options.optimizer == Method.SGD,
        "--loss bpr and warp go with --optimizer sgd");
    Map<String, Boolean> given = new LinkedHashMap<>();
    given.put("--initial-state", options.initialState != null);
    given.put("--valid", options.validation != null);
    given.put("--patience", options.patience != null);
    given.put("--chains", blocks.chains != null);
    given.put("--burn-in", blocks.burnIn != null);
    given.put("--samples", blocks.kept != null);
    given.put("--ordinal", blocks.ordinal);
    given.put("--factors 0", options.factors != null && options.factors == 0);
    if (squares) {
      given.put("--step", options.stepSize != null);
      given.put("--negatives", options.negatives != 0);
      given.put("--popularity-power", options.popularityPower != null);
    }
    given.forEach(
        (name, isGiven) ->
            command.require(
                !isGiven,
                name
                    + " does not go with "
                    + (squares ? "--optimizer ials" : "--loss bpr or warp")));
  }

  /** The recipe for these options. */
  static RankingRecipe recipe(RecipeOptions options, BlockRecipeOptions blocks, DataSet data) {
    RankingRecipe known = known(options, data);
    List<DerivedFields.Derived> derived =
        DerivedFields.named(data, blocks.implicit, options.fields);
    List<String> names = derived.stream().map(field -> field.field(data).name()).toList();
    options.requireFields(
        name -> {
          if (!names.contains(name)) {
            data.features().requireField(name);
          }
        });
    return new RankingRecipe(
        method(options, known.method()),
        options.positive(data),
        options.fields,
        derived,
        options.factors == null ? known.factors() : options.factors,
        options.epochs == null ? known.epochs() : options.epochs,
        options.initialScale == null ? known.initialScale() : options.initialScale,
        options.l2(known.l2()),
        options.recency == null ? 1 : options.recency,
        options.seed);
  }

  private static RankingRecipe known(RecipeOptions options, DataSet data) {
    if (options.optimizer == Method.IALS) {
      return RankingRecipes.leastSquares(data, Fields.ALL_AND_IMPLICIT);
    }
    return options.goal == Goal.BPR
        ? RankingRecipes.bpr(data, Fields.ALL_AND_IMPLICIT)
        : RankingRecipes.warp(data, Fields.ALL_AND_IMPLICIT);
  }

  private static RankingRecipe.Method method(RecipeOptions options, RankingRecipe.Method known) {
    if (!(known instanceof RankingRecipe.Pairs pairs)) {
      return known;
    }
    double falls = pairs.lastStepSize() / pairs.stepSize();
    double step = options.stepSize == null ? pairs.stepSize() : options.stepSize;
    return new RankingRecipe.Pairs(
        pairs.loss(),
        step,
        falls * step,
        options.negatives == 0 ? pairs.negatives() : options.negatives,
        options.popularityPower == null ? pairs.popularityPower() : options.popularityPower);
  }
}
