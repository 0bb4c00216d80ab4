package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;

import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Item 7 of what the main job must show. */
class BrokenInputTest {
  @TempDir Path folder = Path.of("");
  private Path raw = Path.of("");
  private Path out = Path.of("");

  @BeforeEach
  void generate() throws IOException {
    raw = SmallWorld.raw(folder.resolve("raw"), 300);
    out = Files.createDirectory(folder.resolve("out"));
  }

  /** Every test here ends without any output and without leftovers. */
  @AfterEach
  void nothingIsLeft() throws IOException {
    try (Stream<Path> left = Files.list(out)) {
      assertThat(left).isEmpty();
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(path -> String.valueOf(path.getFileName())))
          .noneMatch(name -> name.startsWith(".") || name.contains("tmp"));
    }
  }

  private void changeLine(String file, int line, UnaryOperator<String> change) throws IOException {
    List<String> lines =
        new ArrayList<>(Files.readAllLines(raw.resolve(file), StandardCharsets.ISO_8859_1));
    lines.set(line - 1, change.apply(lines.get(line - 1)));
    Files.write(raw.resolve(file), lines, StandardCharsets.ISO_8859_1);
  }

  /** Each command that reads raw data must refuse it in the same words. */
  private void importFails(String... words) {
    femto("import", "--format", "movielens", raw, "--out", out.resolve("set")).failed(1, words);
    femto("train", raw, "--epochs", 1, "--out", out.resolve("m.femto")).failed(1, words);
    femto("crossval", "--data", raw, "--k", 2, "--json").failed(1, words);
  }

  @Test
  void shouldRefuseARatingLineWithThreeFields() throws IOException {
    changeLine("u.data", 17, line -> line.substring(0, line.lastIndexOf('\t')));
    importFails("u.data:17:", "found 3 fields", "expected 4");
  }

  @Test
  void shouldRefuseARatingOfX() throws IOException {
    changeLine("u.data", 3, line -> line.replaceFirst("^(\\d+\t\\d+\t)\\d", "$1x"));
    importFails("u.data:3:", "rating \"x\"", "expected", "1 to 5");
  }

  @Test
  void shouldRefuseAnUnknownMovie() throws IOException {
    changeLine("u.data", 300, line -> line.replaceFirst("^(\\d+\t)\\d+", "$1987654"));
    importFails("u.data:300:", "movie 987654", "expected", "u.item");
  }

  @ParameterizedTest
  @CsvSource({"u.data", "u.item", "u.user", "u1.test"})
  void shouldRefuseAnEmptyFile(String file) throws IOException {
    Files.write(raw.resolve(file), new byte[0]);
    importFails(file, "is empty", "expected lines of");
  }

  @Test
  void shouldRefuseADirectoryWithoutItems() throws IOException {
    Files.delete(raw.resolve("u.item"));
    importFails("u.item", "no such file", "expected a MovieLens 100K folder");
  }

  @Test
  void shouldRefuseADirectoryThatIsNeitherRawNorADataSet() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    femto("train", empty, "--out", out.resolve("m")).failed(1, "empty", "expected a data set");
    femto("demo", "--data", empty).failed(1, "empty", "expected a MovieLens 100K folder");
    femto("train", folder.resolve("nowhere"), "--out", out.resolve("m"))
        .failed(1, "nowhere", "is not a folder");
  }

  @Test
  void shouldKeepTheOldDataSetWhenAnImportFails() throws IOException {
    Path set = folder.resolve("kept");
    femto("import", "--format", "movielens", raw, "--out", set).ok();
    byte[] before = Files.readAllBytes(set.resolve("examples.safetensors"));
    changeLine("u.data", 5, line -> line + "\textra");
    femto("import", "--format", "movielens", raw, "--out", set).failed(1, "u.data:5:");
    assertThat(set.resolve("examples.safetensors")).hasBinaryContent(before);
  }

  private Path model() {
    Path model = folder.resolve("m.femto");
    femto("train", raw, "--epochs", 1, "--factors", 4, "--out", model).ok();
    return model;
  }

  /** Each command that reads a model must refuse it in the same words. */
  private void modelFails(Path model, String... words) {
    femto("inspect", model).failed(1, words);
    femto("evaluate", model, "--data", raw, "--json").failed(1, words);
    femto("explain", model, "--context", "user=1", "--candidate", "movie=1").failed(1, words);
    femto("rank", model, "--data", raw, "--out", out.resolve("top.csv")).failed(1, words);
    femto("train", raw, "--warm-start", model, "--factors", 4, "--out", out.resolve("m"))
        .failed(1, words);
  }

  private Path damaged(byte[] bytes) {
    try {
      return Files.write(folder.resolve("damaged.femto"), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldRefuseATruncatedModel() throws IOException {
    byte[] whole = Files.readAllBytes(model());
    modelFails(
        damaged(java.util.Arrays.copyOf(whole, whole.length - 100)),
        "damaged.femto: tensor ",
        "but the file holds only");
    // At every length the answer is a message, not a crash.
    for (int length : new int[] {0, 7, 8, 9, 100, 1000, whole.length - 1}) {
      femto("inspect", damaged(java.util.Arrays.copyOf(whole, length))).failed(1, "damaged.femto");
    }
  }

  @Test
  void shouldRefuseAModelWithOneFlippedByteWhereverItIs() throws IOException {
    byte[] whole = Files.readAllBytes(model());
    byte[] last = whole.clone();
    last[last.length - 1] ^= 1;
    modelFails(damaged(last), "damaged.femto", "checksum is crc32c:", "the header says crc32c:");
    Random random = new Random(5);
    for (int i = 0; i < 60; i++) {
      byte[] flipped = whole.clone();
      flipped[i < 20 ? i : random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
      femto("inspect", damaged(flipped)).failed(1, "damaged.femto");
    }
  }

  @Test
  void shouldRefuseAHeaderThatClaimsAnExabyteBeforeAllocatingIt() throws IOException {
    byte[] whole = Files.readAllBytes(model());
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 1L << 60);
    modelFails(damaged(whole), "damaged.femto: header", "1152921504606846976", "expected at most");
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putLong(0, -1);
    femto("inspect", damaged(whole)).failed(1, "header", "18446744073709551615");
  }

  @Test
  void shouldRefuseAForeignFileAsModelAndADataSetAsModel() throws IOException {
    femto("inspect", raw.resolve("u.data")).failed(1, "u.data: header", "claims");
    Path set = folder.resolve("set");
    femto("import", "--format", "movielens", raw, "--out", set).ok();
    femto("inspect", set.resolve("features.safetensors"))
        .failed(1, "femto.schema", "expected \"femto-model/1\"");
    femto("inspect", set).failed(1, "set", "is a directory");
  }

  @Test
  void shouldNameTheSplitsThatThereAre() {
    femto("train", raw, "--split", "u9", "--out", out.resolve("m"))
        .failed(1, "\"u9\"", "temporal-user", "temporal-global", "u1");
    femto("evaluate", model(), "--data", raw, "--split", "u9").failed(1, "\"u9\"", "u1");
    femto("crossval", "--data", raw, "--folds", "u1,u9").failed(1, "\"u9\"", "u1");
    femto(
            "rank",
            model(),
            "--data",
            raw,
            "--exclude-seen",
            "--split",
            "u9",
            "--out",
            out.resolve("top.csv"))
        .failed(1, "\"u9\"", "u1");
  }

  @Test
  void shouldNameTheFieldsThatThereAre() {
    femto("train", raw, "--fields", "user,moive", "--out", out.resolve("m"))
        .failed(1, "\"moive\"", "user", "movie", "genre");
    femto("explain", model(), "--context", "usr=1", "--candidate", "movie=1")
        .failed(1, "\"usr\"", "user", "movie");
    femto("explain", model(), "--context", "movie=1", "--candidate", "user=1").failed(1, "movie");
  }

  /** A penalty for a field that doesn't exist is a slip, as a field that doesn't exist is. */
  @ParameterizedTest
  @CsvSource({"--l2", "--l2-factors"})
  void shouldNameTheFieldsThatThereAreWhenAPenaltyNamesNone(String option) {
    femto("train", raw, "--epochs", 1, option, "moive=0.5", "--out", out.resolve("m"))
        .failed(1, "moive", "movie");
  }

  @Test
  void shouldSayThatTheOutputDirectoryIsMissing() {
    Path there = folder.resolve("nowhere");
    Path model = model();
    femto("generate", "--rows", 300, "--out", there.resolve("w")).failed(1, "nowhere");
    femto("import", "--format", "movielens", raw, "--out", there.resolve("s")).failed(1, "nowhere");
    femto("train", raw, "--epochs", 1, "--json", "--out", there.resolve("m")).failed(1, "nowhere");
    femto("rank", model, "--data", raw, "--out", there.resolve("t.csv")).failed(1, "nowhere");
    assertThat(there).doesNotExist();
  }

  @Test
  void shouldRefuseNumbersThatMakeNoSense() {
    Path m = out.resolve("m");
    femto("generate", "--rows", 1, "--out", out.resolve("w")).failed(1, "rows=1");
    femto("train", raw, "--epochs", 0, "--out", m).failed(1, "epochs=0", "expected 1 or more");
    femto("train", raw, "--factors", -1, "--out", m).failed(2, "--factors must be 1 or more");
    femto("train", raw, "--valid", 1, "--out", m).failed(1, "validation share 1.0", "expected");
    femto("train", raw, "--negatives", 2, "--out", m).failed(1, "negatives", "logistic");
    femto("train", raw, "--step", -1, "--out", m).failed(1, "-1.0", "expected above 0");
    femto("train", raw, "--step", 1e9, "--runs", "none", "--out", m).failed(1, "epoch 1");
    femto("crossval", "--data", raw, "--k", 1).failed(1, "k=1", "expected 2");
    femto("evaluate", model(), "--data", raw, "--top", 0, "--json").failed(1, "k=0", "expected 1");
  }

  @Test
  void shouldRefuseASearchOfNoTrials() {
    Cli.Result result = femto("train", raw, "--search", 0, "--out", out.resolve("m"));
    assertThat(result.err()).doesNotContain("should not happen").contains("search");
    assertThat(result.exit()).isIn(1, 2);
  }

  @Test
  void shouldRefuseToCrossValidateOnNoThreads() {
    Cli.Result result = femto("crossval", "--data", raw, "--k", 2, "--threads", 0);
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains("--threads must be 1 or more");
  }

  /** What the system refuses is said in one line, also where it happens on another thread. */
  @Test
  void shouldNotCallItABugWhenTheDemoCannotWriteAModel() throws IOException {
    Path demo = Files.createDirectories(folder.resolve("demo"));
    Files.createDirectory(demo.resolve("ratings.femto"));
    femto("demo", "--data", raw, "--out", demo).failed(1, "ratings.femto", "is a directory");
  }
}
