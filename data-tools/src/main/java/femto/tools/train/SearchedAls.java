package femto.tools.train;

import femto.learn.DivergedException;
import femto.learn.LearnerOptions.L2;
import femto.learn.blocks.BlockOptions;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import java.util.random.RandomGenerator;

/** Recipes of ALS. */
final class SearchedAls implements SearchedRecipes<BlockRecipe> {
  private final DataSet data;

  SearchedAls(DataSet data, BlockRecipe start) {
    if (start.method() != BlockOptions.Method.ALS) {
      throw new IllegalArgumentException(
          "a search among recipes of " + start.method() + ", expected ALS");
    }
    this.data = data;
  }

  @Override
  public BlockRecipe vary(BlockRecipe from, double deviation, RandomGenerator random) {
    return from.withPenalties(
        from.initialScale() * SearchedRecipes.factor(deviation, random),
        SearchedRecipes.vary(from.l2(), deviation, random));
  }

  @Override
  public double measure(BlockRecipe recipe, int repeat, Split cut) {
    BlockRecipe seeded = recipe.withSeed(recipe.seed() + repeat);
    try {
      return new BlockTrainer(data, seeded).test(cut).averaged().rmse();
    } catch (DivergedException e) {
      return Double.NaN;
    }
  }

  @Override
  public String describe(BlockRecipe recipe) {
    String options = "--l2 " + SearchedRecipes.describe(recipe.l2(), L2::linear);
    return recipe.factors() == 0
        ? options
        : options
            + " --init "
            + SearchedRecipes.digits(recipe.initialScale())
            + " --l2-factors "
            + SearchedRecipes.describe(recipe.l2(), L2::factors);
  }
}
