package femto.tools.data;

import femto.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Imports MovieLens 100K (F. M. Harper and J. A. Konstan, The MovieLens Datasets, 2015), and
 * whatever has its layout:
 *
 * <pre>
 *   u.data    user, movie, rating (1 to 5), time, separated by tabs
 *   u.user    user|age|gender|occupation|zip code
 *   u.item    movie|title|release date|video date|URL|19 genre flags, in ISO-8859-1
 *   u.genre   genre|number; optional, the 19 of MovieLens where it is missing
 *   X.base, X.test   optional: a predefined fold named X, that is u.data divided into two
 *   truth.tsv        optional: user, movie, mean, positive, as {@link MovieLensGenerator} writes it
 * </pre>
 *
 * <p>The fields of the data set are, in this order: {@code user}, {@code age} (in buckets of five
 * years), {@code gender}, {@code occupation} of the context, and {@code movie}, {@code year} (of
 * release, or {@code none}), {@code genre} (any number) of the candidate. Every user of u.user and
 * every movie of u.item becomes a row, rated or not, in the order of the files; examples are in the
 * order of u.data.
 */
public final class MovieLens {
  static final String RATINGS = "u.data";
  static final String USERS = "u.user";
  static final String MOVIES = "u.item";
  static final String GENRES = "u.genre";
  static final String TRUTH = "truth.tsv";
  static final String FOLDER_DESCRIPTION =
      "a MovieLens 100K folder (u.data, u.item, u.user, and optionally u.genre and folds such as"
          + " u1.base with u1.test)";
  static final String NAME = "movielens";

  private MovieLens() {}

  /**
   * Whether a folder looks like MovieLens 100K: whether it has a {@code u.data}. Nothing is read.
   *
   * @param folder the folder
   * @return true if it does
   */
  public static boolean isRaw(Path folder) {
    return Files.isRegularFile(folder.resolve(RATINGS));
  }

  /**
   * Imports a raw folder, with the folds that it has.
   *
   * @param raw the folder of the raw files
   * @param dataset final name of the data set; an existing data set of that name is replaced
   * @throws MalformedFileException if a raw file is missing or not as it should be; the message
   *     names file and line, what was found and what was expected
   * @throws IOException if reading or writing fails, or the name is taken by something else.
   *     Nothing is left under the final name that was not there before
   */
  public static void importFolder(Path raw, Path dataset) throws IOException {
    importFolder(raw, dataset, null, null);
  }

  /**
   * Imports one ratings file of a raw folder in place of {@code u.data}, without folds.
   *
   * @param raw the folder of the raw files
   * @param dataset final name of the data set; an existing data set of that name is replaced
   * @param part name of the ratings file, such as {@code u1.base}
   * @throws MalformedFileException as for {@link #importFolder(Path, Path)}
   * @throws IOException as for {@link #importFolder(Path, Path)}
   */
  public static void importFolder(Path raw, Path dataset, String part) throws IOException {
    importFolder(raw, dataset, part, null);
  }

  /**
   * Imports a raw folder, with a weight for each rating.
   *
   * @param raw the folder of the raw files
   * @param dataset final name of the data set; an existing data set of that name is replaced
   * @param part name of the ratings file to take in place of {@code u.data}, without folds, or null
   * @param weights a text file with one number a line, 0 or more, in the order of the ratings file:
   *     how much each rating counts in training; null where each counts once
   * @throws MalformedFileException as for {@link #importFolder(Path, Path)}, and if the weights are
   *     not as many as the ratings
   * @throws IOException as for {@link #importFolder(Path, Path)}
   */
  public static void importFolder(
      Path raw, Path dataset, @Nullable String part, @Nullable Path weights) throws IOException {
    MovieLensReader reader = new MovieLensReader(raw, part == null ? RATINGS : part);
    reader.read(part == null);
    if (weights != null) {
      reader.readWeights(weights);
    }
    DataSetFiles.write(
        dataset,
        NAME,
        reader.features(),
        reader.contexts(),
        reader.candidates(),
        reader.examples());
  }
}
