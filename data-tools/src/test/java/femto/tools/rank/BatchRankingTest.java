package femto.tools.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.model.FeatureRows;
import femto.model.FoldedCandidates;
import femto.model.Model;
import femto.model.Side;
import femto.score.Scorer;
import femto.tools.data.DataSet;
import femto.tools.evaluate.CandidatesByContext;
import femto.tools.train.ModelTrainer;
import femto.tools.train.Recipe;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BatchRankingTest {
  private static DataSet data;
  private static Model model;
  private static EntityTable users;
  private static EntityTable movies;

  @BeforeAll
  static void train(@TempDir Path folder) throws IOException {
    data = SmallWorld.open(SmallWorld.raw(folder.resolve("world"), 2000));
    Recipe recipe =
        new Recipe(
            new Recipe.Task(Loss.LOGISTIC, 4, 0, 0),
            8,
            List.of(),
            Optimizer.SGD,
            new Recipe.Tuning(0.05, 1, 0.1, Map.of("*", new L2(0.001, 0.001))),
            5,
            0,
            1,
            1);
    model = new ModelTrainer(data, recipe).train(SmallWorld.all(data));
    users = EntityTable.of(data, Side.CONTEXT, model.features());
    movies = EntityTable.of(data, Side.CANDIDATE, model.features());
  }

  @AfterAll
  static void close() {
    model.close();
    data.close();
  }

  private static List<String> run(BatchRanking ranking, int threads) throws IOException {
    return run(ranking, threads, done -> {});
  }

  private static List<String> run(BatchRanking ranking, int threads, LongConsumer progress)
      throws IOException {
    List<String> lines = new ArrayList<>();
    ranking.run(
        threads,
        (context, rank, candidate, prediction) ->
            lines.add(
                ranking.contextIds().get(context)
                    + " "
                    + rank
                    + " "
                    + ranking.candidateIds().get(candidate)
                    + " "
                    + (float) prediction),
        progress);
    return lines;
  }

  /** What one scorer finds, one context after another. */
  private static List<String> direct(EntityTable contexts, int k) {
    List<String> lines = new ArrayList<>();
    try (FoldedCandidates folded = FoldedCandidates.fold(model, movies.rows())) {
      Scorer scorer = new Scorer(model, folded);
      int[] indexes = new int[k];
      float[] scores = new float[k];
      for (int context = 0; context < contexts.ids().size(); context++) {
        scorer.fold(contexts.rows(), context);
        int found = scorer.top(k, null, indexes, scores);
        for (int i = 0; i < found; i++) {
          String movie = movies.ids().get(indexes[i]);
          float prediction = (float) model.predict(scores[i]);
          lines.add(contexts.ids().get(context) + " " + (i + 1) + " " + movie + " " + prediction);
        }
      }
    }
    return lines;
  }

  /** The users again and again: with 5 threads more than the ten tasks that are in flight. */
  private static EntityTable manyContexts(int count) {
    int known = users.ids().size();
    List<String> ids = new ArrayList<>();
    long[] offsets = new long[count + 1];
    List<Integer> features = new ArrayList<>();
    List<Float> weights = new ArrayList<>();
    FeatureRows rows = users.rows();
    for (int context = 0; context < count; context++) {
      ids.add("c" + context);
      int row = context % known;
      for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
        features.add(rows.feature(entry));
        weights.add(rows.weight(entry));
      }
      offsets[context + 1] = features.size();
    }
    int[] featureArray = features.stream().mapToInt(Integer::intValue).toArray();
    float[] weightArray = new float[weights.size()];
    for (int i = 0; i < weightArray.length; i++) {
      weightArray[i] = weights.get(i);
    }
    return new EntityTable(
        ids, FeatureRows.copyOf(offsets, featureArray, weightArray, model.features().size()), 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void shouldAnswerInTheOrderOfTheContextsWhateverTheNumberOfThreads(int threads)
      throws IOException {
    EntityTable contexts = manyContexts(3001);
    List<Long> progress = new ArrayList<>();
    List<String> lines =
        run(new BatchRanking(model, contexts, movies, null, 3), threads, progress::add);
    assertThat(lines).hasSize(3 * 3001).isEqualTo(direct(contexts, 3));
    assertThat(progress).isSorted().startsWith(0L).endsWith(3001L);
  }

  @Test
  void shouldGiveTheWholeCatalogueWhereMoreIsWanted() throws IOException {
    List<String> lines = run(new BatchRanking(model, users, movies, null, 1_000_000), 2);
    assertThat(lines).isEqualTo(direct(users, movies.ids().size()));
  }

  @Test
  void shouldLeaveOutWhatEachContextHasSeenAndNothingElse() throws IOException {
    int size = movies.ids().size();
    CandidatesByContext seen = CandidatesByContext.of(data, SmallWorld.all(data));
    List<String> all = new ArrayList<>(direct(users, size));
    List<String> expected = new ArrayList<>();
    for (String line : all) {
      String[] words = line.split(" ", -1);
      int user = users.ids().indexOf(words[0]);
      if (!seen.contains(user, movies.ids().indexOf(words[2]))) {
        expected.add(words[0] + " " + words[2] + " " + words[3]);
      }
    }
    List<String> found =
        run(new BatchRanking(model, users, movies, seen, size), 3).stream()
            .map(line -> line.replaceFirst(" \\d+ ", " "))
            .toList();
    assertThat(found).isEqualTo(expected).hasSizeLessThan(all.size());
  }

  @Test
  void shouldAnswerNothingForNoContextsOrNoCandidates() throws IOException {
    EntityTable none =
        new EntityTable(List.of(), FeatureRows.copyOf(new long[1], new int[0], new float[0], 1), 0);
    assertThat(run(new BatchRanking(model, none, movies, null, 5), 2)).isEmpty();
    assertThat(run(new BatchRanking(model, users, none, null, 5), 2)).isEmpty();
  }

  @Test
  void shouldStopAndThrowWhatTheSinkThrew() {
    IOException full = new IOException("no space left on device");
    BatchRanking ranking = new BatchRanking(model, manyContexts(3000), movies, null, 3);
    assertThatThrownBy(
            () ->
                ranking.run(
                    2,
                    (context, rank, candidate, prediction) -> {
                      throw full;
                    },
                    done -> {}))
        .isSameAs(full);
  }

  /** Ids that a format must quote, beside one that it need not, and more than it writes at once. */
  @ParameterizedTest
  @ValueSource(strings = {"csv", "jsonl"})
  void shouldWriteWhatAnyReaderOfTheFormatReadsBack(String format, @TempDir Path folder)
      throws IOException {
    List<String> strange =
        List.of(
            "a,b",
            "\"",
            "line\r\nbreak",
            "",
            "#no comment",
            " \u00e4\u6f22\ud83d\ude00\t",
            "\\",
            "c");
    List<String> contextIds = new ArrayList<>();
    List<String> candidateIds = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      contextIds.add(strange.get(i % strange.size()) + (i < 8 ? "" : i));
    }
    for (int i = 0; i < movies.ids().size(); i++) {
      candidateIds.add(strange.get(i % strange.size()) + (i < 8 ? "" : i));
    }
    EntityTable contexts = new EntityTable(contextIds, manyContexts(500).rows(), 0);
    EntityTable candidates = new EntityTable(candidateIds, movies.rows(), 0);
    List<List<String>> expected = new ArrayList<>();
    new BatchRanking(model, contexts, candidates, null, 20)
        .run(
            1,
            (context, rank, candidate, prediction) ->
                expected.add(
                    List.of(
                        contextIds.get(context),
                        "" + rank,
                        candidateIds.get(candidate),
                        Float.toString((float) prediction))),
            done -> {});
    Path file = folder.resolve("top." + format);
    BatchRanking ranking = new BatchRanking(model, contexts, candidates, null, 20);
    RankingFile.write(ranking, 2, file, done -> {});
    assertThat(Files.size(file)).isGreaterThan(200_000);
    List<List<String>> found = new ArrayList<>();
    if (format.equals("csv")) {
      try (CsvReader<CsvRecord> reader = CsvReader.builder().ofCsvRecord(file)) {
        reader.forEach(line -> found.add(line.getFields()));
      }
      assertThat(found.remove(0)).containsExactly("context", "rank", "candidate", "prediction");
    } else {
      ObjectMapper json = new ObjectMapper();
      for (String line : Files.readAllLines(file)) {
        JsonNode read = json.readTree(line);
        found.add(
            List.of(
                read.get("context").asText(),
                read.get("rank").asText(),
                read.get("candidate").asText(),
                Float.toString(read.get("prediction").floatValue())));
      }
    }
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void shouldLeaveAnOldRankingUntouchedWhenWritingFails(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("top.csv"), "old");
    BatchRanking ranking = new BatchRanking(model, users, movies, null, 3);
    assertThatThrownBy(
            () ->
                RankingFile.write(
                    ranking,
                    2,
                    file,
                    done -> {
                      throw new IllegalStateException("while writing");
                    }))
        .hasMessage("while writing");
    assertThat(file).hasContent("old");
    assertThat(folder.toFile().list()).containsExactly("top.csv");
  }
}
