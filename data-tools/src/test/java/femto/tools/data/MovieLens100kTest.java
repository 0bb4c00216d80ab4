package femto.tools.data;

import static org.assertj.core.api.Assertions.assertThat;

import femto.model.FeatureSpace;
import femto.tools.RealData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MovieLens100kTest {
  @Test
  void shouldHoldWhatItsReadmeSays(@TempDir Path directory) throws IOException {
    Path raw = RealData.movieLens100k();
    MovieLens.importFolder(raw, directory.resolve("set"));
    try (DataSet data = DataSet.open(directory.resolve("set"))) {
      assertThat(data.examples()).isEqualTo(100_000);
      assertThat(data.contexts().rows()).isEqualTo(943);
      assertThat(data.candidates().rows()).isEqualTo(1682);
      FeatureSpace space = data.features();
      assertThat(space.size(space.requireField("user"))).isEqualTo(943);
      assertThat(space.size(space.requireField("gender"))).isEqualTo(2);
      assertThat(space.size(space.requireField("occupation"))).isEqualTo(21);
      assertThat(space.size(space.requireField("movie"))).isEqualTo(1682);
      assertThat(space.size(space.requireField("genre"))).isEqualTo(19);
      assertThat(data.truth()).isEmpty();
      checkYears(data);
      checkFolds(data);
    }
  }

  private static void checkYears(DataSet data) {
    int none = data.features().find(data.features().requireField("year"), "none");
    int without = 0;
    for (long entry = 0; entry < data.candidates().offset(1682); entry++) {
      without += data.candidates().feature(entry) == none ? 1 : 0;
    }
    assertThat(without).as("movies without a date").isEqualTo(1);
  }

  private static void checkFolds(DataSet data) {
    assertThat(data.folds()).containsExactly("u1", "u2", "u3", "u4", "u5", "ua", "ub");
    for (String fold : data.folds()) {
      int tests = 0;
      for (int i = 0; i < data.examples(); i++) {
        tests += data.isTest(fold, i) ? 1 : 0;
      }
      assertThat(tests).as(fold).isEqualTo(fold.matches("u[1-5]") ? 20_000 : 9_430);
    }
    for (int i = 0; i < data.examples(); i++) {
      int example = i;
      long tests =
          List.of("u1", "u2", "u3", "u4", "u5").stream()
              .filter(fold -> data.isTest(fold, example))
              .count();
      assertThat(tests).isEqualTo(1);
      assertThat(data.isTest("ua", i) && data.isTest("ub", i)).isFalse();
    }
  }
}
