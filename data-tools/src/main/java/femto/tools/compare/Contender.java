package femto.tools.compare;

import femto.learn.Loss;
import femto.tools.baseline.BprFactors;
import femto.tools.baseline.Ease;
import femto.tools.baseline.ItemNeighbours;
import femto.tools.baseline.ItemNeighbours.Similarity;
import femto.tools.baseline.Popular;
import femto.tools.baseline.Recommender;
import femto.tools.data.DataSet;
import femto.tools.train.Recipe;
import femto.tools.train.Recipes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The models of a comparison, each with the settings that are tried for it. */
public enum Contender {
  /** How many like it. */
  POPULARITY {
    @Override
    List<Candidate> candidates() {
      return List.of(new Candidate("", (data, trial, seed) -> Popular.fit(trial.likes())));
    }
  },

  /** How many like it now. */
  POPULARITY_FADING {
    @Override
    List<Candidate> candidates() {
      List<Candidate> all = new ArrayList<>();
      for (int days : new int[] {7, 30, 90, 365}) {
        all.add(
            new Candidate(
                "half-life=" + days + "d",
                (data, trial, seed) -> Popular.fading(data, trial.examples(), days * 86_400.0)));
      }
      return all;
    }
  },

  /** Item-based collaborative filtering. */
  ITEM_CF {
    @Override
    List<Candidate> candidates() {
      List<Candidate> all = new ArrayList<>();
      for (int neighbours : new int[] {20, 50, 150}) {
        for (int shrinkage : new int[] {0, 10, 50}) {
          all.add(itemCf(Similarity.COSINE, neighbours, shrinkage));
        }
      }
      all.add(itemCf(Similarity.JACCARD, 50, 10));
      all.add(itemCf(Similarity.ADJUSTED_COSINE, 50, 10));
      return all;
    }
  },

  /** A linear autoencoder in closed form. */
  EASE {
    @Override
    List<Candidate> candidates() {
      List<Candidate> all = new ArrayList<>();
      for (int lambda : new int[] {100, 300, 1_000, 3_000}) {
        all.add(
            new Candidate(
                "lambda=" + lambda, (data, trial, seed) -> Ease.fit(trial.likes(), lambda)));
      }
      return all;
    }
  },

  /** Matrix factorization by pairs. */
  BPR {
    @Override
    List<Candidate> candidates() {
      return List.of(
          bpr(32, 0.01, 1), bpr(32, 0.03, 5), bpr(32, 0.04, 5), bpr(64, 0.04, 5), bpr(64, 0.05, 5));
    }
  },

  /** Logistic regression on all fields, with sampled negatives. */
  LINEAR {
    @Override
    List<Candidate> candidates() {
      return List.of(trained(Recipes.Kind.LINEAR, 4, 1));
    }
  },

  /** A factorization machine on all fields or on the two ids, with sampled negatives. */
  FM {
    @Override
    List<Candidate> candidates() {
      List<Candidate> all = new ArrayList<>();
      for (double penalty : new double[] {1, 2}) {
        all.add(trained(Recipes.Kind.FM, 4, penalty));
        all.add(trained(Recipes.Kind.FM_IDS_ONLY, 4, penalty));
      }
      return all;
    }
  };

  private static final int EPOCHS = 60;
  private static final double STEP = 0.05;

  private static Candidate itemCf(Similarity similarity, int neighbours, int shrinkage) {
    return new Candidate(
        "%s neighbours=%d shrinkage=%d"
            .formatted(
                similarity.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                neighbours,
                shrinkage),
        (data, trial, seed) ->
            ItemNeighbours.fit(trial.likes(), similarity, neighbours, shrinkage));
  }

  private static Candidate bpr(int factors, double l2, int negatives) {
    return new Candidate(
        "factors=%d epochs=%d step=%s l2=%s negatives=%d"
            .formatted(factors, EPOCHS, STEP, l2, negatives),
        (data, trial, seed) ->
            BprFactors.fit(
                trial.likes(),
                new BprFactors.Settings(factors, EPOCHS, STEP, l2, negatives, seed)));
  }

  private static Candidate trained(Recipes.Kind kind, int negatives, double penalty) {
    String fields = kind == Recipes.Kind.FM_IDS_ONLY ? "ids" : "all";
    return new Candidate(
        "fields=%s negatives=%d l2 of the recipe times %s".formatted(fields, negatives, penalty),
        (data, trial, seed) -> {
          Recipe recipe = Recipes.of(Loss.LOGISTIC, negatives, kind, data).withSeed(seed);
          return TrainedModel.fit(
              data, trial.examples(), recipe.withTuning(recipe.tuning().withPenaltyTimes(penalty)));
        });
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

  /** Settings that are tried on a part cut from training; the best there is taken. */
  abstract List<Candidate> candidates();

  /** As the command line writes it: item-cf. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
