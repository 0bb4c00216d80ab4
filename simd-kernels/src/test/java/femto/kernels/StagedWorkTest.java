package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StagedWorkTest {
  private final List<String> done = new ArrayList<>();

  private StagedWork rows(String name, int rows, int perTask, int perPiece) {
    AtomicInteger tasks = new AtomicInteger();
    return new StagedWork()
        .rows(
            rows,
            perTask,
            perPiece,
            () -> {
              int task = tasks.getAndIncrement();
              return (first, end) -> done.add(name + task + ":" + first + "-" + end);
            });
  }

  @Test
  void shouldDoStageAfterStagePieceByPiece() {
    StagedWork work =
        new StagedWork()
            .step(() -> done.add("begin"))
            .then(() -> rows("a", 5, 3, 2))
            .step(() -> done.add("end"));
    List<Integer> pieces = new ArrayList<>();
    boolean more = true;
    while (more) {
      int before = done.size();
      more = work.advance();
      pieces.add(done.size() - before);
    }
    assertThat(done).containsExactly("begin", "a0:0-2", "a0:2-3", "a1:3-5", "end");
    assertThat(pieces).containsOnly(1);
    assertThat(work.advance()).isFalse();
    assertThat(done).hasSize(5);
  }

  @Test
  void shouldAskForLaterStagesWhenTheFormerAreDone() {
    StagedWork work =
        new StagedWork()
            .then(
                () -> {
                  done.add("asked");
                  return new StagedWork().step(() -> done.add("inner"));
                })
            .then(StagedWork::new);
    assertThat(done).isEmpty();
    while (work.advance()) {}
    assertThat(done).containsExactly("asked", "inner");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 1",
    "1, 1, 1",
    "7, 7, 1",
    "7, 100, 3",
    "1000, 64, 10",
    "2147483647, 1073741824, 2147483647"
  })
  void shouldCoverAllRows(int rows, int perTask, int perPiece) {
    Queue<Long> covered = new ConcurrentLinkedQueue<>();
    for (int begun = 0; begun <= 2; begun++) {
      covered.clear();
      StagedWork work =
          new StagedWork()
              .rows(
                  rows,
                  perTask,
                  perPiece,
                  () -> (first, end) -> covered.add((long) end << 32 | first));
      for (int piece = 0; piece < begun; piece++) {
        work.advance();
      }
      work.run();
      int next = 0;
      for (long range : covered.stream().sorted().toList()) {
        assertThat((int) range).isEqualTo(next);
        next = (int) (range >>> 32);
      }
      assertThat(next).isEqualTo(rows);
      assertThat(work.advance()).isFalse();
    }
  }

  @Test
  void shouldRunAStageOnlyWhenTheFormerIsDone() {
    AtomicInteger sum = new AtomicInteger();
    AtomicInteger seen = new AtomicInteger();
    new StagedWork()
        .rows(1000, 1, 1, () -> (first, end) -> sum.addAndGet(first))
        .step(() -> seen.set(sum.get()))
        .run();
    assertThat(seen.get()).isEqualTo(IntStream.range(0, 1000).sum());
  }

  @Test
  void shouldThrowWhatAPieceThrows() {
    StagedWork work =
        new StagedWork()
            .step(
                () -> {
                  throw new IllegalStateException("as a test wants it");
                });
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(work::advance);
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(work::run);
  }
}
