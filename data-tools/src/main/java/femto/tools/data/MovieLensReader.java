package femto.tools.data;

import femto.file.MalformedFileException;
import femto.model.Encoder;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the raw files of one MovieLens folder; {@link MovieLens} says what they are. Used once, by
 * one thread.
 */
final class MovieLensReader {
  static final TextTable.Layout RATING_LAYOUT =
      new TextTable.Layout(
          StandardCharsets.US_ASCII, '\t', 4, "user, movie, rating, time, separated by tabs");
  static final TextTable.Layout USER_LAYOUT =
      new TextTable.Layout(
          StandardCharsets.US_ASCII, '|', 5, "user|age|gender|occupation|zip code");
  static final TextTable.Layout MOVIE_LAYOUT =
      new TextTable.Layout(
          StandardCharsets.ISO_8859_1,
          '|',
          24,
          "movie|title|release date|video date|URL|19 genre flags");
  static final TextTable.Layout GENRE_LAYOUT =
      new TextTable.Layout(StandardCharsets.US_ASCII, '|', 2, "genre|number");
  static final TextTable.Layout TRUTH_LAYOUT =
      new TextTable.Layout(
          StandardCharsets.US_ASCII, '\t', 4, "user, movie, mean, positive, separated by tabs");
  static final TextTable.Layout WEIGHT_LAYOUT =
      new TextTable.Layout(StandardCharsets.US_ASCII, '\t', 1, "one weight");

  static final List<Field> FIELDS =
      List.of(
          Field.oneHot("user", Side.CONTEXT),
          Field.bucket("age", Side.CONTEXT, 5),
          Field.oneHot("gender", Side.CONTEXT),
          Field.oneHot("occupation", Side.CONTEXT),
          Field.oneHot("movie", Side.CANDIDATE),
          Field.oneHot("year", Side.CANDIDATE),
          Field.multiHot("genre", Side.CANDIDATE));
  private static final int USER = 0;
  private static final int AGE = 1;
  private static final int GENDER = 2;
  private static final int OCCUPATION = 3;
  private static final int MOVIE = 4;
  private static final int YEAR = 5;
  private static final int GENRE = 6;

  static final String NO_YEAR = "none";
  static final List<String> STANDARD_GENRES =
      List.of(
          "unknown",
          "Action",
          "Adventure",
          "Animation",
          "Children's",
          "Comedy",
          "Crime",
          "Documentary",
          "Drama",
          "Fantasy",
          "Film-Noir",
          "Horror",
          "Musical",
          "Mystery",
          "Romance",
          "Sci-Fi",
          "Thriller",
          "War",
          "Western");
  static final List<String> MONTHS =
      List.of("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec");

  private static final int FIRST_GENRE_FLAG = 5;
  private static final int MAX_ID = 999_999_999;

  private final Path folder;
  private final Path ratingsFile;
  private final List<User> users = new ArrayList<>();
  private final List<Movie> movies = new ArrayList<>();
  private final Map<Integer, Integer> userRows = new HashMap<>();
  private final Map<Integer, Integer> movieRows = new HashMap<>();
  private final Map<Long, Integer> exampleOfPair = new HashMap<>();
  private final Examples examples = new Examples();
  private final FeatureSpace features;

  private record User(int id, int age, String gender, String occupation) {}

  private record Movie(int id, String year, List<String> genres) {}

  /** Reads users and movies. */
  MovieLensReader(Path folder, String ratings) throws IOException {
    this.folder = folder;
    this.ratingsFile = folder.resolve(ratings);
    requireFile(ratingsFile);
    requireFile(folder.resolve(MovieLens.MOVIES));
    requireFile(folder.resolve(MovieLens.USERS));
    readUsers();
    readMovies(readGenres());
    this.features = collectFeatures();
  }

  private void requireFile(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new MalformedFileException(
          file, "", "there is no such file, expected " + MovieLens.FOLDER_DESCRIPTION);
    }
  }

  private void readUsers() throws IOException {
    TextTable.read(
        folder.resolve(MovieLens.USERS),
        USER_LAYOUT,
        row -> {
          int id = (int) row.number(0, "user", 0, MAX_ID);
          int age = (int) row.number(1, "age", 0, 150);
          String gender = row.text(2);
          if (!gender.equals("M") && !gender.equals("F")) {
            throw row.error("gender " + TextTable.quote(gender) + ", expected M or F");
          }
          if (row.text(3).isEmpty()) {
            throw row.error("found no occupation, expected one (other or none are some)");
          }
          requireNew(row, "user", id, userRows.putIfAbsent(id, users.size()));
          users.add(new User(id, age, gender, row.text(3)));
        });
  }

  private List<String> readGenres() throws IOException {
    Path file = folder.resolve(MovieLens.GENRES);
    if (!Files.exists(file)) {
      return STANDARD_GENRES;
    }
    int count = STANDARD_GENRES.size();
    Map<Integer, String> genres = new HashMap<>();
    TextTable.read(
        file,
        GENRE_LAYOUT,
        row -> {
          String genre = row.text(0);
          int number = (int) row.number(1, "genre number", 0, count - 1L);
          if (genre.isEmpty() || genres.containsValue(genre) || genres.containsKey(number)) {
            throw row.error(
                "genre "
                    + TextTable.quote(genre)
                    + " with number "
                    + number
                    + ", expected names and numbers that no line before has");
          }
          genres.put(number, genre);
        });
    if (genres.size() != count) {
      throw new MalformedFileException(
          file, "", "has " + genres.size() + " genres, expected " + count);
    }
    List<String> names = new ArrayList<>();
    for (int genre = 0; genre < count; genre++) {
      names.add(genres.getOrDefault(genre, ""));
    }
    return names;
  }

  private void readMovies(List<String> genreNames) throws IOException {
    TextTable.read(
        folder.resolve(MovieLens.MOVIES),
        MOVIE_LAYOUT,
        row -> {
          int id = (int) row.number(0, "movie", 0, MAX_ID);
          List<String> genres = new ArrayList<>();
          for (int genre = 0; genre < genreNames.size(); genre++) {
            String flag = row.text(FIRST_GENRE_FLAG + genre);
            if (flag.equals("1")) {
              genres.add(genreNames.get(genre));
            } else if (!flag.equals("0")) {
              throw row.error(
                  "the flag of genre "
                      + genreNames.get(genre)
                      + " is "
                      + TextTable.quote(flag)
                      + ", expected 0 or 1");
            }
          }
          Movie movie = new Movie(id, year(row), genres);
          requireNew(row, "movie", id, movieRows.putIfAbsent(id, movies.size()));
          movies.add(movie);
        });
  }

  private static void requireNew(TextTable.Row row, String what, int id, @Nullable Integer before)
      throws MalformedFileException {
    if (before != null) {
      throw row.error(
          what + " " + id + " stands on line " + (before + 1) + " already, expected each id once");
    }
  }

  private static String year(TextTable.Row row) throws MalformedFileException {
    String date = row.text(2);
    if (date.isEmpty()) {
      return NO_YEAR;
    }
    // MovieLens itself writes 04-Feb-1971 as 4-Feb-1971.
    if (date.matches("[0-9]{1,2}-[A-Z][a-z]{2}-[0-9]{4}")) {
      String[] parts = date.split("-", -1);
      try {
        int month = MONTHS.indexOf(parts[1]) + 1;
        return Integer.toString(
            LocalDate.of(Integer.parseInt(parts[2]), month, Integer.parseInt(parts[0])).getYear());
      } catch (DateTimeException e) {
        // Falls through to the one message for both.
      }
    }
    throw row.error(
        "release date " + TextTable.quote(date) + ", expected a date such as 01-Jan-1995, or none");
  }

  private FeatureSpace collectFeatures() {
    FeatureSpace.Builder builder = new FeatureSpace.Builder(FIELDS);
    for (User user : users) {
      builder.add(USER, Integer.toString(user.id));
      builder.add(AGE, FIELDS.get(AGE).bucketOf(user.age));
      builder.add(GENDER, user.gender);
      builder.add(OCCUPATION, user.occupation);
    }
    for (Movie movie : movies) {
      builder.add(MOVIE, Integer.toString(movie.id));
      builder.add(YEAR, movie.year);
      movie.genres.forEach(genre -> builder.add(GENRE, genre));
    }
    return builder.build();
  }

  FeatureSpace features() {
    return features;
  }

  /** One row a user. */
  FeatureRows contexts() {
    Encoder encoder = new Encoder(features, Side.CONTEXT);
    Rows rows = new Rows();
    for (User user : users) {
      encoder.clear().put(USER, user.id).put(AGE, user.age);
      rows.add(encoder.put(GENDER, user.gender).put(OCCUPATION, user.occupation));
    }
    return rows.build(features.size());
  }

  /** One row a movie. */
  FeatureRows candidates() {
    Encoder encoder = new Encoder(features, Side.CANDIDATE);
    Rows rows = new Rows();
    for (Movie movie : movies) {
      encoder.clear().put(MOVIE, movie.id).put(YEAR, movie.year);
      movie.genres.forEach(genre -> encoder.put(GENRE, genre));
      rows.add(encoder);
    }
    return rows.build(features.size());
  }

  /**
   * Rows that grow by what an encoder holds, so that import and serving share one way to encode.
   */
  private static final class Rows {
    private long[] offsets = new long[1024];
    private int[] entries = new int[1024];
    private float[] weights = new float[1024];
    private int rows;

    void add(Encoder encoder) {
      int count = encoder.finish();
      int begin = (int) offsets[rows];
      if (begin + count > entries.length) {
        entries = Arrays.copyOf(entries, 2 * (begin + count));
        weights = Arrays.copyOf(weights, entries.length);
      }
      System.arraycopy(encoder.features(), 0, entries, begin, count);
      System.arraycopy(encoder.weights(), 0, weights, begin, count);
      if (++rows == offsets.length) {
        offsets = Arrays.copyOf(offsets, 2 * rows);
      }
      offsets[rows] = begin + (long) count;
    }

    FeatureRows build(int featureCount) {
      int count = (int) offsets[rows];
      return FeatureRows.copyOf(
          Arrays.copyOf(offsets, rows + 1),
          Arrays.copyOf(entries, count),
          Arrays.copyOf(weights, count),
          featureCount);
    }
  }

  /** Reads the ratings, the folds if they are asked for, and the truth if there is one. */
  void read(boolean withFolds) throws IOException {
    TextTable.read(ratingsFile, RATING_LAYOUT, this::readRating);
    if (withFolds) {
      for (String fold : foldNames()) {
        examples.folds.put(fold, readFold(fold));
      }
    }
    if (Files.exists(folder.resolve(MovieLens.TRUTH))) {
      readTruth();
    }
  }

  /** Reads how much each rating counts, after the ratings. */
  void readWeights(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new MalformedFileException(
          file, "", "there is no such file, expected one with a weight a line");
    }
    float[] weights = new float[examples.size()];
    int[] read = {0};
    TextTable.read(
        file,
        WEIGHT_LAYOUT,
        row -> {
          float weight = row.decimal(0, "weight", 0, Float.MAX_VALUE);
          if (read[0] == weights.length) {
            throw row.error(
                "found a weight after those of all ratings, expected "
                    + weights.length
                    + ", one for each line of "
                    + ratingsFile.getFileName());
          }
          weights[read[0]++] = weight;
        });
    if (read[0] < weights.length) {
      throw new MalformedFileException(
          file,
          "",
          "has %d weights, expected %d, one for each line of %s"
              .formatted(read[0], weights.length, ratingsFile.getFileName()));
    }
    examples.setWeights(weights);
  }

  Examples examples() {
    return examples;
  }

  private void readRating(TextTable.Row row) throws MalformedFileException {
    int user = userRow(row);
    int movie = movieRow(row);
    int rating = rating(row);
    long time = row.number(3, "time", 0, Long.MAX_VALUE);
    Integer before = exampleOfPair.putIfAbsent(pair(user, movie), examples.size());
    if (before != null) {
      throw row.error(
          "user "
              + row.text(0)
              + " rated movie "
              + row.text(1)
              + " on line "
              + (before + 1)
              + " already, expected each pair once");
    }
    examples.add(user, movie, rating, time);
  }

  private static int rating(TextTable.Row row) throws MalformedFileException {
    return (int) row.number(2, "rating", 1, 5);
  }

  private int userRow(TextTable.Row row) throws MalformedFileException {
    return rowOf(row, userRows, 0, "user", MovieLens.USERS);
  }

  private int movieRow(TextTable.Row row) throws MalformedFileException {
    return rowOf(row, movieRows, 1, "movie", MovieLens.MOVIES);
  }

  private static int rowOf(
      TextTable.Row row, Map<Integer, Integer> rows, int field, String what, String file)
      throws MalformedFileException {
    int id = (int) row.number(field, what, 0, MAX_ID);
    Integer found = rows.get(id);
    if (found == null) {
      throw row.error(
          what + " " + id + " is unknown, expected one of the " + rows.size() + " in " + file);
    }
    return found;
  }

  /**
   * Not {@code user << 32 | movie}: the hash of such a Long is user ^ movie, the same for many
   * pairs.
   */
  private long pair(int user, int movie) {
    return (long) user * movies.size() + movie;
  }

  private List<String> foldNames() throws IOException {
    List<String> names = new ArrayList<>();
    for (Path file : DurableFolder.list(folder)) {
      String name = String.valueOf(file.getFileName());
      if (!name.endsWith(".base") && !name.endsWith(".test")) {
        continue;
      }
      String fold = name.substring(0, name.lastIndexOf('.'));
      Path other = folder.resolve(fold + (name.endsWith(".base") ? ".test" : ".base"));
      if (!Files.isRegularFile(other)) {
        throw new MalformedFileException(
            file, "", "is half of a fold, expected " + other.getFileName() + " beside it");
      }
      if (name.endsWith(".test")) {
        names.add(fold);
      }
    }
    return names;
  }

  /** Reads a fold's two files, which together must be the ratings file. */
  private byte[] readFold(String fold) throws IOException {
    byte[] mask = new byte[examples.size()];
    int[] seenOnLine = new int[examples.size()];
    Path test = folder.resolve(fold + ".test");
    Path base = folder.resolve(fold + ".base");
    TextTable.read(
        test,
        RATING_LAYOUT,
        row -> {
          int example = exampleOf(row);
          requireFirst(row, seenOnLine[example], test);
          seenOnLine[example] = row.line();
          mask[example] = 1;
        });
    TextTable.read(
        base,
        RATING_LAYOUT,
        row -> {
          int example = exampleOf(row);
          requireFirst(row, seenOnLine[example], mask[example] == 1 ? test : base);
          seenOnLine[example] = row.line();
        });
    for (int example = 0; example < seenOnLine.length; example++) {
      if (seenOnLine[example] == 0) {
        throw new MalformedFileException(
            base,
            "",
            "the rating on line "
                + (example + 1)
                + " of "
                + ratingsFile.getFileName()
                + " is neither here nor in "
                + test.getFileName()
                + ", expected it in one of them");
      }
    }
    return mask;
  }

  private static void requireFirst(TextTable.Row row, int line, Path file)
      throws MalformedFileException {
    if (line != 0) {
      throw row.error(
          "user "
              + row.text(0)
              + " and movie "
              + row.text(1)
              + " stand on line "
              + line
              + " of "
              + file.getFileName()
              + " already, expected each pair once in the two files of a fold");
    }
  }

  private int exampleOf(TextTable.Row row) throws MalformedFileException {
    Integer example = exampleOfPair.get(pair(userRow(row), movieRow(row)));
    if (example == null) {
      throw row.error(
          "user "
              + row.text(0)
              + " and movie "
              + row.text(1)
              + " have no rating in "
              + ratingsFile.getFileName()
              + ", expected a row of that file");
    }
    int rating = rating(row);
    long time = row.number(3, "time", 0, Long.MAX_VALUE);
    if (rating != examples.label(example) || time != examples.time(example)) {
      throw row.error(
          "found rating "
              + rating
              + " at time "
              + time
              + ", expected "
              + (int) examples.label(example)
              + " at time "
              + examples.time(example)
              + " as on line "
              + (example + 1)
              + " of "
              + ratingsFile.getFileName());
    }
    return example;
  }

  private void readTruth() throws IOException {
    Path file = folder.resolve(MovieLens.TRUTH);
    float[] means = new float[examples.size()];
    float[] positives = new float[examples.size()];
    int[] seenOnLine = new int[examples.size()];
    TextTable.read(
        file,
        TRUTH_LAYOUT,
        row -> {
          Integer example = exampleOfPair.get(pair(userRow(row), movieRow(row)));
          float mean = row.decimal(2, "mean", 1, 5);
          float positive = row.decimal(3, "positive", 0, 1);
          if (example == null) {
            return; // The truth is of all ratings, of which only a part may be imported.
          }
          if (seenOnLine[example] != 0) {
            throw row.error(
                "user "
                    + row.text(0)
                    + " and movie "
                    + row.text(1)
                    + " stand on line "
                    + seenOnLine[example]
                    + " already, expected each pair once");
          }
          seenOnLine[example] = row.line();
          means[example] = mean;
          positives[example] = positive;
        });
    for (int example = 0; example < seenOnLine.length; example++) {
      if (seenOnLine[example] == 0) {
        throw new MalformedFileException(
            file,
            "",
            "found no truth of the rating on line "
                + (example + 1)
                + " of "
                + ratingsFile.getFileName()
                + ", expected one for every rating");
      }
    }
    examples.setTruth(new Examples.Truth(means, positives));
  }
}
