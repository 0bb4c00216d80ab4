package femto.tools.data;

import femto.file.DurableFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Generates data in the layout of MovieLens 100K whose truth is known: the distribution that each
 * rating was drawn from, hence the best that any model can reach.
 *
 * <p>Ratings follow a factorization machine over the fields of {@link MovieLens}: a latent score of
 * linear weights and pairwise products of factors, plus Gaussian noise, rounded and cut to 1..5.
 * The products involve users and movies, but also ages, genders, occupations, years and genres, so
 * that there is something to learn from all of them. At the default size the figures resemble
 * MovieLens 100K. Users rate as unevenly as there, popular movies far more often, and each user
 * sooner what the user likes; times increase from user to user and inside a session.
 *
 * <p>Beside the layout's own files stands {@code truth.tsv}: a line a rating with user, movie,
 * expected rating, and the probability of a rating of 4 or more, separated by tabs. The square root
 * of the mean of {@code (rating - expected)^2} is the lowest RMSE that can be expected, and the AUC
 * of the probability the highest AUC.
 *
 * <p>The same rows and seed give the same bytes on every machine and JVM.
 */
public final class MovieLensGenerator {
  /** As many ratings as MovieLens 100K has. */
  public static final int DEFAULT_ROWS = 100_000;

  /** Fewest ratings: those of one user. */
  public static final int MIN_ROWS = MovieLensWorld.MIN_RATINGS_OF_USER;

  /** Most ratings. */
  public static final int MAX_ROWS = 50_000_000;

  private static final List<String> FILES =
      List.of(
          MovieLens.RATINGS, MovieLens.USERS, MovieLens.MOVIES, MovieLens.GENRES, MovieLens.TRUTH);

  private MovieLensGenerator() {}

  /**
   * Generates a folder.
   *
   * @param out its final name; a folder that was generated before is replaced
   * @param rows number of ratings, {@link #MIN_ROWS} to {@link #MAX_ROWS}; users and movies follow
   *     it
   * @param seed any number
   * @throws IllegalArgumentException if rows is out of range
   * @throws IOException if writing fails, or the name is taken by something else; nothing has
   *     changed then
   */
  public static void generate(Path out, int rows, long seed) throws IOException {
    generate(out, rows, seed, done -> {});
  }

  /**
   * Generates a folder and tells how far it is.
   *
   * @param out its final name; a folder that was generated before is replaced
   * @param rows number of ratings, {@link #MIN_ROWS} to {@link #MAX_ROWS}; users and movies follow
   *     it
   * @param seed any number
   * @param progress told how many ratings are generated, ascending, at last rows
   * @throws IllegalArgumentException if rows is out of range
   * @throws IOException if writing fails, or the name is taken by something else; nothing has
   *     changed then
   */
  public static void generate(Path out, int rows, long seed, IntConsumer progress)
      throws IOException {
    if (rows < MIN_ROWS || rows > MAX_ROWS) {
      throw new IllegalArgumentException(
          "rows=" + rows + ", expected " + MIN_ROWS + " to " + MAX_ROWS);
    }
    DurableFolder.write(
        out,
        "generated data to replace",
        old -> DurableFolder.holdsExactly(old, FILES),
        folder -> {
          MovieLensWorld world = new MovieLensWorld(rows, seed);
          write(folder.resolve(MovieLens.GENRES), writer -> writeGenres(writer));
          write(folder.resolve(MovieLens.USERS), writer -> writeUsers(writer, world));
          write(folder.resolve(MovieLens.MOVIES), writer -> writeMovies(writer, world));
          MovieLensWorld.Ratings ratings = world.rate(progress);
          write(folder.resolve(MovieLens.RATINGS), writer -> writeRatings(writer, ratings));
          write(folder.resolve(MovieLens.TRUTH), writer -> writeTruth(writer, ratings));
        });
  }

  @FunctionalInterface
  private interface Text {
    void writeTo(Ascii out) throws IOException;
  }

  /**
   * Lines of fields. An OutputStreamWriter with a Formatter took most of the time at a million
   * rows.
   */
  private static final class Ascii {
    private final OutputStream out;
    private final StringBuilder line = new StringBuilder();

    Ascii(OutputStream out) {
      this.out = out;
    }

    Ascii put(String text) {
      line.append(text);
      return this;
    }

    Ascii put(long number) {
      line.append(number);
      return this;
    }

    /** A number from 0 on with six decimals. */
    Ascii putDecimal(double number) {
      long millionths = Math.round(number * 1e6);
      line.append(millionths / 1_000_000).append('.');
      line.append(1_000_000 + millionths % 1_000_000);
      line.deleteCharAt(line.length() - 7); // The 1 that kept the leading zeros.
      return this;
    }

    void end() throws IOException {
      out.write(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
      line.setLength(0);
    }
  }

  private static void write(Path file, Text text) throws IOException {
    DurableFile.write(
        file,
        channel -> {
          OutputStream out =
              new java.io.BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
          text.writeTo(new Ascii(out));
          out.flush();
        });
  }

  private static void writeGenres(Ascii out) throws IOException {
    for (int genre = 0; genre < MovieLensReader.STANDARD_GENRES.size(); genre++) {
      out.put(MovieLensReader.STANDARD_GENRES.get(genre)).put("|").put(genre).end();
    }
  }

  private static void writeUsers(Ascii out, MovieLensWorld world) throws IOException {
    for (int user = 0; user < world.users().length; user++) {
      MovieLensWorld.User is = world.users()[user];
      out.put(user + 1L).put("|").put(is.age()).put("|").put(is.gender()).put("|");
      out.put(is.occupation()).put("|").put(is.zip()).end();
    }
  }

  private static void writeMovies(Ascii out, MovieLensWorld world) throws IOException {
    for (int movie = 0; movie < world.movies().length; movie++) {
      MovieLensWorld.Movie is = world.movies()[movie];
      String year = is.year() == MovieLensWorld.NO_YEAR ? "" : Integer.toString(is.year());
      out.put(movie + 1L).put("|").put("Movie ").put(movie + 1L);
      out.put(year.isEmpty() ? "" : " (" + year + ")").put("|");
      out.put(year.isEmpty() ? "" : "01-Jan-" + year).put("||");
      for (int genre = 0; genre < MovieLensReader.STANDARD_GENRES.size(); genre++) {
        int at = genre;
        out.put(Arrays.stream(is.genres()).anyMatch(of -> of == at) ? "|1" : "|0");
      }
      out.end();
    }
  }

  private static void writeRatings(Ascii out, MovieLensWorld.Ratings ratings) throws IOException {
    for (int row = 0; row < ratings.size(); row++) {
      out.put(ratings.user(row) + 1L).put("\t").put(ratings.movie(row) + 1L).put("\t");
      out.put(ratings.rating(row)).put("\t").put(ratings.time(row)).end();
    }
  }

  private static void writeTruth(Ascii out, MovieLensWorld.Ratings ratings) throws IOException {
    for (int row = 0; row < ratings.size(); row++) {
      out.put(ratings.user(row) + 1L).put("\t").put(ratings.movie(row) + 1L).put("\t");
      out.putDecimal(ratings.mean(row)).put("\t").putDecimal(ratings.positive(row)).end();
    }
  }
}
