package femto.tools.train;

import femto.tools.data.DataSet;
import femto.tools.data.MovieLens;
import femto.tools.data.MovieLensGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Small generated raw folders for tests, with a predefined fold u1: every fifth line is test. */
public final class SmallWorld {
  private SmallWorld() {}

  /** Generates a raw folder with the fold u1. */
  public static Path raw(Path folder, int rows) throws IOException {
    MovieLensGenerator.generate(folder, rows, 7);
    return withRatings(folder, Files.readAllLines(folder.resolve("u.data")));
  }

  /** Writes u.data and the fold u1 anew. */
  public static Path withRatings(Path folder, List<String> lines) throws IOException {
    List<String> base = new ArrayList<>();
    List<String> test = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      (isTest(i) ? test : base).add(lines.get(i));
    }
    Files.write(folder.resolve("u.data"), lines);
    Files.write(folder.resolve("u1.base"), base);
    Files.write(folder.resolve("u1.test"), test);
    return folder;
  }

  static boolean isTest(int line) {
    return line % 5 == 4;
  }

  /** Imports a raw folder to {@code set} beside it and opens that. */
  public static DataSet open(Path raw) throws IOException {
    Path set = raw.resolveSibling(raw.getFileName() + ".set");
    MovieLens.importFolder(raw, set);
    return DataSet.open(set);
  }

  /** All examples of a data set. */
  public static int[] all(DataSet data) {
    return IntStream.range(0, data.examples()).toArray();
  }

  /** A raw folder written by hand: users and movies 1 to n, and the ratings given. */
  static Path byHand(Path folder, int users, int movies, List<String> ratings) throws IOException {
    Files.createDirectories(folder);
    StringBuilder user = new StringBuilder();
    for (int i = 1; i <= users; i++) {
      user.append(i).append("|24|M|writer|00000\n");
    }
    StringBuilder movie = new StringBuilder();
    for (int i = 1; i <= movies; i++) {
      movie.append(i).append("|Movie|01-Jan-1995|||0|1").append("|0".repeat(17)).append('\n');
    }
    Files.writeString(folder.resolve("u.user"), user, StandardCharsets.US_ASCII);
    Files.writeString(folder.resolve("u.item"), movie, StandardCharsets.US_ASCII);
    Files.write(folder.resolve("u.data"), ratings);
    return folder;
  }
}
