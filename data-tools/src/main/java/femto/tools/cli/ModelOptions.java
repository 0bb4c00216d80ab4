package femto.tools.cli;

import femto.learn.FamilyOptions;
import femto.model.Family;
import femto.model.PairWeights;
import femto.tools.data.DataSet;
import femto.tools.train.CrossValidation;
import femto.tools.train.Recipe;
import femto.tools.train.Recipes;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say which kind of model is learned. */
final class ModelOptions {
  private static final int DEFAULT_RANK = 3;
  private static final int DEFAULT_PAIR_BITS = 20;

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  /** Kinds of models. */
  enum ModelKind {
    FM("fm"),
    LINEAR("linear"),
    MF("mf"),
    FWFM("fwfm"),
    FWFM_LOW_RANK("fwfm-low-rank"),
    FFM("ffm"),
    POLY2("poly2");

    private final String text;

    ModelKind(String text) {
      this.text = text;
    }

    boolean hasFactors() {
      return this != LINEAR && this != POLY2;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  @Option(
      names = "--model",
      defaultValue = "fm",
      description = {
        "${COMPLETION-CANDIDATES}. fm has factors, linear is the same without; mf is fm on the two "
            + "ids alone, matrix factorization with biases. fwfm weighs each two fields, "
            + "fwfm-low-rank by a matrix of low rank; ffm has factors of its own for each other "
            + "field; poly2 has a weight for each pair of values, by hashing "
            + "(default: ${DEFAULT-VALUE})."
      })
  ModelKind kind = ModelKind.FM;

  @Option(
      names = "--rank",
      paramLabel = "R",
      description = "Rank of the field strengths of --model fwfm-low-rank (default: 3).")
  @Nullable Integer rank;

  @Option(
      names = "--l2-strengths",
      paramLabel = "LAMBDA",
      description =
          "L2 penalty on how far the field strengths of --model fwfm and fwfm-low-rank are from"
              + " those of an fm (default: from the recipe for the task).")
  @Nullable Double strengthL2;

  @Option(
      names = "--step-strengths",
      paramLabel = "X",
      description =
          "How many times the step size the field strengths have; 10 or 20 where most values are"
              + " rare, as in clicks (default: 1).")
  @Nullable Double strengthStep;

  @Option(
      names = "--pair-bits",
      paramLabel = "BITS",
      description =
          "The pairs of --model poly2 have 2^BITS weights; collisions are reported (default: 20).")
  @Nullable Integer pairBits;

  @SuppressWarnings("NullAway.Init") // picocli sets the spec
  ModelOptions() {}

  /** Refuses options that do not go together. */
  void check(RecipeOptions options) {
    require(
        kind.hasFactors() || options.factors == null || options.factors == 0,
        "--model " + kind + " has no factors");
    require(
        !kind.hasFactors() || options.factors == null || options.factors > 0,
        "--model " + kind + " has factors: --factors must be 1 or more");
    require(
        kind != ModelKind.MF || options.fields.isEmpty(),
        "--model mf has the two ids alone, and no --fields");
    require(
        rank == null || kind == ModelKind.FWFM_LOW_RANK, "--rank goes with --model fwfm-low-rank");
    require(rank == null || rank >= 1, "--rank must be 1 or more");
    require(
        strengthL2 == null || kind == ModelKind.FWFM || kind == ModelKind.FWFM_LOW_RANK,
        "--l2-strengths goes with --model fwfm and fwfm-low-rank");
    require(strengthL2 == null || strengthL2 >= 0, "--l2-strengths must be 0 or more");
    require(
        strengthStep == null || kind == ModelKind.FWFM || kind == ModelKind.FWFM_LOW_RANK,
        "--step-strengths goes with --model fwfm and fwfm-low-rank");
    require(
        strengthStep == null || (strengthStep > 0 && strengthStep < 1e6),
        "--step-strengths must be above 0");
    require(pairBits == null || kind == ModelKind.POLY2, "--pair-bits goes with --model poly2");
    require(
        pairBits == null || (pairBits >= 1 && pairBits <= PairWeights.MAX_BITS),
        "--pair-bits must be 1 to " + PairWeights.MAX_BITS);
  }

  /** The recipe for these options and those of learning. */
  Recipe recipe(RecipeOptions options, DataSet data) {
    Recipes.Kind recipeKind = recipeKind(options, data);
    return switch (kind) {
      case FM, LINEAR, MF -> options.recipe(recipeKind, data);
      case FWFM, FWFM_LOW_RANK, FFM, POLY2 -> {
        Recipe known = Recipes.of(options.loss(), options.negatives, family());
        FamilyOptions family =
            strengthL2 == null ? known.family() : known.family().withStrengthL2(strengthL2);
        family = strengthStep == null ? family : family.withStrengthStep(strengthStep);
        yield options.recipe(known.withFamily(family, known.factors()), recipeKind, data);
      }
    };
  }

  private FamilyOptions family() {
    return switch (kind) {
      case FM, MF -> FamilyOptions.of(Family.FM);
      case LINEAR -> FamilyOptions.of(Family.LINEAR);
      case FWFM -> FamilyOptions.of(Family.FWFM);
      case FWFM_LOW_RANK -> FamilyOptions.lowRank(rank == null ? DEFAULT_RANK : rank);
      case FFM -> FamilyOptions.of(Family.FFM);
      case POLY2 -> FamilyOptions.poly2(pairBits == null ? DEFAULT_PAIR_BITS : pairBits);
    };
  }

  /** What als and gibbs learn of it. */
  Recipes.Kind kindOfBlocks() {
    return switch (kind) {
      case LINEAR -> Recipes.Kind.LINEAR;
      case MF -> Recipes.Kind.FM_IDS_ONLY;
      case FM, FWFM, FWFM_LOW_RANK, FFM, POLY2 -> Recipes.Kind.FM;
    };
  }

  /** Ids alone have recipes of their own. */
  private Recipes.Kind recipeKind(RecipeOptions options, DataSet data) {
    if (kind == ModelKind.LINEAR) {
      return Recipes.Kind.LINEAR;
    }
    if (kind != ModelKind.FM) {
      return kind == ModelKind.MF ? Recipes.Kind.FM_IDS_ONLY : Recipes.Kind.FM;
    }
    boolean idsOnly =
        !options.fields.isEmpty() && CrossValidation.idFields(data).containsAll(options.fields);
    return idsOnly ? Recipes.Kind.FM_IDS_ONLY : Recipes.Kind.FM;
  }

  private void require(boolean holds, String problem) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), problem);
    }
  }
}
