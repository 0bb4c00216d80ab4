package femto.learn;

import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Model;
import femto.model.Side;
import femto.model.TestModels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A small world to rank in: users with an age of any weight and all that they have seen, movies
 * with two genres of a half each and a year of any weight; and textbook scores in doubles.
 */
final class SmallRanking {
  static final int USERS = 6;
  static final int MOVIES = 9;
  private static final int GENRES = 3;

  /** user 0-5, age 6-7, seen 8-16 | movie 17-25, genres 26-28, year 29-30. */
  static final FeatureSpace SPACE =
      TestModels.space(
          List.of(
              Field.oneHot("user", Side.CONTEXT),
              Field.oneHot("age", Side.CONTEXT),
              Field.multiHot("seen", Side.CONTEXT),
              Field.oneHot("movie", Side.CANDIDATE),
              Field.multiHot("genres", Side.CANDIDATE),
              Field.oneHot("year", Side.CANDIDATE)),
          USERS,
          2,
          MOVIES,
          MOVIES,
          GENRES,
          2);

  private static final int AGE = USERS;
  private static final int SEEN = USERS + 2;
  static final int MOVIE = SEEN + MOVIES;
  private static final int GENRE = MOVIE + MOVIES;
  private static final int YEAR = GENRE + GENRES;

  final RankingData data;
  final boolean[][] seen = new boolean[USERS][MOVIES];
  final boolean[][] liked = new boolean[USERS][MOVIES];

  /** How much each pair counts in {@link #weighted}. */
  final float[][] weight = new float[USERS][MOVIES];

  /** With or without what was seen among the features; the last user has seen nothing. */
  SmallRanking(long seed, boolean implicit) {
    Random random = new Random(seed);
    List<Integer> users = new ArrayList<>();
    List<Integer> movies = new ArrayList<>();
    List<Float> labels = new ArrayList<>();
    for (int user = 0; user < USERS - 1; user++) {
      for (int movie = 0; movie < MOVIES; movie++) {
        if (random.nextInt(2) == 0 || movie == user) {
          boolean likes = random.nextInt(5) > 0 || movie == user;
          seen[user][movie] = true;
          liked[user][movie] = likes;
          users.add(user);
          movies.add(movie);
          labels.add(likes ? 1f : 0f);
        }
      }
    }
    Rows contexts = new Rows();
    for (int user = 0; user < USERS; user++) {
      contexts.add(user, 1).add(AGE + user % 2, 0.4f + 0.1f * user);
      int count = 0;
      for (boolean one : seen[user]) {
        count += one ? 1 : 0;
      }
      for (int movie = 0; movie < MOVIES && implicit; movie++) {
        if (seen[user][movie]) {
          contexts.add(SEEN + movie, (float) (1 / Math.sqrt(count)));
        }
      }
      contexts.end();
    }
    Rows candidates = new Rows();
    for (int movie = 0; movie < MOVIES; movie++) {
      candidates.add(MOVIE + movie, 1);
      candidates.add(GENRE + movie % 2, 0.5f).add(GENRE + 2, 0.5f);
      candidates.add(YEAR + movie % 2, 0.7f - 0.05f * movie).end();
    }
    float[] ofPairs = new float[labels.size()];
    for (int pair = 0; pair < ofPairs.length; pair++) {
      ofPairs[pair] = labels.get(pair);
    }
    RelationalData pairs =
        new RelationalData(
            SPACE,
            contexts.build(),
            candidates.build(),
            users.stream().mapToInt(Integer::intValue).toArray(),
            movies.stream().mapToInt(Integer::intValue).toArray(),
            ofPairs);
    int[] own = new int[MOVIES];
    for (int movie = 0; movie < MOVIES; movie++) {
      own[movie] = implicit ? SEEN + movie : FeatureSpace.UNKNOWN;
    }
    this.data = new RankingData(pairs, own);
    for (float[] ofUser : weight) {
      Arrays.fill(ofUser, 1);
    }
  }

  /** The same pairs, not all of which count alike. */
  RankingData weighted() {
    float[] weights = new float[data.pairs().size()];
    for (int pair = 0; pair < weights.length; pair++) {
      weights[pair] = 0.25f + 0.5f * (pair % 5);
      weight[data.pairs().contextOf()[pair]][data.pairs().candidateOf()[pair]] = weights[pair];
    }
    return new RankingData(data.pairs(), data.ownFeature(), weights);
  }

  static List<LearnerOptions.L2> l2(double linear, double factors) {
    List<LearnerOptions.L2> l2 = new ArrayList<>();
    for (int field = 0; field < SPACE.fields().size(); field++) {
      l2.add(new LearnerOptions.L2(linear * (1 + field), factors * (1 + 0.5 * field)));
    }
    return l2;
  }

  /** Weights as one vector of doubles: w_j and v_j of each feature. */
  static double[] weights(Model model) {
    int k = model.factors();
    double[] all = new double[SPACE.size() * (1 + k)];
    for (int j = 0; j < SPACE.size(); j++) {
      all[j * (1 + k)] = model.weights().bias(j);
      for (int f = 0; f < k; f++) {
        all[j * (1 + k) + 1 + f] = model.weights().factor(j, f);
      }
    }
    return all;
  }

  /**
   * The textbook sum over all pairs of features of a user and a movie, less the terms that the user
   * has alone; with {@code without} the user's feature of that movie is not there.
   */
  double score(double[] all, int k, int user, int movie, boolean without) {
    List<int[]> features = new ArrayList<>();
    List<Float> x = new ArrayList<>();
    FeatureRows contexts = data.pairs().contexts();
    for (long e = contexts.offset(user); e < contexts.offset(user + 1); e++) {
      if (!without || contexts.feature(e) != SEEN + movie) {
        features.add(new int[] {contexts.feature(e), 0});
        x.add(contexts.weight(e));
      }
    }
    FeatureRows candidates = data.pairs().candidates();
    for (long e = candidates.offset(movie); e < candidates.offset(movie + 1); e++) {
      features.add(new int[] {candidates.feature(e), 1});
      x.add(candidates.weight(e));
    }
    double sum = 0;
    for (int a = 0; a < features.size(); a++) {
      int rowA = features.get(a)[0] * (1 + k);
      if (features.get(a)[1] == 1) {
        sum += all[rowA] * x.get(a);
      }
      for (int b = a + 1; b < features.size(); b++) {
        if (features.get(b)[1] == 1) {
          int rowB = features.get(b)[0] * (1 + k);
          for (int f = 1; f <= k; f++) {
            sum += all[rowA + f] * all[rowB + f] * x.get(a) * x.get(b);
          }
        }
      }
    }
    return sum;
  }

  /** The features of a user, and those of a movie after them. */
  int[] featuresOf(FeatureRows rows, int row) {
    int[] features = new int[(int) (rows.offset(row + 1) - rows.offset(row))];
    for (int i = 0; i < features.length; i++) {
      features[i] = rows.feature(rows.offset(row) + i);
    }
    return features;
  }

  static int seenFeature(int movie) {
    return SEEN + movie;
  }

  private static final class Rows {
    private final List<Long> offsets = new ArrayList<>(List.of(0L));
    private final List<Integer> features = new ArrayList<>();
    private final List<Float> weights = new ArrayList<>();

    Rows add(int feature, float weight) {
      features.add(feature);
      weights.add(weight);
      return this;
    }

    void end() {
      offsets.add((long) features.size());
    }

    FeatureRows build() {
      float[] ofEntries = new float[weights.size()];
      for (int entry = 0; entry < ofEntries.length; entry++) {
        ofEntries[entry] = weights.get(entry);
      }
      return FeatureRows.copyOf(
          offsets.stream().mapToLong(Long::longValue).toArray(),
          features.stream().mapToInt(Integer::intValue).toArray(),
          ofEntries,
          SPACE.size());
    }
  }
}
