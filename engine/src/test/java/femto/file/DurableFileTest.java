package femto.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {
  @TempDir Path directory;

  private static DurableFile.Content text(String text) {
    return channel -> channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void shouldWriteANewFileAndNothingBesideIt() throws IOException {
    DurableFile.write(directory.resolve("new"), text("content"));
    assertThat(directory.resolve("new")).hasContent("content");
    assertThat(names()).containsExactly("new");
  }

  @Test
  void shouldReplaceAnOldFileAsAWhole() throws IOException {
    Path file = directory.resolve("file");
    Files.writeString(file, "a much longer old content");
    DurableFile.write(file, text("new"));
    assertThat(file).hasContent("new");
    assertThat(names()).containsExactly("file");
  }

  @Test
  void shouldShowTheOldContentUntilTheNewOneIsWhole() throws IOException {
    Path file = directory.resolve("file");
    Files.writeString(file, "old");
    AtomicReference<String> seen = new AtomicReference<>("");
    DurableFile.write(
        file,
        channel -> {
          channel.write(ByteBuffer.wrap(new byte[] {'n', 'e'}));
          channel.force(true);
          seen.set(Files.readString(file));
          channel.write(ByteBuffer.wrap(new byte[] {'w'}));
        });
    assertThat(seen.get()).isEqualTo("old");
    assertThat(file).hasContent("new");
  }

  @Test
  void shouldLeaveAnOpenOldFileReadable() throws IOException {
    Path file = directory.resolve("file");
    Files.writeString(file, "old");
    try (java.io.InputStream open = Files.newInputStream(file)) {
      DurableFile.write(file, text("new"));
      assertThat(new String(open.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("old");
    }
  }

  @Test
  void shouldKeepTheOldFileAndNoTemporaryOneWhenTheContentFails() throws IOException {
    Path file = directory.resolve("file");
    Files.writeString(file, "old");
    assertThatThrownBy(
            () ->
                DurableFile.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.wrap(new byte[1000]));
                      throw new IOException("no more");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("no more");
    assertThatThrownBy(
            () ->
                DurableFile.write(
                    file,
                    channel -> {
                      throw new IllegalStateException("a bug");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a bug");
    assertThat(file).hasContent("old");
    assertThat(names()).containsExactly("file");
  }

  @Test
  void shouldLeaveNothingWhenTheContentOfANewFileFails() throws IOException {
    assertThatThrownBy(
            () ->
                DurableFile.write(
                    directory.resolve("new"),
                    channel -> {
                      throw new IOException("no");
                    }))
        .hasMessage("no");
    assertThat(names()).isEmpty();
  }

  @Test
  void shouldNameTheMissingDirectoryAndNotRunTheContent() {
    Path file = directory.resolve("missing").resolve("file");
    AtomicBoolean ran = new AtomicBoolean();
    assertThatThrownBy(() -> DurableFile.write(file, channel -> ran.set(true)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining("the directory " + directory.resolve("missing") + " does not exist");
    assertThat(ran).isFalse();
    assertThat(directory.resolve("missing")).doesNotExist();
  }

  @Test
  void shouldRefuseATargetThatIsADirectory() throws IOException {
    assertThatThrownBy(() -> DurableFile.write(directory, text("x")))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(directory.toString())
        .hasMessageContaining("is a directory");
    assertThatThrownBy(() -> DurableFile.write(Path.of("/"), text("x")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is a directory");
    assertThatThrownBy(() -> DurableFile.write(Path.of(""), text("x")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is a directory");
    assertThat(names()).isEmpty();
  }

  @Test
  void shouldTakeANameRelativeToTheWorkingDirectory() throws IOException {
    Path file = Path.of("durable-file-test-" + System.nanoTime() + ".tmp");
    try {
      DurableFile.write(file, text("here"));
      assertThat(file).hasContent("here");
    } finally {
      Files.deleteIfExists(file);
    }
  }

  @Test
  void shouldTakeAnyNameThatTheFileSystemTakes() throws IOException {
    Path file = directory.resolve("n".repeat(250));
    Files.writeString(file, "old"); // so the name is a valid one
    DurableFile.write(file, text("new"));
    assertThat(file).hasContent("new");
  }

  @Test
  void shouldRefuseToSyncADirectoryThatIsNotThere() {
    assertThatThrownBy(() -> DurableFile.syncDirectory(directory.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
