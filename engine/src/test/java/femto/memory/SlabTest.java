package femto.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlabTest {
  private static final long HUGE_PAGE = 2L << 20;
  private static final Path THP = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

  private static boolean isLinux() {
    return System.getProperty("os.name", "").equals("Linux");
  }

  @ParameterizedTest
  @ValueSource(
      longs = {0, 1, 63, 64, 65, 4096, HUGE_PAGE - 1, HUGE_PAGE, HUGE_PAGE + 1, 3 * HUGE_PAGE + 7})
  void shouldBeZeroAlignedAndOfExactlyTheSizeAskedFor(long bytes) {
    // The second one may get the memory that the first has dirtied.
    for (int round = 0; round < 2; round++) {
      try (Slab slab = Slab.allocate(bytes)) {
        MemorySegment segment = slab.segment();
        assertThat(segment.byteSize()).isEqualTo(bytes);
        assertThat(segment.address() % Slab.ALIGNMENT).isZero();
        assertThat(segment.maxByteAlignment()).isGreaterThanOrEqualTo(Slab.ALIGNMENT);
        assertThat(segment.mismatch(MemorySegment.ofArray(new byte[(int) bytes]))).isEqualTo(-1);
        segment.fill((byte) 0x5a);
        if (bytes > 0) {
          assertThat(segment.get(JAVA_BYTE, bytes - 1)).isEqualTo((byte) 0x5a);
        }
        assertThatThrownBy(() -> segment.get(JAVA_BYTE, bytes))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 64, 4 * HUGE_PAGE})
  void shouldThrowOnEveryAccessAfterClose(long bytes) {
    Slab slab = Slab.allocate(bytes);
    MemorySegment segment = slab.segment();
    MemorySegment view = segment.asSlice(0);
    slab.close();
    assertThat(segment.scope().isAlive()).isFalse();
    if (bytes > 0) {
      assertThatThrownBy(() -> segment.get(JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> view.set(JAVA_BYTE, 0, (byte) 1))
          .isInstanceOf(IllegalStateException.class);
    }
    assertThatThrownBy(() -> segment.fill((byte) 0)).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 64, 4 * HUGE_PAGE})
  void shouldDoNothingWhenClosedAgain(long bytes) {
    Slab slab = Slab.allocate(bytes);
    slab.close();
    slab.close();
    assertThat(slab.segment().scope().isAlive()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, -64, Long.MIN_VALUE})
  void shouldRefuseANegativeSize(long bytes) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Slab.allocate(bytes))
        .withMessageContaining("bytes=" + bytes);
  }

  @Test
  void shouldBeUsableFromAnotherThread() throws InterruptedException {
    try (Slab slab = Slab.allocate(64)) {
      Thread writer = new Thread(() -> slab.segment().set(JAVA_LONG, 8, 42));
      writer.start();
      writer.join();
      assertThat(slab.segment().get(JAVA_LONG, 8)).isEqualTo(42);
    }
  }

  @Test
  void shouldAskForHugePagesFromTwoMebibytesOnAndOnLinuxOnly() {
    // The build starts the tests with native access.
    try (Slab small = Slab.allocate(HUGE_PAGE - 1);
        Slab large = Slab.allocate(HUGE_PAGE)) {
      assertThat(small.hugePagesAsked()).isFalse();
      assertThat(large.hugePagesAsked()).isEqualTo(isLinux());
    }
  }

  @Test
  void shouldStandOnHugePagesOnceTouched() throws IOException {
    assumeTrue(isLinux(), "no Linux, so no smaps and no madvise");
    assumeTrue(Files.isReadable(THP), "this kernel has no transparent huge pages");
    String setting = Files.readString(THP).strip();
    assumeTrue(
        setting.contains("[madvise]") || setting.contains("[always]"),
        "transparent huge pages are off: " + setting);
    long bytes = 64L << 20;
    try (Slab slab = Slab.allocate(bytes)) {
      slab.segment().fill((byte) 1);
      long huge = anonHugeBytes(slab.segment().address(), bytes);
      assertThat(huge)
          .as("AnonHugePages of a slab of %d bytes", bytes)
          .isGreaterThan(bytes * 9 / 10);
    }
  }

  @Test
  void shouldGiveTheAddressRangeBackOnClose() throws IOException {
    assumeTrue(isLinux(), "no Linux, so no smaps");
    Slab slab = Slab.allocate(256L << 20);
    slab.segment().fill((byte) 1);
    long address = slab.segment().address();
    assertThat(residentBytes(address, 256L << 20)).isGreaterThan(200L << 20);
    slab.close();
    assertThat(residentBytes(address, 256L << 20)).isLessThan(64L << 20);
  }

  private static long anonHugeBytes(long address, long bytes) throws IOException {
    return sum("AnonHugePages:", address, bytes);
  }

  private static long residentBytes(long address, long bytes) throws IOException {
    return sum("Rss:", address, bytes);
  }

  /** Adds up a line of smaps over the mappings that overlap a range. */
  private static long sum(String key, long address, long bytes) throws IOException {
    long kibibytes = 0;
    boolean overlaps = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      int dash = line.indexOf('-');
      int space = line.indexOf(' ');
      if (dash > 0 && dash < space && line.substring(0, dash).matches("[0-9a-f]+")) {
        long from = Long.parseUnsignedLong(line.substring(0, dash), 16);
        long to = Long.parseUnsignedLong(line.substring(dash + 1, space), 16);
        overlaps =
            Long.compareUnsigned(from, address + bytes) < 0
                && Long.compareUnsigned(to, address) > 0;
      } else if (overlaps && line.startsWith(key)) {
        kibibytes += Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return kibibytes << 10;
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 45, 1L << 60, Long.MAX_VALUE - (4L << 20), Long.MAX_VALUE})
  void shouldThrowOutOfMemoryErrorWhenTheSystemHasNotSoMuch(long bytes) throws IOException {
    Path overcommit = Path.of("/proc/sys/vm/overcommit_memory");
    assumeTrue(
        !Files.isReadable(overcommit) || !Files.readString(overcommit).strip().equals("1"),
        "this system promises any amount of memory (vm.overcommit_memory=1)");
    assertThatThrownBy(
            () -> {
              try (Slab slab = Slab.allocate(bytes)) {
                assertThat(slab.segment().byteSize()).isEqualTo(bytes);
              }
            })
        .isInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void shouldServeSilentlyWithoutHugePagesWhereNativeAccessIsNotAllowed() throws Exception {
    Path errors = Files.createTempFile("slab-probe", ".err");
    try {
      Process jvm =
          new ProcessBuilder(
                  List.of(
                      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                      "-Xmx256m",
                      "-cp",
                      String.join(
                          System.getProperty("path.separator"),
                          Path.of("target", "classes").toString(),
                          Path.of("target", "test-classes").toString()),
                      "femto.memory.SlabProbe"))
              .redirectError(errors.toFile())
              .start();
      String output = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(jvm.waitFor()).as(Files.readString(errors)).isZero();
      assertThat(output.strip()).isEqualTo("false " + (64L << 20));
      assertThat(Files.readString(errors)).isEmpty();
    } finally {
      Files.deleteIfExists(errors);
    }
  }
}
