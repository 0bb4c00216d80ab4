package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import femto.tools.data.DataSet;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CandidatesByContextTest {
  @Test
  void shouldKnowExactlyThePairsOfTheGivenExamples(@TempDir Path directory) throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 1000))) {
      int[] some = IntStream.range(0, data.examples()).filter(i -> i % 3 != 0).toArray();
      Set<Long> pairs = new HashSet<>();
      for (int example : some) {
        pairs.add(pair(data.context(example), data.candidate(example)));
      }
      CandidatesByContext seen = CandidatesByContext.of(data, some);
      long[] bitmap = new long[(data.candidates().rows() >> 6) + 1];
      int all = 0;
      for (int context = 0; context < data.contexts().rows(); context++) {
        seen.fill(context, bitmap);
        all += seen.count(context);
        for (int candidate = 0; candidate < data.candidates().rows(); candidate++) {
          boolean expected = pairs.contains(pair(context, candidate));
          assertThat(seen.contains(context, candidate)).isEqualTo(expected);
          assertThat((bitmap[candidate >> 6] >>> (candidate & 63) & 1) == 1).isEqualTo(expected);
        }
      }
      assertThat(all).isEqualTo(some.length);
    }
  }

  private static long pair(int context, int candidate) {
    return (long) context << 32 | candidate;
  }
}
