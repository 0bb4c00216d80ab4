package femto.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.bench.data.Distribution;
import femto.bench.data.SyntheticTable;
import femto.bench.report.BenchmarkSet;
import femto.bench.report.Claim;
import femto.bench.report.OperationCounters;
import femto.bench.report.RunSize;
import femto.bench.report.SetReport;
import femto.bench.report.Target;
import femto.bench.report.WrongAnswerException;
import femto.kernels.RowScores;
import femto.kernels.RowTable;
import femto.kernels.TopRequest.Method;
import femto.kernels.TopSearch;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AnswerCheckTest {
  private static final int TOP = 20;
  private static final int ROWS = 20_000;

  private final SyntheticTable synthetic =
      SyntheticTable.create(Distribution.GAUSSIAN, ROWS, 16, 1);
  private final AnswerCheck check = new AnswerCheck(synthetic, TOP);
  private final TopSearch plain = new TopSearch(synthetic.table(), null);

  @AfterEach
  void close() {
    synthetic.close();
  }

  @Test
  void shouldAcceptARightSearchAndCountWhatItChecked() {
    OperationCounters counters = new OperationCounters();
    check.search(plain::top, Method.PLAIN, Method.AUTO);
    check.countIn(counters);
    assertThat(counters.checkedSearches).isEqualTo(2 * AnswerCheck.SEARCHES);
    assertThat(counters.checkedScores)
        .isEqualTo(AnswerCheck.SEARCHES * (long) (TOP + AnswerCheck.SAMPLED));
  }

  @Test
  void shouldRefuseAnotherRow() {
    assertWrong(
        (request, rows, scores) -> {
          int found = plain.top(request, rows, scores);
          rows[TOP - 1]++;
          return found;
        },
        "place 19 holds row");
  }

  @Test
  void shouldRefuseAScoreThatIsOffByOneBit() {
    assertWrong(
        (request, rows, scores) -> {
          int found = plain.top(request, rows, scores);
          scores[3] = Math.nextUp(scores[3]);
          return found;
        },
        "place 3 holds row");
  }

  @Test
  void shouldRefuseAnAnswerThatIsTooShort() {
    assertWrong((request, rows, scores) -> plain.top(request, rows, scores) - 1, "holds nothing");
  }

  private void assertWrong(AnswerCheck.Search search, String message) {
    assertThatThrownBy(() -> check.search(search, Method.PLAIN))
        .isInstanceOf(WrongAnswerException.class)
        .hasMessageStartingWith("query 0, PLAIN: ")
        .hasMessageContaining(message);
  }

  @Test
  void shouldRefuseScoresThatDoublesDoNotHave() {
    float[] query = synthetic.query(0);
    int[] rows = {5, 6};
    float[] scores = {RowScores.score(synthetic.table(), query, 5), 0};
    scores[1] = RowScores.score(synthetic.table(), query, 6);
    assertThatCode(() -> check.scores(query, rows, 2, scores)).doesNotThrowAnyException();
    scores[1] += 1e-4f;
    assertThatThrownBy(() -> check.scores(query, rows, 2, scores))
        .isInstanceOf(WrongAnswerException.class)
        .hasMessageContaining("row 6 has the score");
    scores[1] = Float.NaN;
    assertThatThrownBy(() -> check.scores(query, rows, 2, scores))
        .isInstanceOf(WrongAnswerException.class);
  }

  /** The screen was made of other rows than the table holds by the time it is searched. */
  @Test
  void shouldEndARunWhoseScreenPassesOverTheBestRow() {
    RowTable table = KernelTables.get(Distribution.GAUSSIAN, ROWS, 16).table();
    KernelTables.screen(KernelTables.get(Distribution.GAUSSIAN, ROWS, 16));
    float[] factors = new float[16];
    for (int f = 0; f < factors.length; f++) {
      factors[f] = table.factor(11, f);
    }
    float bias = table.bias(11);
    try {
      table.setRow(11, 1000, factors);
      RunSize tiny = new RunSize("quick", ROWS, 0, 1, 10, 1, 1);
      assertThatThrownBy(() -> SetReport.measure(topGaussian(), tiny))
          .isInstanceOf(WrongAnswerException.class)
          .hasMessageStartingWith("Femto top 100, Gaussian: query 0, ")
          .hasMessageContaining("expected row 11 of score");
    } finally {
      table.setRow(11, bias, factors);
    }
  }

  private static BenchmarkSet topGaussian() {
    BenchmarkSet all = KernelClaims.set();
    for (Claim claim : all.claims()) {
      if (claim.id().equals("top-100-gaussian")) {
        Claim alone =
            new Claim(
                claim.id(),
                claim.what(),
                claim.unit(),
                claim.value(),
                List.of(),
                List.of(),
                Target.timesAsFast(List.of(), 1, 1),
                claim.test());
        return new BenchmarkSet("kernels", List.of(alone), all.machine());
      }
    }
    throw new AssertionError("no such claim");
  }
}
