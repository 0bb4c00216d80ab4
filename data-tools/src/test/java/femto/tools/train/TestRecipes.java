package femto.tools.train;

/** Known recipes with fewer epochs. */
final class TestRecipes {
  private TestRecipes() {}

  static Recipe with(Recipe known, int epochs, double validation, int patience) {
    return new Recipe(
        known.task(),
        known.factors(),
        known.fields(),
        known.optimizer(),
        known.tuning(),
        epochs,
        validation,
        patience,
        known.seed());
  }
}
