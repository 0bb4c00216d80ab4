package femto.tools.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.MalformedFileException;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MovieLensTest {
  @TempDir Path directory;
  private RawFolder raw;
  private Path target;

  @BeforeEach
  void writeRawFolder() throws IOException {
    raw = RawFolder.create(directory.resolve("raw"));
    target = directory.resolve("set");
  }

  private DataSet imported() throws IOException {
    MovieLens.importFolder(raw.path(), target);
    return DataSet.open(target);
  }

  /** A row as text: field=value*weight. */
  static List<String> row(FeatureSpace space, FeatureRows rows, int row) {
    List<String> features = new ArrayList<>();
    for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
      int feature = rows.feature(entry);
      String field = space.fields().get(space.fieldOf(feature)).name();
      features.add(field + "=" + space.value(feature) + "*" + rows.weight(entry));
    }
    return features;
  }

  @Test
  void shouldReadEveryFieldOfASmallFolder() throws IOException {
    try (DataSet data = imported()) {
      FeatureSpace space = data.features();
      assertThat(Field.format(space.fields()))
          .isEqualTo(
              "user:context:one_hot,age:context:bucket:5,gender:context:one_hot,"
                  + "occupation:context:one_hot,movie:candidate:one_hot,year:candidate:one_hot,"
                  + "genre:candidate:multi_hot");
      assertThat(data.name()).isEqualTo("movielens");
      assertThat(data.contexts().rows()).isEqualTo(3);
      assertThat(row(space, data.contexts(), 0))
          .containsExactly(
              "user=1*1.0", "age=20-24*1.0", "gender=M*1.0", "occupation=technician*1.0");
      assertThat(row(space, data.contexts(), 1))
          .containsExactly("user=3*1.0", "age=0-4*1.0", "gender=F*1.0", "occupation=other*1.0");
      assertThat(row(space, data.contexts(), 2))
          .containsExactly("user=2*1.0", "age=65-69*1.0", "gender=M*1.0", "occupation=writer*1.0");
      float third = 1f / 3;
      assertThat(row(space, data.candidates(), 0))
          .containsExactly(
              "movie=10*1.0",
              "year=1995*1.0",
              "genre=Animation*" + third,
              "genre=Children's*" + third,
              "genre=Comedy*" + third);
      assertThat(row(space, data.candidates(), 1))
          .containsExactly("movie=30*1.0", "year=1971*1.0", "genre=Drama*1.0");
      assertThat(row(space, data.candidates(), 2))
          .containsExactly("movie=20*1.0", "year=none*1.0", "genre=unknown*1.0");
      assertThat(row(space, data.candidates(), 3))
          .containsExactly(
              "movie=40*1.0", "year=1995*1.0", "genre=Action*0.5", "genre=Thriller*0.5");
      List<String> examples = new ArrayList<>();
      for (int i = 0; i < data.examples(); i++) {
        examples.add(
            data.contextId(data.context(i))
                + " "
                + data.candidateId(data.candidate(i))
                + " "
                + data.label(i)
                + " "
                + data.time(i));
      }
      assertThat(examples)
          .containsExactly(
              "1 10 5.0 881250949",
              "1 20 3.0 881250950",
              "3 10 1.0 891717742",
              "2 30 4.0 878887116");
      assertThat(data.context(2)).isEqualTo(1);
      assertThat(data.candidate(3)).isEqualTo(1);
      assertThat(data.folds()).isEmpty();
      assertThat(data.truth()).isEmpty();
    }
  }

  @Test
  void shouldReadTheSameWhereLinesEndWithCarriageReturns() throws IOException {
    String checksum;
    try (DataSet data = imported()) {
      checksum = data.checksum();
    }
    raw.with("u.data", RawFolder.RATINGS.replace("\n", "\r\n"))
        .with("u.user", RawFolder.USERS.replace("\n", "\r\n"))
        .with("u.item", RawFolder.MOVIES.replace("\n", "\r\n") + "\r\n\r\n");
    try (DataSet data = imported()) {
      assertThat(data.checksum()).isEqualTo(checksum);
    }
  }

  @Test
  void shouldTakeGenreNamesFromTheFolder() throws IOException {
    StringBuilder genres = new StringBuilder();
    for (int genre = 0; genre < 19; genre++) {
      genres.append("G").append(genre).append('|').append(genre).append('\n');
    }
    raw.with("u.genre", genres + "\n");
    try (DataSet data = imported()) {
      assertThat(row(data.features(), data.candidates(), 1)).contains("genre=G8*1.0");
    }
  }

  @Test
  void shouldReadPredefinedFolds() throws IOException {
    List<String> lines = RawFolder.RATINGS.lines().toList();
    raw.with("u1.test", lines.get(2) + "\n" + lines.get(0) + "\n")
        .with("u1.base", lines.get(1) + "\n" + lines.get(3) + "\n")
        .with("ua.test", lines.get(3) + "\n")
        .with("ua.base", lines.get(0) + "\n" + lines.get(1) + "\n" + lines.get(2));
    try (DataSet data = imported()) {
      assertThat(data.folds()).containsExactly("u1", "ua");
      assertThat(List.of(0, 1, 2, 3)).filteredOn(i -> data.isTest("u1", i)).containsExactly(0, 2);
      assertThat(List.of(0, 1, 2, 3)).filteredOn(i -> data.isTest("ua", i)).containsExactly(3);
      assertThatThrownBy(() -> data.isTest("u7", 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("u7")
          .hasMessageContaining("[u1, ua]");
    }
  }

  @Test
  void shouldImportOneRatingsFileWithoutFolds() throws IOException {
    List<String> lines = RawFolder.RATINGS.lines().toList();
    raw.with("u1.test", lines.get(2) + "\n" + lines.get(0) + "\n")
        .with("u1.base", lines.get(1) + "\n" + lines.get(3) + "\n");
    MovieLens.importFolder(raw.path(), target, "u1.test");
    try (DataSet data = DataSet.open(target)) {
      assertThat(data.examples()).isEqualTo(2);
      assertThat(data.label(0)).isEqualTo(1f);
      assertThat(data.label(1)).isEqualTo(5f);
      assertThat(data.contexts().rows()).isEqualTo(3);
      assertThat(data.folds()).isEmpty();
    }
  }

  @Test
  void shouldReadTheTruthOfEachExample() throws IOException {
    raw.with(
        "truth.tsv",
        "2\t30\t4.25\t0.75\n1\t10\t3.5\t0.5\n1\t20\t1\t0\n3\t10\t2.125\t0.125\n3\t40\t2\t0.5\n");
    try (DataSet data = imported()) {
      DataSet.Truth truth = data.truth().orElseThrow();
      assertThat(truth.mean(0)).isEqualTo(3.5f);
      assertThat(truth.mean(2)).isEqualTo(2.125f);
      assertThat(truth.positive(2)).isEqualTo(0.125f);
      assertThat(truth.mean(3)).isEqualTo(4.25f);
      assertThat(truth.positive(3)).isEqualTo(0.75f);
    }
  }

  @Test
  void shouldGiveTheSameBytesForTheSameFolder() throws IOException {
    imported().close();
    Path other = directory.resolve("other");
    MovieLens.importFolder(raw.path(), other);
    for (String file : DataSetFiles.FILES) {
      assertThat(other.resolve(file)).hasSameBinaryContentAs(target.resolve(file));
    }
  }

  static Stream<Arguments> brokenFiles() {
    String movie = "10|Toy Story (1995)|01-Jan-1995||u|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n";
    return Stream.of(
        broken("u.data", "1\t10\t5\t881250949\n1\t20\t3\n", ":2:", "found 3 fields", "expected 4"),
        broken("u.data", "1 10 5 881250949\n", ":1:", "found 1 field", "expected 4", "tabs"),
        broken("u.data", "1\t10\t5\t8\t9\n", ":1:", "found 5 fields", "expected 4"),
        broken("u.data", "1\t10\tx\t881250949\n", ":1:", "rating \"x\"", "whole number, 1 to 5"),
        broken(
            "u.data", "1\t10\t3.5\t881250949\n", ":1:", "rating \"3.5\"", "whole number, 1 to 5"),
        broken("u.data", "1\t10\t6\t881250949\n", ":1:", "rating \"6\"", "1 to 5"),
        broken("u.data", "1\t10\t0\t881250949\n", ":1:", "rating \"0\"", "1 to 5"),
        broken("u.data", "1\t10\t5\t-1\n", ":1:", "time \"-1\"", "0 or more"),
        broken(
            "u.data",
            "1\t10\t5\t1\n1\t99\t5\t1\n",
            ":2:",
            "movie 99",
            "expected one of the 4 in u.item"),
        broken("u.data", "7\t10\t5\t1\n", ":1:", "user 7", "expected one of the 3 in u.user"),
        broken("u.data", "01\t10\t5\t1\n", ":1:", "user \"01\"", "expected a whole number"),
        broken(
            "u.data",
            "1\t10\t5\t1\n2\t10\t5\t1\n1\t10\t4\t2\n",
            ":3:",
            "on line 1",
            "expected each pair once"),
        broken("u.data", "1\t10\t5\t1\n\n2\t10\t5\t1\n", ":2:", "empty line", "expected"),
        broken("u.data", "", "is empty", "expected lines of user, movie, rating, time"),
        broken("u.data", "\n\n", "is empty", "expected"),
        broken("u.data", "1\t10\t5\té\n", ":1:", "0xe9", "expected ASCII"),
        broken("u.data", "\0".repeat(70_000), ":1:", "longer than", "expected"),
        broken("u.user", "", "is empty", "expected lines of user|age"),
        broken("u.user", "1|24|M|technician\n", ":1:", "found 4 fields", "expected 5"),
        broken(
            "u.user",
            "1|old|M|technician|85711\n",
            ":1:",
            "age \"old\"",
            "expected a whole number, 0 to 150"),
        broken("u.user", "1|200|M|technician|85711\n", ":1:", "age \"200\"", "0 to 150"),
        broken("u.user", "1|24|X|technician|85711\n", ":1:", "gender \"X\"", "expected M or F"),
        broken("u.user", "1|24|M||85711\n", ":1:", "no occupation", "expected"),
        broken(
            "u.user",
            "1|24|M|x|8\n1|25|M|x|8\n",
            ":2:",
            "user 1 stands on line 1",
            "expected each id once"),
        broken("u.item", "", "is empty", "expected lines of movie|title"),
        broken("u.item", "10|Toy Story\n", ":1:", "found 2 fields", "expected 24"),
        broken(
            "u.item",
            movie.replace("01-Jan-1995", "30-Feb-1995"),
            ":1:",
            "release date \"30-Feb-1995\"",
            "expected"),
        broken(
            "u.item",
            movie.replace("01-Jan-1995", "1995"),
            ":1:",
            "release date \"1995\"",
            "01-Jan-1995"),
        broken(
            "u.item",
            movie.replace("01-Jan-1995", "01-Foo-1995"),
            ":1:",
            "\"01-Foo-1995\"",
            "expected"),
        broken(
            "u.item",
            movie.replace("|1|1|1|", "|1|2|1|"),
            ":1:",
            "genre Children's is \"2\"",
            "expected 0 or 1"),
        broken(
            "u.item", movie + movie, ":2:", "movie 10 stands on line 1", "expected each id once"),
        broken("u.item", movie.replace("Toy", "T\1y"), ":1:", "0x01", "expected ISO-8859-1"),
        broken("u.genre", "Drama|0\n", "has 1 genres", "expected 19"),
        broken("u.genre", "Drama|0\nDrama|1\n", ":2:", "\"Drama\"", "expected"),
        broken(
            "u.genre",
            "Drama|19\n",
            ":1:",
            "genre number \"19\"",
            "expected a whole number, 0 to 18"),
        broken("u1.test", "1\t10\t5\t881250949\n", "half of a fold", "expected u1.base"),
        broken("truth.tsv", "1\t10\t3.5\t0.5\n", "no truth of the rating on line 2", "expected"),
        broken(
            "truth.tsv",
            "1\t10\t5.5\t0.5\n",
            ":1:",
            "mean \"5.5\"",
            "expected a number, 1.0 to 5.0"),
        broken(
            "truth.tsv",
            "1\t10\t3\t1.5\n",
            ":1:",
            "positive \"1.5\"",
            "expected a number, 0.0 to 1.0"),
        broken(
            "truth.tsv",
            "1\t10\t3\t1\n1\t10\t3\t1\n",
            ":2:",
            "on line 1",
            "expected each pair once"));
  }

  private static Arguments broken(String file, String content, String... message) {
    return Arguments.of(file, content, List.of(message));
  }

  @ParameterizedTest
  @MethodSource("brokenFiles")
  void shouldSayWhereAFileIsBrokenAndLeaveNothing(String file, String content, List<String> message)
      throws IOException {
    raw.with(file, content);
    assertThatThrownBy(() -> MovieLens.importFolder(raw.path(), target))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith(raw.path().resolve(file).toString())
        .hasMessageContainingAll(message.toArray(new String[0]));
    assertNothingLeft();
  }

  private void assertNothingLeft() throws IOException {
    assertThat(DurableFolder.list(directory)).containsExactly(raw.path());
  }

  @ParameterizedTest
  @ValueSource(strings = {"u.data", "u.item", "u.user"})
  void shouldNameAMissingFileAndWhatTheFolderShouldHold(String file) throws IOException {
    raw.without(file);
    assertThatThrownBy(() -> MovieLens.importFolder(raw.path(), target))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith(raw.path().resolve(file).toString())
        .hasMessageContainingAll("no such file", "MovieLens 100K", "u.data", "u.item", "u.user");
    assertNothingLeft();
  }

  @ParameterizedTest
  @MethodSource("brokenFolds")
  void shouldRefuseAFoldThatIsNotTheRatingsDivided(String test, String base, List<String> message)
      throws IOException {
    raw.with("u1.test", test).with("u1.base", base);
    assertThatThrownBy(() -> MovieLens.importFolder(raw.path(), target))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll(message.toArray(new String[0]));
    assertNothingLeft();
  }

  static Stream<Arguments> brokenFolds() {
    List<String> lines = RawFolder.RATINGS.lines().map(line -> line + "\n").toList();
    String first = lines.get(0);
    String rest = lines.get(1) + lines.get(2) + lines.get(3);
    return Stream.of(
        Arguments.of(first, first + rest, List.of("u1.base:1:", "line 1 of u1.test", "once")),
        Arguments.of(first, rest + rest, List.of("u1.base:4:", "line 1 of u1.base", "once")),
        Arguments.of(first, lines.get(1), List.of("u1.base: ", "line 3 of u.data", "neither")),
        Arguments.of(
            "1\t10\t4\t881250949\n", rest, List.of("u1.test:1:", "rating 4", "expected 5")),
        Arguments.of("1\t10\t5\t7\n", rest, List.of("u1.test:1:", "time 7", "time 881250949")),
        Arguments.of("1\t40\t5\t7\n", rest, List.of("u1.test:1:", "no rating in u.data")),
        Arguments.of("1\t41\t5\t7\n", rest, List.of("u1.test:1:", "movie 41", "u.item")));
  }

  @Test
  void shouldReplaceADataSetOnlyWhenTheNewOneIsWhole() throws IOException {
    imported().close();
    raw.with("u.data", "1\t10\tx\t1\n");
    assertThatThrownBy(() -> MovieLens.importFolder(raw.path(), target))
        .isInstanceOf(MalformedFileException.class);
    try (DataSet data = DataSet.open(target)) {
      assertThat(data.examples()).isEqualTo(4);
    }
    raw.with("u.data", "1\t10\t2\t1\n");
    try (DataSet old = DataSet.open(target);
        DataSet data = imported()) {
      assertThat(data.examples()).isEqualTo(1);
      assertThat(old.label(0)).as("what was open stays readable").isEqualTo(5f);
    }
    assertThat(DurableFolder.list(directory)).containsExactly(raw.path(), target);
  }

  @Test
  void shouldNotReplaceWhatIsNoDataSet() throws IOException {
    Files.createDirectory(target);
    imported().close();
    Path notes = Files.writeString(target.resolve("notes.txt"), "mine");
    assertThatThrownBy(() -> MovieLens.importFolder(raw.path(), target))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll(target.toString(), "holds something else");
    assertThat(notes).hasContent("mine");
    assertThatThrownBy(() -> MovieLens.importFolder(raw.path(), raw.path()))
        .isInstanceOf(IOException.class);
    assertThat(raw.path().resolve("u.data")).hasContent(RawFolder.RATINGS);
    assertThatThrownBy(() -> MovieLens.importFolder(raw.path(), notes))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not a folder");
    assertThatThrownBy(() -> MovieLens.importFolder(raw.path(), directory.resolve("a/b")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void shouldReplaceWhatALinkPointsTo() throws IOException {
    imported().close();
    Path link = Files.createSymbolicLink(directory.resolve("link"), target);
    raw.with("u.data", "1\t10\t2\t1\n");
    MovieLens.importFolder(raw.path(), link);
    assertThat(link).isSymbolicLink();
    try (DataSet data = DataSet.open(target)) {
      assertThat(data.examples()).isEqualTo(1);
    }
  }

  @Test
  void shouldEncodeRowsAsServingDoes() throws IOException {
    try (DataSet data = imported()) {
      femto.model.Encoder encoder = new femto.model.Encoder(data.features(), Side.CONTEXT);
      int count =
          encoder
              .clear()
              .put("user", "3")
              .put("age", 4)
              .put("gender", "F")
              .put("occupation", "other")
              .finish();
      long begin = data.contexts().offset(1);
      assertThat(data.contexts().offset(2) - begin).isEqualTo(count);
      for (int i = 0; i < count; i++) {
        assertThat(data.contexts().feature(begin + i)).isEqualTo(encoder.features()[i]);
      }
    }
  }
}
