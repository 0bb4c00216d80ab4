package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import femto.model.Encoder;
import femto.model.FeatureRows;
import femto.model.Model;
import femto.model.ModelFile;
import femto.model.Side;
import femto.score.Explanation;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RankCommandTest {
  private static final int TOP = 7;
  private static Path folder;
  private static Path set;
  private static Path model;

  /** Predictions by the textbook formula: user to movie to probability. */
  private static Map<String, Map<String, Double>> predictions;

  /** What users rated, by the name of the split whose training part it is; "" is everything. */
  private static Map<String, Set<String>> seen;

  @BeforeAll
  static void train(@TempDir Path directory) throws IOException {
    folder = directory;
    set = folder.resolve("set");
    femto(
            "import",
            "--format",
            "movielens",
            SmallWorld.raw(folder.resolve("raw"), 1500),
            "--out",
            set)
        .ok();
    model = folder.resolve("m.femto");
    femto(
            "train",
            set,
            "--loss",
            "logistic",
            "--negatives",
            3,
            "--epochs",
            5,
            "--split",
            "u1",
            "--out",
            model)
        .ok();
    predictions = new HashMap<>();
    seen = new HashMap<>();
    try (DataSet data = DataSet.open(set);
        Model read = ModelFile.read(model)) {
      for (int user = 0; user < data.contexts().rows(); user++) {
        Encoder context = encoder(read, Side.CONTEXT, data, data.contexts(), user);
        Map<String, Double> ofUser = new HashMap<>();
        for (int movie = 0; movie < data.candidates().rows(); movie++) {
          Encoder candidate = encoder(read, Side.CANDIDATE, data, data.candidates(), movie);
          ofUser.put(
              data.candidateId(movie), Explanation.of(read, context, candidate).prediction());
        }
        predictions.put(data.contextId(user), ofUser);
      }
      seen.put("", pairs(data, SmallWorld.all(data)));
      seen.put("u1", pairs(data, Split.predefined(data, "u1").train()));
    }
  }

  private static Set<String> pairs(DataSet data, int[] examples) {
    Set<String> pairs = new HashSet<>();
    for (int example : examples) {
      pairs.add(
          data.contextId(data.context(example)) + " " + data.candidateId(data.candidate(example)));
    }
    return pairs;
  }

  private static Encoder encoder(Model model, Side side, DataSet data, FeatureRows rows, int row) {
    Encoder encoder = new Encoder(model.features(), side);
    for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
      int feature = rows.feature(entry);
      String field = data.features().fields().get(data.features().fieldOf(feature)).name();
      encoder.put(field, data.features().value(feature));
    }
    return encoder;
  }

  private record Line(String context, int rank, String candidate, double prediction) {}

  private static List<Line> csv(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    assertThat(lines.get(0)).isEqualTo("context,rank,candidate,prediction");
    List<Line> found = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] words = line.split(",", -1);
      found.add(
          new Line(words[0], Integer.parseInt(words[1]), words[2], Double.parseDouble(words[3])));
    }
    return found;
  }

  @ParameterizedTest
  @CsvSource({"false,''", "true,''", "true,u1"})
  void shouldWriteTheBestOfTheWholeCatalogueForEveryUser(boolean exclude, String split)
      throws IOException {
    Path out = folder.resolve("top.csv");
    List<Object> line = new ArrayList<>(List.of("rank", model, "--data", set, "--top", TOP));
    line.addAll(List.of("--out", out, "--threads", 3, "--json"));
    if (exclude) {
      line.add("--exclude-seen");
    }
    if (!split.isEmpty()) {
      line.addAll(List.of("--split", split));
    }
    JsonNode json = femto(line.toArray()).json();
    assertThat(json.get("contexts").asInt()).isEqualTo(predictions.size());

    Map<String, List<Line>> byUser = new HashMap<>();
    csv(out).forEach(l -> byUser.computeIfAbsent(l.context(), u -> new ArrayList<>()).add(l));
    assertThat(byUser.keySet()).isEqualTo(predictions.keySet());
    Set<String> excluded = exclude ? seen.getOrDefault(split, Set.of()) : Set.of();
    byUser.forEach((user, lines) -> check(user, lines, excluded));
  }

  private static void check(String user, List<Line> lines, Set<String> excluded) {
    Map<String, Double> expected = new HashMap<>(predictions.getOrDefault(user, Map.of()));
    expected.keySet().removeIf(movie -> excluded.contains(user + " " + movie));
    List<Double> best = expected.values().stream().sorted((a, b) -> Double.compare(b, a)).toList();
    assertThat(lines).hasSize(TOP);
    Set<String> movies = new HashSet<>();
    for (int i = 0; i < TOP; i++) {
      Line line = lines.get(i);
      assertThat(line.rank()).isEqualTo(i + 1);
      assertThat(movies.add(line.candidate())).isTrue();
      assertThat(expected).as("unseen").containsKey(line.candidate());
      assertThat(line.prediction())
          .isCloseTo(expected.getOrDefault(line.candidate(), -1.0), within(1e-5))
          .isCloseTo(best.get(i), within(1e-5));
    }
  }

  @Test
  void shouldWriteTheSameAsJsonLines() throws IOException {
    Path asCsv = folder.resolve("same.csv");
    Path asJson = folder.resolve("same.jsonl");
    femto("rank", model, "--data", set, "--top", TOP, "--out", asCsv).ok();
    Cli.Result text = femto("rank", model, "--data", set, "--top", TOP, "--out", asJson).ok();
    assertThat(text.out()).contains("Ranked ", " candidates for ", " contexts", "same.jsonl");
    ObjectMapper mapper = new ObjectMapper();
    List<Line> found = new ArrayList<>();
    for (String line : Files.readAllLines(asJson)) {
      JsonNode object = mapper.readTree(line);
      assertThat(Cli.keys(object)).containsExactly("context", "rank", "candidate", "prediction");
      found.add(
          new Line(
              object.get("context").asText(),
              object.get("rank").asInt(),
              object.get("candidate").asText(),
              object.get("prediction").asDouble()));
    }
    assertThat(found).isEqualTo(csv(asCsv));
  }

  @Test
  void shouldWriteTheSameBytesWhateverTheNumberOfThreads() throws IOException {
    Path one = folder.resolve("one.csv");
    Path four = folder.resolve("four.csv");
    femto("rank", model, "--data", set, "--threads", 1, "--out", one).ok();
    femto("rank", model, "--data", set, "--threads", 4, "--out", four).ok();
    assertThat(four).hasSameBinaryContentAs(one);
  }

  private static Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void shouldRankFilesOfContextsAndCandidates() throws IOException {
    Path contexts = file("c.csv", "id,user,age\n\"Doe, Jane\",1,13\nnobody,77777,\n");
    Path candidates = file("i.csv", "movie,year,genre\n1,1995,Action|Comedy\n2,,\n3,1066,Opera\n");
    Path out = folder.resolve("files.csv");
    Cli.Result text =
        femto("rank", model, "--contexts", contexts, "--candidates", candidates, "--out", out).ok();
    assertThat(text.out()).contains("Ranked 3 candidates for 2 contexts", "values were unknown");
    List<String> lines = Files.readAllLines(out);
    assertThat(lines).hasSize(1 + 6);
    assertThat(lines.subList(1, 4)).allMatch(line -> line.startsWith("\"Doe, Jane\","));
    assertThat(lines.get(4)).startsWith("nobody,1,");
    double explained =
        femto(
                "explain",
                model,
                "--context",
                "user=1,age=13",
                "--candidate",
                "movie=1,year=1995,genre=Action|Comedy",
                "--json")
            .json()
            .get("prediction")
            .asDouble();
    String ranked =
        lines.stream()
            .filter(line -> line.matches("\"Doe, Jane\",\\d,1,.*"))
            .findFirst()
            .orElseThrow();
    assertThat(Double.parseDouble(ranked.substring(ranked.lastIndexOf(',') + 1)))
        .isCloseTo(explained, within(1e-5));
  }

  @Test
  void shouldWriteNothingButTheHeaderForNoContextsOrNoCandidates() throws IOException {
    Path none = file("none.csv", "user\n");
    Path noMovies = file("no-movies.csv", "movie\n");
    Path some = file("some.csv", "user\n1\n");
    Path movies = file("movies.csv", "movie\n1\n");
    Path out = folder.resolve("empty.csv");
    femto("rank", model, "--contexts", none, "--candidates", movies, "--out", out).ok();
    assertThat(Files.readAllLines(out)).containsExactly("context,rank,candidate,prediction");
    femto("rank", model, "--contexts", some, "--candidates", noMovies, "--out", out).ok();
    assertThat(Files.readAllLines(out)).containsExactly("context,rank,candidate,prediction");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "user,shoe\\n1,2;bad.csv:1:;shoe",
        "movie\\n1;bad.csv:1:;movie",
        "'';bad.csv;is empty",
        "user,age\\n1,20\\n1\\n;bad.csv:3:;expected 2",
        "user\\n\"1\"x;bad.csv;line 2"
      })
  void shouldNameFileAndLineOfABrokenFile(String text, String place, String found)
      throws IOException {
    Path bad = file("bad.csv", text.replace("\\n", "\n"));
    Path movies = file("movies.csv", "movie\n1\n");
    Path out = Files.createTempDirectory(folder, "never").resolve("top.csv");
    femto("rank", model, "--contexts", bad, "--candidates", movies, "--out", out)
        .failed(1, place, found);
    assertThat(out).doesNotExist();
  }

  @Test
  void shouldRefuseFilesThatAreNotUtf8() throws IOException {
    Path bad = folder.resolve("latin.csv");
    Files.write(bad, "user,occupation\n1,caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    Path movies = file("movies.csv", "movie\n1\n");
    Path out = Files.createTempDirectory(folder, "never").resolve("top.csv");
    femto("rank", model, "--contexts", bad, "--candidates", movies, "--out", out)
        .failed(1, "latin.csv", "UTF-8");
    assertThat(out).doesNotExist();
  }
}
