package femto.tools.compare;

import femto.tools.baseline.BprFactors;
import femto.tools.baseline.Ease;
import femto.tools.baseline.ItemNeighbours;
import femto.tools.baseline.ItemNeighbours.Similarity;
import femto.tools.baseline.Likes;
import femto.tools.baseline.Popular;
import femto.tools.baseline.Recommender;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The models of a comparison, each with the settings that are tried for it. */
public enum Baseline {
  /** How many like it. */
  POPULARITY {
    @Override
    List<Candidate> candidates() {
      return List.of(new Candidate("", (likes, seed) -> new Popular(likes)));
    }
  },

  /** Item-based collaborative filtering. */
  ITEM_CF {
    @Override
    List<Candidate> candidates() {
      List<Candidate> all = new ArrayList<>();
      for (int neighbours : new int[] {20, 50, 150}) {
        for (int shrinkage : new int[] {0, 10, 50}) {
          all.add(
              new Candidate(
                  "cosine neighbours=" + neighbours + " shrinkage=" + shrinkage,
                  (likes, seed) ->
                      ItemNeighbours.fit(likes, Similarity.COSINE, neighbours, shrinkage)));
        }
      }
      return all;
    }
  },

  /** A linear autoencoder in closed form. */
  EASE {
    @Override
    List<Candidate> candidates() {
      List<Candidate> all = new ArrayList<>();
      for (int lambda : new int[] {100, 300, 1_000, 3_000}) {
        all.add(new Candidate("lambda=" + lambda, (likes, seed) -> Ease.fit(likes, lambda)));
      }
      return all;
    }
  },

  /** Matrix factorization by pairs. */
  BPR {
    @Override
    List<Candidate> candidates() {
      List<Candidate> all = new ArrayList<>();
      for (int negatives : new int[] {1, 5}) {
        for (int epochs : new int[] {30, 60}) {
          all.add(
              new Candidate(
                  "factors=32 epochs=%d step=0.05 l2=0.01 negatives=%d"
                      .formatted(epochs, negatives),
                  (likes, seed) ->
                      BprFactors.fit(
                          likes,
                          new BprFactors.Settings(32, epochs, 0.05, 0.01, negatives, seed))));
        }
      }
      return all;
    }
  };

  /** Makes a recommender of what is in training. */
  @FunctionalInterface
  interface Fit {
    Recommender of(Likes likes, long seed);
  }

  /** Settings that are tried. */
  record Candidate(String settings, Fit fit) {}

  /** Settings that are tried on a part cut from training; the best there is taken. */
  abstract List<Candidate> candidates();

  /** As the command line writes it: item-cf. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
