package femto.tools.train;

/** Known recipes with fewer epochs. */
final class TestRecipes {
  private TestRecipes() {}

  static Recipe with(Recipe known, int epochs, double validation, int patience) {
    return new Recipe(
        known.factors(),
        known.fields(),
        known.loss(),
        known.positive(),
        known.negatives(),
        known.popularityPower(),
        known.optimizer(),
        known.stepSize(),
        known.initialState(),
        known.initialScale(),
        known.l2(),
        epochs,
        validation,
        patience,
        known.seed());
  }
}
