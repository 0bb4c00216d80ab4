package femto.bench.online;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.file.SafetensorsFile;
import femto.learn.Example;
import femto.learn.Learner;
import femto.learn.online.LateClick;
import femto.learn.online.OnlineOptions;
import femto.learn.online.OnlineProgress;
import femto.model.Encoder;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import femto.swap.DirectoryOptions;
import femto.tools.ads.AdOptions;
import femto.tools.ads.AdStream;
import femto.tools.dictionary.DictionaryOptions;
import femto.tools.online.StreamOptions;
import femto.tools.online.StreamTrainer;
import femto.tools.stream.Event;
import femto.tools.stream.EventReader;
import femto.tools.stream.OnBadRow;
import femto.tools.stream.TruthLoss;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What following is worth where the truth moves: the log loss of a model that goes on learning,
 * beside that of the same model frozen after the first part and that of the truth, in blocks of the
 * stream.
 *
 * <p>The model that follows scores each event just before it learns it. The stream has twelve
 * events a second, so of ten versions a second a reader's is at most an event or two behind that.
 */
final class DriftGain {
  private static final double CONFIDENCE = 0.95;
  private static final String CHECKPOINT = "checkpoint.femto";
  private static final int CAPACITY = 200_000;
  private static final long HORIZON = 60_000;
  private static final double MILLIS_A_DAY = 86_400_000;

  private DriftGain() {}

  /**
   * A block of the stream.
   *
   * @param days from when the one was frozen to its last event
   * @param following mean loss of the model that follows
   * @param frozen that of the model that was frozen
   * @param best that of the true probabilities
   */
  record Block(double days, double following, double frozen, double best) {}

  /**
   * All that came after the first part.
   *
   * @param blocks in the order of the stream
   * @param drift of the stream
   */
  record Outcome(List<Block> blocks, double drift) {
    Outcome {
      blocks = List.copyOf(blocks);
    }

    private double[] losses(ToDoubleFunction<Block> loss) {
      return blocks.stream().mapToDouble(loss).toArray();
    }

    private BlockMean gain() {
      return BlockMean.of(losses(block -> block.following - block.frozen), CONFIDENCE);
    }

    private double mean(ToDoubleFunction<Block> loss) {
      return BlockMean.of(losses(loss), CONFIDENCE).mean();
    }

    /** 0 is as good as the truth, 1 no better than frozen. */
    double gap() {
      double best = mean(Block::best);
      return (mean(Block::following) - best) / (mean(Block::frozen) - best);
    }

    List<Figure> figures() {
      return List.of(
          Figure.of("log loss of a block, following", "nats", losses(Block::following)),
          Figure.of("log loss of a block, frozen", "nats", losses(Block::frozen)),
          Figure.of("log loss of a block, best possible", "nats", losses(Block::best)));
    }

    List<Finding> findings() {
      BlockMean gain = gain();
      String tests = "femto.bench.online.DriftGainTest, femto.tools.online.StreamTrainerTest";
      Finding row =
          new Finding(
                  "drift.gain",
                  "log loss, following less frozen; ratio: upper end of the interval",
                  "nats",
                  tests)
              .measured(gain.mean(), Double.NaN)
              .peer("frozen", 0)
              .detail("interval", List.of(gain.low(), gain.high()))
              .detail("blocks", blocks.size())
              .detail("drift", drift)
              .holds(gain.high(), "0", 0);
      Finding gap =
          new Finding(
                  "drift.gap",
                  "log loss above the best possible, as a part of the frozen model's",
                  "x",
                  tests)
              .measured(gap(), Double.NaN)
              .peer("frozen", 1)
              .detail("following", mean(Block::following))
              .detail("frozen", mean(Block::frozen))
              .detail("best_possible", mean(Block::best))
              .informs(gap(), "frozen", false);
      return List.of(row, gap);
    }

    void draw(String title, Path png) throws IOException {
      LossPlot.write(blocks, title, png);
    }
  }

  /** What {@code femto train --follow} takes by default, but for the number of values. */
  static StreamOptions options(int publishEvents, Duration publishEvery) {
    return new StreamOptions(
        EncodedEvents.learnerOptions(1),
        DictionaryOptions.defaults(CAPACITY).withMinimumCount(2),
        0,
        null,
        0,
        new StreamOptions.Clicks(HORIZON, LateClick.LEARN, 1000),
        OnlineOptions.defaults(EncodedEvents.STEP).withDeltas(publishEvents, publishEvery),
        Duration.ofMinutes(1),
        Long.MAX_VALUE,
        Duration.ofDays(1),
        StreamOptions.LIVE,
        DirectoryOptions.defaults());
  }

  /**
   * Learns the first part, and goes on block by block.
   *
   * @param folder where the stream and the state of the trainers may lie
   */
  static Outcome measure(Path folder, double drift, int first, int blocks, int block)
      throws IOException {
    Path events = folder.resolve("drifting.csv");
    try (OutputStream out = Files.newOutputStream(events)) {
      long rows = first + (long) blocks * block;
      new AdStream(new AdOptions(1, drift, false, false)).write(out, rows, 0, () -> false);
    }
    Path state = folder.resolve("following");
    StreamOptions options = options(Integer.MAX_VALUE, Duration.ofDays(1));
    try (EventReader reader = EventReader.open(events, OnBadRow.STOP);
        StreamTrainer trainer = StreamTrainer.start(reader, state, null, options)) {
      learn(trainer, reader, first);
      trainer.checkpoint(reader);
      Path kept = Files.createDirectory(folder.resolve("frozen"));
      Files.copy(state.resolve(CHECKPOINT), kept.resolve(CHECKPOINT));
      try (EventReader same =
              EventReader.openAt(events, StreamTrainer.position(kept), OnBadRow.STOP);
          StreamTrainer stopped = StreamTrainer.start(same, kept, null, options);
          Frozen frozen = new Frozen(stopped.live().features(), kept.resolve(CHECKPOINT))) {
        TruthLoss truth = new TruthLoss(block, HORIZON);
        double[] following = new double[blocks];
        double[] unchanged = new double[blocks];
        for (int i = 0; i < blocks; i++) {
          double before = totalLoss(trainer, reader);
          learn(trainer, reader, block);
          following[i] = (totalLoss(trainer, reader) - before) / block;
          unchanged[i] = frozen.meanLoss(same, block, truth);
        }
        return outcome(following, unchanged, truth.windows(), drift);
      }
    }
  }

  private static Outcome outcome(
      double[] following, double[] frozen, List<TruthLoss.Point> truth, double drift) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < following.length; i++) {
      double days = (truth.get(i).lastTime() - truth.get(0).firstTime()) / MILLIS_A_DAY;
      blocks.add(new Block(days, following[i], frozen[i], truth.get(i).loss()));
    }
    return new Outcome(blocks, drift);
  }

  private static double totalLoss(StreamTrainer trainer, EventReader reader) {
    OnlineProgress progress = trainer.progress(reader).learning();
    return progress.loss() * progress.learned();
  }

  private static void learn(StreamTrainer trainer, EventReader reader, int events)
      throws IOException {
    long before = trainer.progress(reader).learning().learned();
    trainer.run(reader, false, events, () -> false, progress -> {});
    OnlineProgress progress = trainer.progress(reader).learning();
    if (progress.learned() - before != events) {
      throw new IllegalStateException(
          "learned %d events, expected %d. %s"
              .formatted(progress.learned() - before, events, progress.reason()));
    }
  }

  /** The weights and the values of a checkpoint. */
  private static final class Frozen implements AutoCloseable {
    private final List<Field> fields;
    private final Learner learner;
    private final Encoder context;
    private final Encoder candidate;
    private final Event event = new Event();
    private final Example example = new Example();

    Frozen(FeatureSpace space, Path checkpoint) throws IOException {
      this.fields = space.fields();
      this.context = new Encoder(space, Side.CONTEXT);
      this.candidate = new Encoder(space, Side.CANDIDATE);
      this.learner = new Learner(space, EncodedEvents.learnerOptions(fields.size()));
      try (SafetensorsFile file = SafetensorsFile.map(checkpoint)) {
        learner.restore(file);
      } catch (Throwable failure) {
        learner.close();
        throw failure;
      }
    }

    double meanLoss(EventReader reader, int events, TruthLoss truth) throws IOException {
      double sum = 0;
      for (int i = 0; i < events; i++) {
        if (!reader.next(event, Duration.ZERO)) {
          throw new IllegalStateException("the stream has ended after " + i + " events of a block");
        }
        truth.add(event);
        EncodedEvents.encode(event, fields, context, candidate);
        example.reset(event.label());
        add(context);
        add(candidate);
        sum += logLoss(learner.score(example), event.label());
      }
      return sum / events;
    }

    private void add(Encoder encoder) {
      int count = encoder.finish();
      for (int i = 0; i < count; i++) {
        example.add(encoder.features()[i], encoder.weights()[i]);
      }
    }

    @Override
    public void close() {
      learner.close();
    }
  }

  /** Log loss of the sigmoid of a score. */
  static double logLoss(double score, float label) {
    double x = label == 1 ? -score : score;
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }
}
