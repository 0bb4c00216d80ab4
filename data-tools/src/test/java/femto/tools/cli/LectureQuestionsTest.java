package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import femto.tools.RealData;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The questions of the lecture that Femto follows, asked of real data. */
class LectureQuestionsTest {
  @Test
  void shouldAnswerTheQuestionsOfTheLecture(@TempDir Path folder) throws IOException {
    Path data = RealData.movieLens100k();
    Path linear = folder.resolve("linear.femto");
    femto(
            "train",
            data,
            "--model",
            "linear",
            "--loss",
            "logistic",
            "--positive",
            4,
            "--epochs",
            3,
            "--out",
            linear)
        .ok();

    JsonNode first =
        femto(
                "explain",
                linear,
                "--context",
                "user=4,gender=M,age=15",
                "--candidate",
                "movie=2,year=1923",
                "--json")
            .ok()
            .json();
    assertThat(first.get("prediction").asDouble()).isBetween(0.01, 0.99);
    assertThat(first.get("prediction").asDouble())
        .isCloseTo(1 / (1 + Math.exp(-first.get("score").asDouble())), within(1e-9));
    assertThat(first.get("pairs")).isEmpty();
    assertThat(first.get("unknown").toString()).isEqualTo("[\"year=1923\"]");
    assertThat(first.get("linear").get("year").asDouble()).isZero();
    assertThat(first.get("linear").get("movie").asDouble()).isNotZero();

    Cli.Result second =
        femto(
                "explain",
                linear,
                "--context",
                "user=1,gender=F,age=13",
                "--candidate",
                "movie=3,year=1922,genre=Action")
            .ok();
    assertThat(second.out()).containsPattern("age +10-14").containsPattern("genre +Action");
    assertThat(second.out()).contains("Prediction (sigmoid)").doesNotContain("=F,");
  }
}
