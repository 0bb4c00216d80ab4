package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import femto.learn.blocks.BlockData;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.tools.data.DataSet;
import femto.tools.train.DerivedFields.Derived;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On six ratings written by hand, of which the first four are the training part. */
class DerivedFieldsTest {
  private static final int[] TRAINING = {0, 1, 2, 3};
  private static final List<String> IDS = List.of("user", "movie");
  private static final List<Derived> ALL = List.of(Derived.values());
  private static final float HALF_ROOT = (float) (1 / Math.sqrt(2));
  private static final float THIRD_ROOT = (float) (1 / Math.sqrt(3));

  private static DataSet data;

  @BeforeAll
  static void write(@TempDir Path folder) throws IOException {
    Path raw =
        SmallWorld.byHand(
            folder.resolve("raw"),
            3,
            4,
            List.of(
                "1\t1\t5\t60", // day 0, minute 1
                "1\t2\t4\t119", // the same minute
                "2\t2\t3\t120", // another user
                "1\t4\t2\t86400", // on day 1
                "1\t3\t1\t86459", // test: user 1 on day 1, a movie that training lacks
                "3\t1\t1\t172800")); // test: a user that training lacks
    data = SmallWorld.open(raw);
  }

  @AfterAll
  static void close() {
    data.close();
  }

  private static DerivedFields derive(List<Derived> derived) {
    FeatureSpace features = DerivedFields.featuresOf(data, TRAINING, IDS, feature -> true, derived);
    return new DerivedFields(data, TRAINING, features);
  }

  /** A row as "field=value" with its weights. */
  private static Map<String, Float> row(FeatureRows rows, int row, FeatureSpace features) {
    Map<String, Float> found = new TreeMap<>();
    for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
      int feature = rows.feature(entry);
      String field = features.fields().get(features.fieldOf(feature)).name();
      found.put(field + "=" + features.value(feature), rows.weight(entry));
    }
    return found;
  }

  private static int contextOf(String user) {
    return java.util.stream.IntStream.range(0, data.contexts().rows())
        .filter(context -> data.contextId(context).equals(user))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldGiveEachUserTheMoviesOfTheTrainingPartAndEachMovieItsUsers() {
    DerivedFields derived = derive(ALL);
    FeatureSpace features = derived.features();
    assertThat(row(derived.contexts(), contextOf("1"), features))
        .isEqualTo(
            new TreeMap<>(
                Map.of(
                    "user=1", 1f,
                    "user.movies=1", THIRD_ROOT,
                    "user.movies=2", THIRD_ROOT,
                    "user.movies=4", THIRD_ROOT)));
    assertThat(row(derived.contexts(), contextOf("2"), features))
        .isEqualTo(new TreeMap<>(Map.of("user=2", 1f, "user.movies=2", 1f)));
    assertThat(row(derived.contexts(), contextOf("3"), features))
        .isEqualTo(new TreeMap<>(Map.of("user=3", 1f)));
    assertThat(row(derived.candidates(), data.candidate(1), features))
        .isEqualTo(
            new TreeMap<>(
                Map.of("movie=2", 1f, "movie.users=1", HALF_ROOT, "movie.users=2", HALF_ROOT)));
    assertThat(row(derived.candidates(), data.candidate(4), features))
        .isEqualTo(new TreeMap<>(Map.of("movie=3", 1f)));
  }

  @Test
  void shouldKnowAnExampleByItsOwnTimeIfTrainingHasIt() {
    DerivedFields derived = derive(List.of(Derived.DAY, Derived.MINUTE));
    assertThat(derived.usesTime()).isTrue();
    int[] every = {0, 1, 2, 3, 4, 5};
    BlockData blocks = derived.blocks(every, new float[6]);
    FeatureRows times = blocks.blocks().get(2).rows();
    int[] rowOf = blocks.blocks().get(2).rowOf();
    FeatureSpace features = derived.features();
    assertThat(row(times, rowOf[0], features)).containsOnlyKeys("user-day=1/0", "user-minute=1/1");
    assertThat(rowOf[1]).isEqualTo(rowOf[0]);
    assertThat(row(times, rowOf[2], features)).containsOnlyKeys("user-day=2/0", "user-minute=2/2");
    assertThat(row(times, rowOf[4], features))
        .containsOnlyKeys("user-day=1/1", "user-minute=1/1440");
    assertThat(row(times, rowOf[5], features)).isEmpty();
    assertThat(times.rows()).isEqualTo(4);
  }

  @Test
  void shouldTellHoursAndSecondsApart() {
    DerivedFields derived =
        derive(List.of(Derived.DAY, Derived.HOUR, Derived.MINUTE, Derived.SECOND));
    BlockData blocks = derived.blocks(new int[] {3, 4}, new float[2]);
    FeatureRows times = blocks.blocks().get(2).rows();
    int[] rowOf = blocks.blocks().get(2).rowOf();
    assertThat(row(times, rowOf[0], derived.features()))
        .containsOnlyKeys(
            "user-day=1/1", "user-hour=1/24", "user-minute=1/1440", "user-second=1/86400");
    // 59 seconds later no training example of this user is of the same second.
    assertThat(row(times, rowOf[1], derived.features()))
        .containsOnlyKeys("user-day=1/1", "user-hour=1/24", "user-minute=1/1440");
  }

  @Test
  void shouldMakeRequestsOfTheSameFeaturesAsBlocks() {
    DerivedFields derived = derive(ALL);
    int[] examples = {4, 0, 5};
    BlockData blocks = derived.blocks(examples, new float[3]);
    DerivedFields.Requests requests = derived.requests(examples);
    for (int i = 0; i < examples.length; i++) {
      Map<String, Float> expected =
          row(derived.contexts(), data.context(examples[i]), derived.features());
      expected.putAll(
          row(
              blocks.blocks().get(2).rows(),
              blocks.blocks().get(2).rowOf()[i],
              derived.features()));
      assertThat(row(requests.rows(), requests.rowOf()[i], derived.features())).isEqualTo(expected);
    }
  }

  @Test
  void shouldFindWhatNamesStandFor() {
    assertThat(DerivedFields.named(data, List.of("movie", "user"), List.of("user", "user-day")))
        .containsExactly(Derived.CONTEXT_IMPLICIT, Derived.CANDIDATE_IMPLICIT, Derived.DAY);
    assertThat(DerivedFields.ownFields(data, List.of("user", "user-day"))).containsExactly("user");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DerivedFields.named(data, List.of("genre"), List.of()))
        .withMessage("implicit \"genre\", expected user or movie");
    assertThat(DerivedFields.of(data, derive(ALL).features())).isEqualTo(ALL);
    assertThat(DerivedFields.of(data, data.features())).isEmpty();
  }
}
