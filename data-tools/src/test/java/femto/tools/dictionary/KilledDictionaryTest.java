package femto.tools.dictionary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import femto.tools.ChildJvm;
import femto.tools.dictionary.GrowingDictionary.MapState;
import femto.tools.dictionary.GrowingDictionary.Resumed;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dictionaries in JVMs of their own, which are killed or started in the wrong way. */
class KilledDictionaryTest {
  private static final int ROUNDS = Integer.getInteger("femto.kills", 10);
  private static final DictionaryOptions OPTIONS =
      DictionaryOptions.defaults(20_000).withOutOfVocabulary().withRecycling(5_000);

  @TempDir private Path directory;

  /** Takes values of its own for ever: they get free rows first and recycled ones after that. */
  static final class Taker {
    private Taker() {}

    public static void main(String[] arguments) throws IOException {
      Path map = Path.of(arguments[0]);
      Resumed resumed = GrowingDictionaryTest.resume(map, Path.of(arguments[1]), OPTIONS);
      System.out.println(resumed.state() + " " + resumed.undone() + " " + resumed.added());
      GrowingDictionary dictionary = resumed.dictionary();
      for (long i = 0; ; i++) {
        dictionary.take((int) (i % 3), arguments[2] + ":" + i + "x".repeat((int) (i % 90)), i);
      }
    }
  }

  /** Looks values up from outside. */
  static final class Looker {
    private Looker() {}

    public static void main(String[] arguments) throws IOException {
      try (SharedDictionary shared = SharedDictionary.open(Path.of(arguments[0]))) {
        System.out.println(shared.find(0, "known") + " " + shared.find(0, "unknown"));
      }
    }
  }

  @Test
  void shouldHoldItsCheckpointHoweverOftenItIsKilled() throws Exception {
    Path map = directory.resolve("map");
    Path saved = directory.resolve("saved");
    Random random = new Random(4);
    NaiveDictionary.Told told = new NaiveDictionary.Told();
    try (GrowingDictionary dictionary =
        GrowingDictionary.create(map, GrowingDictionaryTest.FIELDS, OPTIONS, told)) {
      for (int i = 0; i < 15_000; i++) {
        dictionary.take(i % 3, "kept " + i, 0);
      }
      GrowingDictionaryTest.checkpoint(dictionary, saved);
    }
    int undone = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Process process =
          ChildJvm.command(ChildJvm.FLAGS, Taker.class, map, saved, round)
              .redirectError(directory.resolve("err").toFile())
              .start();
      try (BufferedReader out = process.inputReader(UTF_8)) {
        assertThat(out.readLine())
            .as(Files.readString(directory.resolve("err")))
            .startsWith(round % 2 == 0 ? "CLOSED" : "RECOVERED");
        Thread.sleep(random.nextInt(300));
      } finally {
        process.destroyForcibly();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      }
      if (round % 2 == 0) {
        continue; // the next child finds what this one has left
      }
      Resumed resumed = GrowingDictionaryTest.resume(map, saved, OPTIONS);
      try (GrowingDictionary dictionary = resumed.dictionary()) {
        assertThat(resumed.state()).isEqualTo(MapState.RECOVERED);
        undone += resumed.undone();
        assertThat(dictionary.counts().values()).isEqualTo(15_000);
        for (int i = 0; i < 15_000; i++) {
          assertThat(dictionary.find(i % 3, "kept " + i)).isEqualTo(3 + i);
        }
        GrowingDictionaryTest.assertShared(map, dictionary);
        Path again = directory.resolve("again");
        GrowingDictionaryTest.checkpoint(dictionary, again);
        assertThat(again).hasSameBinaryContentAs(saved);
      }
    }
    assertThat(undone).as("entries that the killed processes had added").isPositive();
  }

  @Test
  void shouldBeSeenByOtherProcessesAndPrintNothing() throws Exception {
    Path map = directory.resolve("map");
    try (GrowingDictionary dictionary =
        GrowingDictionary.create(
            map, GrowingDictionaryTest.FIELDS, OPTIONS, new NaiveDictionary.Told())) {
      dictionary.take(0, "known", 0);
      Path out = directory.resolve("out");
      Process process =
          ChildJvm.command(ChildJvm.FLAGS, Looker.class, map)
              .redirectErrorStream(true)
              .redirectOutput(out.toFile())
              .start();
      assertThat(process.waitFor()).isZero();
      assertThat(Files.readString(out)).isEqualToIgnoringNewLines("3 -1");
      assertThat(dictionary.take(0, "unknown", 0)).isEqualTo(4);
    }
  }

  @Test
  void shouldNameTheOptionsThatTheJvmLacks() throws Exception {
    Path err = directory.resolve("err");
    Process process =
        ChildJvm.command(List.of(), Looker.class, directory.resolve("map"))
            .redirectError(err.toFile())
            .start();
    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(Files.readString(err))
        .contains("the dictionary needs these options of the JVM: ")
        .contains("--add-opens=java.base/java.lang=ALL-UNNAMED ")
        .contains("--add-exports=java.base/sun.nio.ch=ALL-UNNAMED ")
        .contains("--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED");
  }
}
