package femto.tools.runs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.MalformedFileException;
import femto.tools.ChildJvm;
import femto.tools.runs.RunLog.Content;
import femto.tools.runs.RunLog.Entry;
import femto.tools.runs.RunLog.Malformed;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {
  @TempDir private Path folder;
  private Path file = Path.of("");
  private RunLog log = new RunLog(file);

  @BeforeEach
  void open() {
    file = folder.resolve("runs.jsonl");
    log = new RunLog(file);
  }

  private static Run run(String name, long seed) {
    return new Run(
        Instant.parse("2024-02-29T12:34:56.789Z"),
        "train",
        "0.1.0",
        "movielens crc32c:0a1b2c3d",
        "temporal-user",
        name,
        Map.of("l2", "*=0.1,\"movie\"=0.2\n"),
        seed,
        Map.of("rmse", 0.9521, "auc", Double.NaN),
        1.5,
        Path.of("models", "a.femto"));
  }

  /** A process that appends, as others do at the same time. */
  static final class Appender {
    private Appender() {}

    public static void main(String[] arguments) throws IOException {
      RunLog log = new RunLog(Path.of(arguments[0]));
      for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
        log.append(run(arguments[1], i));
      }
    }
  }

  @Test
  void shouldReadWhatWasAppended() throws IOException {
    log.append(run("fm", Long.MIN_VALUE));
    log.append(run("linear", 2));
    assertThat(log.read())
        .isEqualTo(
            new Content(
                List.of(new Entry(1, run("fm", Long.MIN_VALUE)), new Entry(2, run("linear", 2))),
                List.of()));
    assertThat(Files.readAllLines(file))
        .hasSize(2)
        .first()
        .asString()
        .startsWith("{\"time\":\"2024-02-29T12:34:56.789Z\",\"command\":\"train\",")
        .contains("\"auc\":null", "\"seed\":-9223372036854775808");
  }

  @Test
  void shouldLoseNothingWhereThreadsAppendAndRead() throws Exception {
    int threads = 4;
    int each = 50;
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      String name = "thread " + thread;
      tasks.add(
          () -> {
            for (int i = 0; i < each; i++) {
              new RunLog(file).append(run(name, i));
              assertThat(new RunLog(file).read().malformed()).isEmpty();
            }
            return each;
          });
    }
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (Future<Integer> future : pool.invokeAll(tasks)) {
        assertThat(future.get()).isEqualTo(each);
      }
    }
    assertHoldsEach(each, "thread 0", "thread 1", "thread 2", "thread 3");
  }

  @Test
  void shouldLoseNothingWhereProcessesAppend() throws Exception {
    int each = 200;
    List<Process> processes = new ArrayList<>();
    for (String name : List.of("one", "two")) {
      processes.add(
          ChildJvm.command(List.of(), Appender.class, file, name, each)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve(name).toFile())
              .start());
    }
    for (int i = 0; i < each; i++) {
      log.append(run("this", i));
    }
    for (Process process : processes) {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(folder.resolve("one"))).isZero();
    }
    assertHoldsEach(each, "this", "one", "two");
  }

  private void assertHoldsEach(int each, String... names) throws IOException {
    Content content = log.read();
    assertThat(content.malformed()).isEmpty();
    assertThat(content.entries()).hasSize(names.length * each);
    Set<String> found = new HashSet<>();
    content.entries().forEach(entry -> found.add(entry.run().model() + entry.run().seed()));
    for (String name : names) {
      assertThat(found).containsAll(IntStream.range(0, each).mapToObj(i -> name + i).toList());
    }
  }

  /**
   * Whatever a killed process has left of a line, the next run is whole and the rest is told of.
   */
  @Test
  void shouldStartOnANewLineAfterHalfAOne() throws IOException {
    log.append(run("fm", 1));
    byte[] whole = Files.readAllBytes(file);
    for (int cut = 1; cut < whole.length - 1; cut += 7) {
      Files.write(file, whole);
      Files.write(file, java.util.Arrays.copyOf(whole, cut), StandardOpenOption.APPEND);
      log.append(run("linear", 2));
      Content content = log.read();
      assertThat(content.entries())
          .containsExactly(new Entry(1, run("fm", 1)), new Entry(3, run("linear", 2)));
      assertThat(content.malformed()).extracting(Malformed::number).containsExactly(2);
    }
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 1)); // only its end is missing
    log.append(run("linear", 2));
    assertThat(log.read().entries()).hasSize(2);
    assertThat(log.read().malformed()).isEmpty();
  }

  @Test
  void shouldTellOfEachLineThatIsNoRunAndKeepTheOthers() throws IOException {
    log.append(run("fm", 1));
    String good = Files.readString(file).strip();
    Files.write(
        file,
        List.of(
            "",
            "not json",
            "[]",
            good.replace("\"seed\":1", "\"seed\":1.5"),
            good.replace("2024-02-29", "2024-02-30"),
            good.replace("0.9521", "\"0.9521\""),
            good.replace("\"model\":\"fm\",", ""),
            good + good,
            good.replace("\"seed\":1", "\"later\":{},\"seed\":7")));
    Content content = log.read();
    assertThat(content.entries()).containsExactly(new Entry(9, run("fm", 7)));
    assertThat(content.malformed())
        .extracting(Malformed::number)
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    assertThat(content.malformed().get(3).problem()).isEqualTo("seed 1.5, expected a whole number");
    assertThat(content.malformed().get(5).problem()).contains("rmse", "expected a number");
    assertThat(content.malformed().get(6).problem()).contains("model", "expected a text");
  }

  @Test
  void shouldRefuseWhatIsTooLarge() throws IOException {
    log.append(run("fm", 1));
    byte[] before = Files.readAllBytes(file);
    assertThatThrownBy(() -> log.append(run("x".repeat(2_000_000), 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected at most 1048576");
    assertThat(file).hasBinaryContent(before);
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength((1L << 28) + 1);
    }
    assertThatThrownBy(log::read)
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("expected at most 268435456");
  }

  @Test
  void shouldSayThatItCannotBeWritten() {
    assertThatThrownBy(() -> new RunLog(folder).append(run("fm", 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(folder.toString());
    assertThatThrownBy(() -> new RunLog(folder.resolve("no/runs.jsonl")).append(run("fm", 1)))
        .isInstanceOf(IOException.class);
  }
}
