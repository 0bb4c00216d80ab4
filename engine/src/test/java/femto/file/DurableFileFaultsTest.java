package femto.file;

import static org.assertj.core.api.Assertions.assertThat;

import femto.file.FaultyFiles.Fault;
import femto.file.FaultyFiles.Killed;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A file that is replaced again and again, as a trainer's checkpoint is, once for each step that
 * changes something: whatever fails, its name has a whole content, the last one that was written or
 * the next.
 */
class DurableFileFaultsTest {
  private static final int WRITES = 3;

  @TempDir Path folder;

  private static SafetensorsWriter content(int number) {
    float[] numbers = new float[5_000];
    java.util.Arrays.fill(numbers, number);
    return new SafetensorsWriter()
        .metadata("number", Integer.toString(number))
        .tensor("numbers", Dtype.F32, MemorySegment.ofArray(numbers), numbers.length);
  }

  private static int numberIn(Path file) throws IOException {
    try (SafetensorsFile read = SafetensorsFile.read(file)) {
      return (int) read.requireCount("number");
    }
  }

  private long temporaries() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".tmp")).count();
    }
  }

  /** False if there are fewer steps. */
  private boolean survives(int step, Fault fault) throws IOException {
    Path file = folder.resolve("checkpoint");
    Files.deleteIfExists(file);
    FaultyFiles files = new FaultyFiles();
    files.fail(step, fault);
    int written = 0;
    boolean killed = false;
    for (int next = 1; next <= WRITES && !killed; next++) {
      try {
        content(next).write(files.at(file));
        written = next;
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("No space left on device");
        assertThat(temporaries()).as("step %s", step).isZero();
        if (Files.exists(file)) { // the new one, if it could not be made durable
          assertThat(numberIn(file)).as("step %s", step).isBetween(written, next);
        }
        files.heal();
        content(next).write(files.at(file));
        written = next;
      } catch (Killed e) {
        killed = true;
      }
    }
    files.bury();
    if (!files.hasFailed()) {
      assertThat(written).isEqualTo(WRITES);
      return false;
    }
    if (written > 0 || Files.exists(file)) {
      assertThat(numberIn(file)).as("step %s", step).isBetween(written, written + 1);
    }
    DurableFile.removeLeftovers(folder);
    assertThat(temporaries()).as("step %s", step).isZero();
    content(99).write(file);
    assertThat(numberIn(file)).isEqualTo(99);
    return true;
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void shouldHaveAWholeContentAfterAFaultAtEveryStep(Fault fault) throws IOException {
    int steps = 1;
    while (survives(steps, fault)) {
      steps++;
    }
    assertThat(steps).isGreaterThan(5 * WRITES);
  }
}
