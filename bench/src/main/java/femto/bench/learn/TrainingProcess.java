package femto.bench.learn;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code femto train} in a JVM of its own, with a heap of a given size. */
final class TrainingProcess {
  private static final Pattern RATE = Pattern.compile("([0-9,]+) examples a second");
  private static final Pattern MEMORY =
      Pattern.compile("^(VmHWM|RssAnon):\\s+(\\d+) kB$", Pattern.MULTILINE);
  private static final long LOOK_MILLIS = 20;
  private static final long PATIENCE_MINUTES = 20;
  private static final double KIBIBYTE = 1024;

  private TrainingProcess() {}

  /**
   * What a training took.
   *
   * @param rate examples a second of the last epoch
   * @param seconds from the start of the process to its end
   * @param peakBytes the most memory it had at a time, with what it has mapped of files; NaN where
   *     the system does not tell
   * @param ownBytes the same without files, looked at every 20 ms
   */
  record Outcome(double rate, double seconds, double peakBytes, double ownBytes) {}

  /**
   * Trains.
   *
   * @param heap such as {@code 2g}
   * @param folder where to write what it says
   * @param arguments of the command
   */
  static Outcome run(String heap, Path folder, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // What the vectors and huge pages need.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--"))
        .forEach(command::add);
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx" + heap));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), "femto.tools.cli.Femto", "train"));
    command.addAll(arguments);
    Path said = folder.resolve("train.out");
    Path errors = folder.resolve("train.err");
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(said.toFile())
            .redirectError(errors.toFile())
            .start();
    double[] peaks = {Double.NaN, Double.NaN};
    try {
      long end = start + TimeUnit.MINUTES.toNanos(PATIENCE_MINUTES);
      while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        look(process.pid(), peaks);
        if (System.nanoTime() > end) {
          throw new IllegalStateException("training has not ended in time");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a process was training", e);
    } finally {
      process.destroyForcibly();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    if (process.exitValue() != 0) {
      throw new IllegalStateException(
          "training in a heap of %s ended with %d: %s"
              .formatted(heap, process.exitValue(), Files.readString(errors).strip()));
    }
    return new Outcome(
        lastRate(Files.readString(said, StandardCharsets.UTF_8)), seconds, peaks[0], peaks[1]);
  }

  private static void look(long pid, double[] peaks) throws IOException {
    String status;
    try {
      status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
    } catch (NoSuchFileException e) {
      return; // another system, or it has just ended
    }
    for (Matcher line = MEMORY.matcher(status); line.find(); ) {
      int which = line.group(1).equals("VmHWM") ? 0 : 1;
      double bytes = Long.parseLong(line.group(2)) * KIBIBYTE;
      if (!(peaks[which] >= bytes)) {
        peaks[which] = bytes;
      }
    }
  }

  /** The examples a second of the last epoch that was told of. */
  static double lastRate(String said) {
    String rate = "";
    for (Matcher line = RATE.matcher(said); line.find(); ) {
      rate = line.group(1);
    }
    if (rate.isEmpty()) {
      throw new IllegalStateException(
          String.format(Locale.ROOT, "training has not said how fast it was: %s", said));
    }
    return Double.parseDouble(rate.replace(",", ""));
  }
}
