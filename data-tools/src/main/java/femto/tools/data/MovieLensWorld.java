package femto.tools.data;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * The world that {@link MovieLensGenerator} writes down: users, movies, and a factorization machine
 * that knows what they think of each other. Used once, by one thread.
 *
 * <p>Each field's linear weights and factors are drawn, then shifted and scaled so that over the
 * users (or movies, the popular ones counting more) they have mean 0 and exactly the standard
 * deviation planned for the field. So the figures of a world hardly depend on its seed.
 */
final class MovieLensWorld {
  static final int MIN_RATINGS_OF_USER = 20;
  static final int NO_YEAR = 0;

  private static final int REFERENCE_ROWS = 100_000;
  private static final int REFERENCE_USERS = 943;
  private static final int REFERENCE_MOVIES = 1682;

  /** From MovieLens 100K to MovieLens 1M, users grew by 10^0.81 and movies by 10^0.34. */
  private static final double USERS_EXPONENT = 0.8;

  private static final double MOVIES_EXPONENT = 0.35;

  /** No user of MovieLens 100K has rated more of the movies. */
  private static final double LARGEST_SHARE = 0.45;

  /** Sigma of the log-normal number of ratings above the least, as in MovieLens 100K. */
  private static final double ACTIVITY_SIGMA = 1.3;

  /** Time of the first and the last rating of MovieLens 100K. */
  private static final long FIRST_TIME = 874_724_710;

  private static final long LAST_TIME = 893_286_638;

  private static final String[] OCCUPATIONS = {
    "administrator",
    "artist",
    "doctor",
    "educator",
    "engineer",
    "entertainment",
    "executive",
    "healthcare",
    "homemaker",
    "lawyer",
    "librarian",
    "marketing",
    "none",
    "other",
    "programmer",
    "retired",
    "salesman",
    "scientist",
    "student",
    "technician",
    "writer"
  };

  /** How many users of MovieLens 100K have each occupation. */
  private static final double[] OCCUPATION_WEIGHTS = {
    79, 28, 7, 95, 67, 18, 32, 16, 7, 12, 51, 26, 9, 105, 66, 14, 12, 31, 196, 27, 45
  };

  private static final int OLDEST = 75;
  private static final int AGE_WIDTH = 5;
  private static final int STUDENT = 18;
  private static final int RETIRED = 15;

  /** How many movies of MovieLens 100K have each genre; "unknown" is given out otherwise. */
  private static final double[] GENRE_WEIGHTS = {
    0, 251, 135, 42, 122, 505, 109, 50, 725, 22, 24, 92, 56, 61, 247, 101, 251, 71, 27
  };

  /** How many movies of MovieLens 100K have 0, 1, 2... genres. */
  private static final double[] GENRE_COUNT_WEIGHTS = {0, 833, 569, 215, 51, 11, 3};

  /** How many movies of MovieLens 100K are older, and of 1993, 1994, ... 1998. */
  private static final double[] YEAR_WEIGHTS = {415, 126, 214, 219, 355, 287, 65};

  private static final int FIRST_YEAR = 1922;
  private static final int LAST_OLD_YEAR = 1992;
  private static final int LAST_YEAR = 1998;
  private static final double OLD_YEARS_MEAN = 17;

  /** One movie in 1,682 has no date and no known genre. */
  private static final int UNKNOWN_MOVIE = 266;

  // The machine. Calibrated at the default size: see the table in docs/data-set.md.
  private static final int FACTORS = 8;
  private static final double BIAS = 3.55;
  private static final double NOISE = 0.94;

  /**
   * Standard deviation of a whole side in the first factor, and by how much the next is smaller.
   */
  private static final double FACTOR_SCALE = 0.51;

  private static final double FACTOR_DECAY = 0.65;

  /** How much the better movies are rated more often, beyond chance. */
  private static final double POPULARITY_EFFECT = 0.55;

  /** How much a user's own taste decides what the user rates. */
  private static final double TASTE_EFFECT = 1.5;

  /**
   * A field's part: deviation of its linear weights, share of the variance of its side's factors.
   */
  private record Strength(double linear, double share) {}

  private static final Strength USER = new Strength(0.40, 0.35);
  private static final Strength AGE = new Strength(0.08, 0.25);
  private static final Strength GENDER = new Strength(0.04, 0.15);
  private static final Strength OCCUPATION = new Strength(0.08, 0.25);
  private static final Strength MOVIE = new Strength(0.36, 0.35);
  private static final Strength YEAR = new Strength(0.12, 0.25);
  private static final Strength GENRE = new Strength(0.15, 0.40);

  record User(int age, String gender, String occupation, String zip) {}

  /** Year is {@link #NO_YEAR} for a movie without a date; genres are indexes, ascending. */
  record Movie(int year, int[] genres) {}

  private final Draws draws;
  private final int rows;
  private final User[] users;
  private final Movie[] movies;
  private final int[] ratingsOfUser;
  private final double[] logPopularity;
  private final FoldedSide contexts;
  private final FoldedSide candidates;

  MovieLensWorld(int rows, long seed) {
    this.draws = new Draws(seed);
    this.rows = rows;
    double size = (double) rows / REFERENCE_ROWS;
    int userCount = scaled(REFERENCE_USERS, size, USERS_EXPONENT);
    this.users = new User[Math.max(1, Math.min(userCount, rows / MIN_RATINGS_OF_USER))];
    // Even the most active user must find movies enough.
    int fewest = (int) (2L * rows / users.length) + MIN_RATINGS_OF_USER;
    this.movies = new Movie[Math.max(scaled(REFERENCE_MOVIES, size, MOVIES_EXPONENT), fewest)];
    Arrays.setAll(users, user -> drawUser());
    Arrays.setAll(movies, this::drawMovie);
    this.ratingsOfUser = drawActivity();
    double[] popularityRank = drawPopularity();
    this.logPopularity = new double[movies.length];
    double[] popularity = new double[movies.length];
    for (int movie = 0; movie < movies.length; movie++) {
      // The frequencies of MovieLens 100K: Zipf-like at the head, with a tail cut off
      // exponentially.
      double rank = popularityRank[movie] * REFERENCE_MOVIES;
      logPopularity[movie] = -0.45 * StrictMath.log(rank + 8) - 4 * popularityRank[movie];
      popularity[movie] = StrictMath.exp(logPopularity[movie]);
    }
    this.contexts = drawContexts();
    this.candidates = drawCandidates(popularity, popularityRank);
  }

  private static int scaled(int reference, double size, double exponent) {
    return (int) Math.round(reference * StrictMath.pow(size, exponent));
  }

  User[] users() {
    return users;
  }

  Movie[] movies() {
    return movies;
  }

  private User drawUser() {
    int occupation = draws.weighted(OCCUPATION_WEIGHTS);
    double z = draws.gaussian();
    long age =
        switch (occupation) {
          case STUDENT -> clamp(Math.round(21.5 + 4.5 * z), 10, 45);
          case RETIRED -> clamp(Math.round(63 + 6 * z), 50, OLDEST);
          default -> clamp(Math.round(35 * StrictMath.exp(0.29 * z)), 15, 73);
        };
    String gender = draws.uniform() < 0.71 ? "M" : "F";
    int zip = 100_000 + draws.below(100_000);
    return new User((int) age, gender, OCCUPATIONS[occupation], Integer.toString(zip).substring(1));
  }

  private static long clamp(long value, long lowest, long highest) {
    return Math.clamp(value, lowest, highest);
  }

  private Movie drawMovie(int movie) {
    int recent = draws.weighted(YEAR_WEIGHTS);
    int year = LAST_OLD_YEAR + recent;
    if (recent == 0) {
      year -= (int) (OLD_YEARS_MEAN * draws.exponential());
      year = Math.max(FIRST_YEAR, year);
    }
    int[] genres = new int[draws.weighted(GENRE_COUNT_WEIGHTS)];
    double[] left = GENRE_WEIGHTS.clone();
    for (int i = 0; i < genres.length; i++) {
      genres[i] = draws.weighted(left);
      left[genres[i]] = 0;
    }
    Arrays.sort(genres);
    boolean unknown = movie % REFERENCE_MOVIES == UNKNOWN_MOVIE;
    return unknown ? new Movie(NO_YEAR, new int[1]) : new Movie(year, genres);
  }

  /** Log-normal above the least, cut at a share of the movies, summing to the number of rows. */
  private int[] drawActivity() {
    int[] counts = new int[users.length];
    double[] wishes = new double[users.length];
    double sum = 0;
    for (int user = 0; user < counts.length; user++) {
      wishes[user] = StrictMath.exp(ACTIVITY_SIGMA * draws.gaussian());
      sum += wishes[user];
    }
    int most = Math.max((int) (LARGEST_SHARE * movies.length), rows / users.length + 1);
    Arrays.fill(counts, MIN_RATINGS_OF_USER);
    int left = rows - MIN_RATINGS_OF_USER * users.length;
    // What the most active users may not have is shared again, until only crumbs are left.
    int shared = 0;
    while (left > users.length && left != shared) {
      shared = left;
      for (int user = 0; user < counts.length; user++) {
        int extra = Math.min(most - counts[user], (int) (shared * (wishes[user] / sum)));
        counts[user] += extra;
        left -= extra;
      }
    }
    for (int user = 0; left > 0; user = (user + 1) % counts.length) {
      if (counts[user] < most) {
        counts[user]++;
        left--;
      }
    }
    return counts;
  }

  /** Each movie's place among the movies by popularity, 0 (the most popular) to 1. */
  private double[] drawPopularity() {
    int[] order = new int[movies.length];
    Arrays.setAll(order, i -> i);
    draws.shuffle(order);
    double[] ranks = new double[movies.length];
    for (int rank = 0; rank < order.length; rank++) {
      ranks[order[rank]] = (double) rank / order.length;
    }
    return ranks;
  }

  /** One side folded: what each of its rows adds by itself, and its factors. */
  private record FoldedSide(double[] bias, double[][] factors) {}

  private FoldedSide drawContexts() {
    double[] even = new double[users.length];
    Arrays.fill(even, 1);
    SideBuilder side = new SideBuilder(even);
    side.add(USER, ids(users.length), users.length);
    int ages = OLDEST / AGE_WIDTH + 1;
    side.add(AGE, each(users.length, user -> users[user].age / AGE_WIDTH), ages);
    side.add(GENDER, each(users.length, user -> users[user].gender.equals("M") ? 1 : 0), 2);
    side.add(
        OCCUPATION,
        each(users.length, user -> Arrays.binarySearch(OCCUPATIONS, users[user].occupation)),
        OCCUPATIONS.length);
    return side.build();
  }

  private FoldedSide drawCandidates(double[] popularity, double[] popularityRank) {
    SideBuilder side = new SideBuilder(popularity);
    side.add(MOVIE, ids(movies.length), movies.length);
    side.add(
        YEAR,
        each(movies.length, movie -> Math.max(0, movies[movie].year - FIRST_YEAR + 1)),
        LAST_YEAR - FIRST_YEAR + 2);
    int[][] genres = new int[movies.length][];
    Arrays.setAll(genres, movie -> movies[movie].genres);
    side.add(GENRE, genres, GENRE_WEIGHTS.length);
    FoldedSide drawn = side.build();
    for (int movie = 0; movie < movies.length; movie++) {
      // Belongs to the movie's linear weight.
      drawn.bias[movie] -= POPULARITY_EFFECT * popularityRank[movie];
    }
    return drawn;
  }

  private static int[][] ids(int count) {
    return each(count, row -> row);
  }

  private static int[][] each(int count, java.util.function.IntUnaryOperator value) {
    int[][] values = new int[count][];
    Arrays.setAll(values, row -> new int[] {value.applyAsInt(row)});
    return values;
  }

  /** Sums fields, and the pairwise terms inside a row (Rendle 2010, lemma 3.1). */
  private final class SideBuilder {
    private final double[] rowWeights;
    private final double[] bias;
    private final double[][] factors;
    private final double[] squares;

    SideBuilder(double[] rowWeights) {
      this.rowWeights = rowWeights;
      this.bias = new double[rowWeights.length];
      this.factors = new double[rowWeights.length][FACTORS];
      this.squares = new double[rowWeights.length];
    }

    /** Adds a field: the values that each row has, and how many values there are. */
    void add(Strength strength, int[][] values, int count) {
      double[] linear = column(strength.linear, values, count);
      double scale = FACTOR_SCALE * Math.sqrt(strength.share);
      double[][] columns = new double[FACTORS][];
      for (int factor = 0; factor < FACTORS; factor++) {
        columns[factor] = column(scale, values, count);
        scale *= FACTOR_DECAY;
      }
      for (int row = 0; row < values.length; row++) {
        double x = 1.0 / values[row].length;
        for (int value : values[row]) {
          bias[row] += x * linear[value];
          for (int factor = 0; factor < FACTORS; factor++) {
            double product = x * columns[factor][value];
            factors[row][factor] += product;
            squares[row] += product * product;
          }
        }
      }
    }

    /** One number a value, of mean 0 and the given deviation over the rows. */
    private double[] column(double deviation, int[][] values, int count) {
      double[] column = new double[count];
      for (int value = 0; value < count; value++) {
        column[value] = draws.gaussian();
      }
      double weightSum = 0;
      double sum = 0;
      double squareSum = 0;
      for (int row = 0; row < values.length; row++) {
        double effect = 0;
        for (int value : values[row]) {
          effect += column[value] / values[row].length;
        }
        weightSum += rowWeights[row];
        sum += rowWeights[row] * effect;
        squareSum += rowWeights[row] * effect * effect;
      }
      double mean = sum / weightSum;
      double variance = squareSum / weightSum - mean * mean;
      // Nothing to scale where all rows are alike.
      double scale = variance > 1e-12 ? deviation / Math.sqrt(variance) : 0;
      for (int value = 0; value < count; value++) {
        column[value] = scale * (column[value] - mean);
      }
      return column;
    }

    FoldedSide build() {
      for (int row = 0; row < bias.length; row++) {
        double square = 0;
        for (double sum : factors[row]) {
          square += sum * sum;
        }
        bias[row] += (square - squares[row]) / 2;
      }
      return new FoldedSide(bias, factors);
    }
  }

  /** All ratings, in order of time. */
  static final class Ratings {
    private final int[] users;
    private final int[] movies;
    private final byte[] ratings;
    private final float[] means;
    private final float[] positives;

    /** Seconds since {@link #FIRST_TIME} above, row as drawn below, ascending. */
    private final long[] order;

    private int size;

    private Ratings(int rows) {
      users = new int[rows];
      movies = new int[rows];
      ratings = new byte[rows];
      means = new float[rows];
      positives = new float[rows];
      order = new long[rows];
    }

    int size() {
      return size;
    }

    int user(int row) {
      return users[(int) order[row]];
    }

    int movie(int row) {
      return movies[(int) order[row]];
    }

    int rating(int row) {
      return ratings[(int) order[row]];
    }

    long time(int row) {
      return FIRST_TIME + (order[row] >>> 32);
    }

    double mean(int row) {
      return means[(int) order[row]];
    }

    double positive(int row) {
      return positives[(int) order[row]];
    }
  }

  /** Lets every user rate. */
  Ratings rate(IntConsumer progress) {
    Ratings ratings = new Ratings(rows);
    double[] scores = new double[movies.length];
    double[] keys = new double[movies.length];
    for (int user = 0; user < users.length; user++) {
      for (int movie = 0; movie < movies.length; movie++) {
        double taste = 0;
        for (int factor = 0; factor < FACTORS; factor++) {
          taste += contexts.factors[user][factor] * candidates.factors[movie][factor];
        }
        scores[movie] = BIAS + contexts.bias[user] + candidates.bias[movie] + taste;
        // The largest keys are a draw without replacement (Gumbel; Efraimidis and Spirakis 2006).
        keys[movie] =
            logPopularity[movie] + TASTE_EFFECT * taste - StrictMath.log(draws.exponential());
      }
      int[] chosen = largest(keys, ratingsOfUser[user]);
      draws.shuffle(chosen);
      addSessions(ratings, user, chosen, scores);
      progress.accept(ratings.size);
    }
    Arrays.sort(ratings.order);
    return ratings;
  }

  private static int[] largest(double[] keys, int count) {
    double[] sorted = keys.clone();
    Arrays.sort(sorted);
    double least = sorted[sorted.length - count];
    int[] chosen = new int[count];
    int found = 0;
    for (int i = 0; i < keys.length && found < count; i++) {
      if (keys[i] >= least) {
        chosen[found++] = i;
      }
    }
    return chosen;
  }

  /** A user comes one to three times within a few weeks, and rates a movie every half a minute. */
  private void addSessions(Ratings ratings, int user, int[] chosen, double[] scores) {
    long span = LAST_TIME - FIRST_TIME;
    long time = (long) (span * draws.uniform());
    int sessions = 1 + draws.below(3);
    for (int i = 0; i < chosen.length; i++) {
      if (i > 0 && draws.uniform() * chosen.length < sessions - 1) {
        time += (long) (7 * 86_400 * draws.exponential());
      }
      time = Math.min(span, time + 1 + (long) (29 * draws.exponential()));
      add(ratings, user, chosen[i], time, scores[chosen[i]]);
    }
  }

  private void add(Ratings ratings, int user, int movie, long time, double score) {
    int row = ratings.size++;
    long rating = Math.clamp(Math.round(score + NOISE * draws.gaussian()), 1, 5);
    // P(rating > r) is the noise's probability to reach r + 1/2, and the mean is 1 + their sum.
    double mean = 1;
    for (int r = 1; r < 5; r++) {
      double above = Draws.normalCdf((score - r - 0.5) / NOISE);
      mean += above;
      if (r == 3) {
        ratings.positives[row] = (float) above;
      }
    }
    ratings.users[row] = user;
    ratings.movies[row] = movie;
    ratings.ratings[row] = (byte) rating;
    ratings.means[row] = (float) mean;
    ratings.order[row] = time << 32 | row;
  }
}
