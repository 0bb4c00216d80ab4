package femto.tools.compare;

import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.PairwiseOptions;
import femto.tools.baseline.BprFactors;
import femto.tools.baseline.Ease;
import femto.tools.baseline.ItemNeighbours;
import femto.tools.baseline.ItemNeighbours.Similarity;
import femto.tools.baseline.Popular;
import femto.tools.baseline.Recommender;
import femto.tools.data.DataSet;
import femto.tools.train.CrossValidation;
import femto.tools.train.RankingRecipe;
import femto.tools.train.RankingRecipes;
import femto.tools.train.RankingRecipes.Fields;
import femto.tools.train.Recipe;
import femto.tools.train.Recipes;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The models of a comparison, each with the settings that are tried for it: three for every model
 * that has any.
 */
public enum Contender {
  /** How many like it. */
  POPULARITY {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return List.of(new Candidate("", (data, trial, seed) -> Popular.fit(trial.likes())));
    }
  },

  /** How many like it now. */
  POPULARITY_FADING {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return List.of(fading(30), fading(90), fading(365));
    }
  },

  /** Item-based collaborative filtering by the cosine. */
  ITEM_CF {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return itemCf(Similarity.COSINE);
    }
  },

  /** The same by Jaccard's index. */
  ITEM_CF_JACCARD {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return itemCf(Similarity.JACCARD);
    }
  },

  /** The same by the cosine of ratings less the user's mean. */
  ITEM_CF_ADJUSTED {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return itemCf(Similarity.ADJUSTED_COSINE);
    }
  },

  /** A linear autoencoder in closed form. */
  EASE {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return List.of(ease(300), ease(1_000), ease(3_000));
    }
  },

  /** Matrix factorization by pairs. */
  BPR {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return List.of(bpr(32, 0.04), bpr(64, 0.04), bpr(64, 0.05));
    }
  },

  /** The same as the examples of cornac set it: one negative drawn evenly, a constant step. */
  BPR_PUBLISHED {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return List.of(published());
    }
  },

  /** Matrix factorization by the first pairs that violate a margin. */
  WARP {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return byTime
          ? List.of(warp(0.85, 1), warp(0.85, 3), warp(0.85, 10))
          : List.of(warp(0.7, 1), warp(0.85, 1), warp(1, 1));
    }
  },

  /**
   * The same on a factorization machine that knows all fields and what users have seen, and starts
   * from its least squares.
   */
  FM_WARP {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return byTime
          ? List.of(refined(10, 10), refined(10, 30), refined(10, 100))
          : List.of(refined(4, 1), refined(10, 1), refined(30, 1));
    }
  },

  /** Implicit alternating least squares on such a factorization machine. */
  FM_IALS {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return byTime
          ? List.of(ials(0.4, 10), ials(0.4, 30), ials(0.4, 100))
          : List.of(ials(0.3, 1), ials(0.4, 1), ials(0.5, 1));
    }
  },

  /** Logistic regression on all fields, with sampled negatives. */
  LINEAR {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return List.of(
          trained(Recipes.Kind.LINEAR, 0.25),
          trained(Recipes.Kind.LINEAR, 1),
          trained(Recipes.Kind.LINEAR, 4));
    }
  },

  /** A factorization machine on all fields or on the two ids, with sampled negatives. */
  FM {
    @Override
    List<Candidate> candidates(boolean byTime) {
      return List.of(
          trained(Recipes.Kind.FM, 1),
          trained(Recipes.Kind.FM_IDS_ONLY, 1),
          trained(Recipes.Kind.FM_IDS_ONLY, 2));
    }
  };

  private static final int NEGATIVES = 4;
  private static final int EPOCHS = 60;
  private static final double STEP = 0.05;

  /** With one negative, the plain method, BPR stays 0.03 to 0.04 below. */
  private static final int HARDEST_OF = 5;

  /** Weights alone are learned sooner than factors. */
  private static final int LINEAR_EPOCHS = 10;

  private static Candidate fading(int days) {
    return new Candidate(
        "half-life=" + days + "d",
        (data, trial, seed) -> Popular.fading(data, trial.examples(), days * 86_400.0));
  }

  private static List<Candidate> itemCf(Similarity similarity) {
    return List.of(
        itemCf(similarity, 50, 10), itemCf(similarity, 150, 10), itemCf(similarity, 150, 50));
  }

  private static Candidate itemCf(Similarity similarity, int neighbours, int shrinkage) {
    return new Candidate(
        "neighbours=%d shrinkage=%d".formatted(neighbours, shrinkage),
        (data, trial, seed) ->
            ItemNeighbours.fit(trial.likes(), similarity, neighbours, shrinkage));
  }

  private static Candidate ease(int lambda) {
    return new Candidate(
        "lambda=" + lambda, (data, trial, seed) -> Ease.fit(trial.likes(), lambda));
  }

  private static Candidate bpr(int factors, double l2) {
    return new Candidate(
        "factors=%d epochs=%d step=%s l2=%s negatives=%d"
            .formatted(factors, EPOCHS, STEP, l2, HARDEST_OF),
        (data, trial, seed) ->
            BprFactors.fit(
                trial.likes(),
                new BprFactors.Settings(factors, EPOCHS, STEP, l2, HARDEST_OF, seed)));
  }

  private static Candidate trained(Recipes.Kind kind, double penalty) {
    String fields = kind == Recipes.Kind.FM_IDS_ONLY ? "ids" : "all";
    return new Candidate(
        "fields=%s negatives=%d l2 of the recipe times %s".formatted(fields, NEGATIVES, penalty),
        (data, trial, seed) -> {
          Recipe recipe = Recipes.of(Loss.LOGISTIC, NEGATIVES, kind, data).withSeed(seed);
          Recipe tuned = recipe.withTuning(recipe.tuning().withPenaltyTimes(penalty));
          return TrainedModel.fit(
              data,
              trial.examples(),
              kind == Recipes.Kind.LINEAR ? tuned.withEpochs(LINEAR_EPOCHS) : tuned);
        });
  }

  /** {@code BPR(k=10, max_iter=200, learning_rate=0.001, lambda_reg=0.01)}. */
  private static Candidate published() {
    return new Candidate(
        "factors=10 epochs=200 step=0.001 l2=0.01 negatives=1",
        (data, trial, seed) ->
            TrainedModel.fit(
                data,
                trial,
                new RankingRecipe(
                    new RankingRecipe.Pairs(PairwiseOptions.Loss.BPR, 0.001, 0.001, 1, 0),
                    Double.NEGATIVE_INFINITY,
                    CrossValidation.idFields(data),
                    List.of(),
                    10,
                    200,
                    0.1 / Math.sqrt(12), // deviation of what is drawn evenly from -0.05 to 0.05
                    Map.of(Recipe.ANY_FIELD, new L2(0.01, 0.01)),
                    seed),
                trial.examples()));
  }

  private static Candidate warp(double l2, double recency) {
    return new Candidate(
        "l2=" + l2 + ofRecency(recency),
        (data, trial, seed) ->
            TrainedModel.fit(
                data,
                trial,
                RankingRecipes.warp(data, Fields.IDS, l2).withSeed(seed).withRecency(recency),
                trial.examples()));
  }

  private static Candidate refined(double l2, double recency) {
    return new Candidate(
        "fields=%s start=ials l2=%s".formatted(name(Fields.ALL_AND_IMPLICIT), l2)
            + ofRecency(recency),
        (data, trial, seed) ->
            TrainedModel.fit(
                data,
                trial,
                RankingRecipes.refined(data, l2).withSeed(seed).withRecency(recency),
                trial.wantedExamples(data)));
  }

  private static Candidate ials(double l2, double recency) {
    Fields fields = Fields.ALL_AND_IMPLICIT;
    return new Candidate(
        "fields=%s l2=%s".formatted(name(fields), l2) + ofRecency(recency),
        (data, trial, seed) ->
            TrainedModel.fit(
                data,
                trial,
                RankingRecipes.leastSquares(data, fields, l2).withSeed(seed).withRecency(recency),
                trial.wantedExamples(data)));
  }

  private static String ofRecency(double recency) {
    return recency == 1 ? "" : " recency=" + recency;
  }

  private static String name(Fields fields) {
    return fields == Fields.IDS ? "ids" : "all,implicit";
  }

  /** Makes a recommender of what is in training. */
  @FunctionalInterface
  public interface Fit {
    /**
     * Fits.
     *
     * @param data the data set
     * @param trial its examples and likes are learned from, and nothing else of it
     * @param seed decides what is random
     * @return the recommender, which the caller closes
     */
    Recommender of(DataSet data, Trial trial, long seed);
  }

  /**
   * Settings that are tried.
   *
   * @param settings in words
   * @param fit makes a recommender by them
   */
  public record Candidate(String settings, Fit fit) {}

  /**
   * Settings that are tried on a part cut from training; the best there is taken.
   *
   * @param byTime whether what is asked comes after what is learned, so that how recent something
   *     is may say something
   * @return as many in either case
   */
  abstract List<Candidate> candidates(boolean byTime);

  /** As the command line writes it: item-cf. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
