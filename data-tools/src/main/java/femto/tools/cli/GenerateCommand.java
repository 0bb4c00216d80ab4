package femto.tools.cli;

import femto.file.DurableFile;
import femto.tools.ads.AdOptions;
import femto.tools.ads.AdStream;
import femto.tools.ads.ClickDataSet;
import femto.tools.data.MovieLensGenerator;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "generate",
    description = {
      "Generate data with a planted truth, so that the best possible score is known.",
      "",
      "Ratings:  femto generate --out world",
      "Clicks:   femto generate --shape ads --out clicks.data",
      "A stream: femto generate --shape ads --stream --rows 1000000 --out events.csv",
      "Live:     femto generate --shape ads --stream --rate 2000 --out live.csv",
      "A pipe:   femto generate --shape ads --stream --out - | head",
      "",
      "movielens writes a folder in the layout of MovieLens 100K, and truth.tsv beside the "
          + "ratings: for each, its expectation and the probability that it is 4 or more.",
      "",
      "ads writes a data set of impressions with 39 fields, 30 of the context and 9 of the "
          + "candidate, and the true probability of each click, to learn and test predictions on: "
          + "'femto train' and 'femto evaluate' take it as it is. The last sixth of the rows is the "
          + "test part of the split 'test'. It may be larger than memory.",
      "",
      "ads with --stream writes a stream of impressions, a CSV line each, with the true probability of its "
          + "click. The truth drifts: what a model has learned of users, ads, campaigns and sites is "
          + "worth less every hour, and ads and users come and go. A million impressions are a day of "
          + "the stream, however fast they are written. Without --rows it never ends; Ctrl-C ends it "
          + "after a whole line, and so does a reader that goes away.",
      ""
    })
final class GenerateCommand extends BaseCommand {
  enum Shape {
    MOVIELENS,
    ADS
  }

  enum Clicks {
    LABELLED,
    DELAYED
  }

  private static final String STANDARD_OUTPUT = "-";
  private static final long DEFAULT_IMPRESSIONS = 600_000;

  /** A reader that does not read may hold up the last line. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** In place of a number of rows: nobody knows how many were read. */
  private static final long READER_GONE = -1;

  @Option(
      names = "--shape",
      defaultValue = "movielens",
      description = "Which world: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Shape shape = Shape.MOVIELENS;

  @Option(names = "--stream", description = "ads: write a stream of events, not a data set.")
  boolean stream;

  @Option(
      names = "--field-weighted",
      description = "ads: how much two fields matter together differs from pair to pair.")
  boolean fieldWeighted;

  @Option(
      names = "--values",
      paramLabel = "X",
      description =
          "ads: the large fields have X times the values, 0.01 to 1000 (default: 1). Most of them"
              + " come in many rows only: 11 million features with X = 1000 and 2 million rows.")
  @Nullable Double values;

  @Option(
      names = "--rows",
      paramLabel = "N",
      description =
          "Number of ratings (default: 100000), of impressions (default: 600000), or of the "
              + "stream's rows (default: 0, which is no end).")
  @Nullable Long rows;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "One seed gives one world, byte for byte (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(
      names = "--rate",
      paramLabel = "ROWS",
      description = "--stream: at most so many rows a second (default: as fast as can be).")
  @Nullable Double rate;

  @Option(
      names = "--drift",
      paramLabel = "X",
      description =
          "--stream: how many times a day of it the truth is renewed; 0 is none (default: 1).")
  @Nullable Double drift;

  @Option(
      names = "--clicks",
      description = {
        "--stream: labelled rows, or impressions and delayed clicks as rows of their own "
            + "(${COMPLETION-CANDIDATES}; default: labelled)."
      })
  @Nullable Clicks clicks;

  @Option(
      names = "--wide",
      description =
          "--stream: 39 fields, 13 of them numbers, as in Criteo's logs (default: 10 fields).")
  boolean wide;

  @Option(
      names = "--out",
      paramLabel = "PATH",
      required = true,
      description = {
        "The folder to write. --stream: the file, or - for standard output. With --rows and "
            + "without --rate the file appears when it is whole; otherwise it must be new and grows."
      })
  Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    require(
        shape == Shape.ADS || (!fieldWeighted && values == null),
        "--field-weighted and --values go with --shape ads");
    require(
        !stream || (!fieldWeighted && values == null),
        "--field-weighted and --values do not go with --stream");
    if (shape == Shape.MOVIELENS) {
      return generateMovieLens();
    }
    return stream ? generateAds() : generateClicks();
  }

  private int generateClicks() throws IOException {
    require(
        rate == null && drift == null && clicks == null && !wide,
        "--rate, --drift, --clicks and --wide go with --stream");
    long count = rows == null ? DEFAULT_IMPRESSIONS : rows;
    require(
        count >= ClickDataSet.MIN_ROWS && count <= ClickDataSet.MAX_ROWS,
        "--rows " + count + ", expected " + ClickDataSet.MIN_ROWS + " to " + ClickDataSet.MAX_ROWS);
    double scale = values == null ? 1 : values;
    require(scale >= 0.01 && scale <= 1000, "--values must be 0.01 to 1000");
    ClickDataSet.Options options = new ClickDataSet.Options(fieldWeighted, scale, seed);
    int features;
    try (Progress progress = Progress.start("generating", ClickDataSet.steps((int) count))) {
      features = ClickDataSet.write(out, (int) count, options, progress::step);
    }
    say(
        "Generated %s impressions with %s features in %s."
            .formatted(Report.count(count), Report.count(features), out));
    say(
        "Next: femto train "
            + out
            + " --split test --loss logistic --optimizer adagrad --epochs 3 --out MODEL");
    Map<String, Object> result = result(count);
    result.put("features", features);
    return done(result);
  }

  private int generateMovieLens() throws IOException {
    require(
        !stream && rate == null && drift == null && clicks == null && !wide,
        "--stream, --rate, --drift, --clicks and --wide go with --shape ads --stream");
    long ratings = rows == null ? MovieLensGenerator.DEFAULT_ROWS : rows;
    require(ratings == (int) ratings, "--rows " + ratings + " is too many");
    MovieLensGenerator.generate(out, (int) ratings, seed);
    say("Generated " + Report.count(ratings) + " ratings in " + out + ".");
    say("Next: femto import --format movielens " + out + " --out DATASET");
    return done(result(ratings));
  }

  private int generateAds() throws IOException {
    boolean toStandardOutput = out.toString().equals(STANDARD_OUTPUT);
    require(!json || !toStandardOutput, "--json and the stream cannot share standard output");
    long limit = rows == null ? 0 : rows;
    require(limit >= 0, "--rows must be 0 (no end) or more");
    double pace = rate == null ? 0 : rate;
    require(rate == null || (pace > 0 && pace < 1e9), "--rate must be above 0");
    AdStream events =
        new AdStream(
            new AdOptions(seed, drift == null ? 1 : drift, wide, clicks == Clicks.DELAYED));
    long written;
    if (toStandardOutput) {
      written = writeLive(events, new FileOutputStream(FileDescriptor.out), limit, pace);
    } else if (Files.exists(out) && !Files.isRegularFile(out) && !Files.isDirectory(out)) {
      OutputStream pipe = Files.newOutputStream(out, StandardOpenOption.WRITE);
      written = writeLive(events, pipe, limit, pace);
    } else if (limit > 0 && rate == null) {
      DurableFile.write(
          out,
          channel -> events.write(Channels.newOutputStream(channel), limit, pace, () -> false));
      written = limit;
    } else {
      DurableFile.requireTarget(out);
      if (Files.exists(out)) {
        throw new IOException(
            out + ": exists, expected a new name: a file that grows replaces no other");
      }
      OutputStream file = Files.newOutputStream(out, StandardOpenOption.CREATE_NEW);
      written = writeLive(events, file, limit, pace);
    }
    if (toStandardOutput || written == READER_GONE) {
      return 0;
    }
    say("Generated " + Report.count(written) + " rows in " + out + ".");
    return done(result(written));
  }

  private Map<String, Object> result(long written) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("rows", written);
    result.put("seed", seed);
    result.put("out", out.toString());
    return result;
  }

  /** Writes until all is written, the reader goes away, or the process is asked to end. */
  private static long writeLive(AdStream events, OutputStream to, long limit, double pace)
      throws IOException {
    try (EndOfProcess end = new EndOfProcess(PATIENCE, 0);
        to) {
      return events.write(to, limit, pace, end);
    } catch (IOException e) {
      if (isReaderGone(e)) {
        return READER_GONE;
      }
      throw e;
    }
  }

  /**
   * There is no class of its own for it: "Broken pipe", or on Windows "The pipe is being closed".
   */
  private static boolean isReaderGone(IOException e) {
    return String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("pipe");
  }
}
