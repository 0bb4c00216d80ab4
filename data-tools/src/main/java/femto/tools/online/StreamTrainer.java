package femto.tools.online;

import femto.file.DirectoryLock;
import femto.file.DurableFile;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.learn.Example;
import femto.learn.Learner;
import femto.learn.LearnerOptions;
import femto.learn.online.ClickJoiner;
import femto.learn.online.OnlineLearner;
import femto.learn.online.OnlineProgress;
import femto.model.Encoder;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.swap.DirectoryStatus;
import femto.swap.LiveModel;
import femto.swap.PublishResult;
import femto.swap.VersionDirectory;
import femto.tools.stream.Event;
import femto.tools.stream.EventReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Learns an event stream and publishes what it has learned to a directory of versions.
 *
 * <p>Everything that it knows is in one checkpoint: weights, optimiser state, dictionary, the
 * impressions that wait, the candidates, running metrics, and the position in the stream. It is
 * replaced as a whole, so a trainer that was killed goes on from its last checkpoint, learns again
 * what came since, and ends with the same bytes as one that was never stopped.
 *
 * <p>One owner at a time, whose thread does everything but writing the directory.
 */
public final class StreamTrainer implements AutoCloseable {
  private static final String SCHEMA_KEY = "femto.schema";
  private static final String SCHEMA = "femto-stream/1";
  private static final String POSITION_KEY = "femto.stream.position";
  private static final String EVENTS_KEY = "femto.stream.events";
  private static final String OPTION_PREFIX = "femto.stream.option.";
  private static final String CHECKPOINT_NAME = "checkpoint.femto";
  private static final String DICTIONARY_NAME = "dictionary.map";

  /** Events between two looks at the clock. */
  private static final int BATCH = 64;

  private static final long REFUSED_PAUSE_NANOS = 1_000_000_000;

  private final StreamOptions options;
  private final DirectoryLock lock;
  private final Path checkpoint;
  private final Map<String, String> fixed;
  private final List<String> notes = new ArrayList<>();
  private final StreamFeatures features;
  private final Learner learner;
  private final LiveModel live;
  private final OnlineLearner online;
  private final StreamCatalogue catalogue;
  private final ClickJoiner joiner;
  private final @Nullable VersionDirectory directory;

  private final List<Field> fields;
  private final int candidateField;
  private final Encoder contextEncoder;
  private final Encoder candidateEncoder;
  private final Example example = new Example();
  private long events;
  private long startedAt;
  private long checkpointEvents;
  private long checkpointNanos = System.nanoTime();
  private long checkpoints;
  private @Nullable String checkpointProblem;
  private long fullNanos = System.nanoTime();

  /**
   * How it goes.
   *
   * @param events events taken since the stream began, clicks included
   * @param sinceStart those of them since this was started
   * @param position where the checkpoint or the trainer stands in the stream, in bytes
   * @param learning what was learned and published
   * @param candidates candidates now
   * @param retired candidates that were removed since they were not shown
   * @param clicks what became of impressions and clicks
   * @param features what became of values
   * @param checkpoints checkpoints written since this was started
   * @param version number of the last version in the directory, or null if none is written
   * @param problem why the last checkpoint or the last version could not be written, and is to be
   *     tried again; null if all is well
   */
  public record Progress(
      long events,
      long sinceStart,
      long position,
      OnlineProgress learning,
      int candidates,
      long retired,
      ClickJoiner.Counts clicks,
      Map<String, Object> features,
      long checkpoints,
      @Nullable DirectoryStatus version,
      @Nullable String problem) {}

  private StreamTrainer(
      EventReader reader, Path state, @Nullable Path publish, StreamOptions options)
      throws IOException {
    this.options = options;
    this.checkpoint = state.resolve(CHECKPOINT_NAME);
    this.fields = reader.schema().fields();
    this.candidateField = candidateField();
    this.fixed = fixedOptions();
    try (Closing opened = new Closing()) {
      lock = opened.add(DirectoryLock.take(state, "another trainer keeps its state there"));
      DurableFile.removeLeftovers(state);
      try (SafetensorsFile former = former()) {
        features = opened.add(features(state, former));
        FeatureSpace frozen = features.freeze();
        learner = opened.add(new Learner(frozen, learnerOptions()));
        catalogue = new StreamCatalogue(features, options.retireAfter());
        if (former != null) {
          // Before the live model: it serves these weights from the first version on.
          learner.restore(former);
          catalogue.restore(former, frozen.size());
        }
        live =
            opened.add(
                LiveModel.start(
                    learner.toModel(frozen, PredictionRange.UNBOUNDED, Map.of()),
                    catalogue.toSet(frozen.size()),
                    options.live()));
        online = new OnlineLearner(live, learner, options.online());
        joiner =
            new ClickJoiner(
                options.clicks().horizon(),
                options.clicks().late(),
                options.clicks().room(),
                online::learn);
        if (former != null) {
          online.restore(former);
          joiner.restore(former, frozen.size());
          events = former.requireCount(EVENTS_KEY);
        }
        if (features instanceof DictionaryFeatures growing) {
          growing.tell(online);
        }
        contextEncoder = new Encoder(features, Side.CONTEXT);
        candidateEncoder = new Encoder(features, Side.CANDIDATE);
        startedAt = events;
        checkpointEvents = events;
        directory =
            publish == null
                ? null
                : opened.add(VersionDirectory.record(live, publish, options.directory()));
        opened.keep();
      }
    }
  }

  /** Closes what was opened, in the other order, unless it is kept. */
  private static final class Closing implements AutoCloseable {
    private final List<AutoCloseable> opened = new ArrayList<>();

    <T extends AutoCloseable> T add(T resource) {
      opened.add(resource);
      return resource;
    }

    void keep() {
      opened.clear();
    }

    @Override
    public void close() throws IOException {
      Collections.reverse(opened);
      for (AutoCloseable resource : opened) {
        try {
          resource.close();
        } catch (IOException | RuntimeException e) {
          throw e;
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  /**
   * Whether there is a checkpoint to go on from.
   *
   * @param state the folder of the trainer's state
   * @return true if there is
   */
  public static boolean hasCheckpoint(Path state) {
    return Files.isRegularFile(state.resolve(CHECKPOINT_NAME));
  }

  /**
   * Where a trainer that was stopped stands in its stream.
   *
   * @param state the folder of the trainer's state
   * @return bytes from the beginning of the stream
   * @throws IOException if there is no sound checkpoint
   */
  public static long position(Path state) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.map(state.resolve(CHECKPOINT_NAME))) {
      return file.requireCount(POSITION_KEY);
    }
  }

  /**
   * Begins, or goes on from the checkpoint if there is one.
   *
   * @param reader the stream, which the caller closes; at {@link #position} if there is a
   *     checkpoint
   * @param state a folder for checkpoint and dictionary; made if its parent is there
   * @param publish the directory of versions; null publishes nothing
   * @param options how to learn; with a checkpoint, those that it was made with
   * @return the trainer; the caller closes it
   * @throws MalformedFileException if the checkpoint is not sound
   * @throws IllegalArgumentException if the options are not those of the checkpoint, or do not fit
   *     the stream
   * @throws IOException if something cannot be read or written, or another trainer is at work there
   */
  public static StreamTrainer start(
      EventReader reader, Path state, @Nullable Path publish, StreamOptions options)
      throws IOException {
    if (!Files.isDirectory(state)) {
      Files.createDirectory(state);
    }
    return new StreamTrainer(reader, state, publish, options);
  }

  // ---- Going on from a checkpoint ----

  private @Nullable SafetensorsFile former() throws IOException {
    if (!Files.isRegularFile(checkpoint)) {
      return null;
    }
    SafetensorsFile file = SafetensorsFile.map(checkpoint);
    try {
      String schema = file.requireMetadata(SCHEMA_KEY);
      if (!schema.equals(SCHEMA)) {
        throw new MalformedFileException(
            checkpoint, "metadata " + SCHEMA_KEY, "is " + schema + ", expected " + SCHEMA);
      }
      for (Map.Entry<String, String> option : fixed.entrySet()) {
        String was = file.requireMetadata(OPTION_PREFIX + option.getKey());
        if (!was.equals(option.getValue())) {
          throw new IllegalArgumentException(
              "the checkpoint "
                  + checkpoint
                  + " was made with "
                  + option.getKey()
                  + " "
                  + was
                  + ", now it is "
                  + option.getValue()
                  + ": use the same, or begin anew with another state folder");
        }
      }
      return file;
    } catch (Throwable failure) {
      file.close();
      throw failure;
    }
  }

  private StreamFeatures features(Path state, @Nullable SafetensorsFile former) throws IOException {
    if (options.dictionary() == null) {
      HashedFeatures hashed = new HashedFeatures(fields, options.hashBits());
      if (former != null) {
        hashed.restore(former);
      }
      return hashed;
    }
    Path map = state.resolve(DICTIONARY_NAME);
    if (former != null) {
      return DictionaryFeatures.resume(map, former, options.dictionary(), notes::add);
    }
    if (Files.deleteIfExists(map)) {
      notes.add(map + " was there without a checkpoint, and was made anew");
    }
    return DictionaryFeatures.create(map, fields, options.dictionary());
  }

  private LearnerOptions learnerOptions() {
    LearnerOptions given = options.learner();
    return new LearnerOptions(
        given.loss(),
        given.optimizer(),
        given.factors(),
        given.stepSize(),
        given.initialState(),
        given.initialScale(),
        Collections.nCopies(fields.size(), given.l2().get(0)),
        given.seed());
  }

  private int candidateField() {
    for (int field = 0; field < fields.size(); field++) {
      Field candidate = fields.get(field);
      boolean wanted =
          options.candidateField() == null || options.candidateField().equals(candidate.name());
      if (wanted
          && candidate.side() == Side.CANDIDATE
          && candidate.encoding() == Field.Encoding.ONE_HOT) {
        return field;
      }
    }
    if (options.candidateField() == null) {
      return FeatureSpace.UNKNOWN;
    }
    throw new IllegalArgumentException(
        "the stream has no one-hot field "
            + options.candidateField()
            + " of candidates, its fields are "
            + Field.format(fields));
  }

  /** What decides what is learned: with other options a run could not be gone on with. */
  private Map<String, String> fixedOptions() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("fields", Field.format(fields));
    all.put("learner", options.learner().toString());
    all.put("dictionary", String.valueOf(options.dictionary()));
    all.put("hash-bits", Integer.toString(options.hashBits()));
    all.put("candidate field", Integer.toString(candidateField));
    all.put("retire-after", Long.toString(options.retireAfter()));
    all.put("clicks", options.clicks().toString());
    all.put("step size", Double.toString(options.online().stepSize()));
    all.put("window", Integer.toString(options.online().window()));
    return all;
  }

  // ---- Learning ----

  /**
   * Learns what comes until there is nothing left or enough.
   *
   * @param reader the stream
   * @param follow whether to wait for more at its end
   * @param most how many events to take at most
   * @param stop asked now and then whether to stop
   * @param told is told of progress about once a second
   * @throws IOException if the stream is broken
   */
  public void run(
      EventReader reader, boolean follow, long most, BooleanSupplier stop, Consumer<Progress> told)
      throws IOException {
    Duration wait = follow ? Duration.ofMillis(20) : Duration.ZERO;
    Event event = new Event();
    long end = most > Long.MAX_VALUE - events ? Long.MAX_VALUE : events + most;
    long lastTold = System.nanoTime();
    while (events < end && learns() && !stop.getAsBoolean()) {
      boolean more = true;
      for (int i = 0; i < BATCH && events < end && more; i++) {
        more = reader.next(event, wait);
        if (more) {
          take(event, reader);
        }
      }
      publishIfDue();
      checkpointIfDue(reader);
      long now = System.nanoTime();
      if (now - lastTold >= 1_000_000_000) {
        lastTold = now;
        told.accept(progress(reader));
      }
      if (!more && (!follow || reader.isEnded())) {
        break;
      }
    }
  }

  private boolean learns() {
    return online.state() == OnlineProgress.State.LEARNING;
  }

  private void take(Event event, EventReader reader) throws MalformedFileException {
    if (event.time() < 0) {
      throw new MalformedFileException(
          Path.of("event stream"),
          "the event before byte " + reader.position(),
          "has the time " + event.time() + ", expected 0 or more");
    }
    events++;
    features.at(event.time());
    if (event.kind() == Event.Kind.CLICK) {
      joiner.click(event.id(), event.time());
      return;
    }
    encode(event);
    if (event.kind() == Event.Kind.IMPRESSION) {
      joiner.impression(event.id(), example, event.time());
    } else {
      online.learn(example, event.time());
    }
  }

  private void encode(Event event) {
    contextEncoder.clear();
    candidateEncoder.clear();
    for (int field = 0; field < fields.size(); field++) {
      Encoder encoder =
          fields.get(field).side() == Side.CONTEXT ? contextEncoder : candidateEncoder;
      int values = event.values(field);
      for (int i = 0; i < values; i++) {
        encoder.put(field, event.value(field, i));
      }
    }
    example.reset(event.label());
    example.weigh(event.weight());
    add(contextEncoder, contextEncoder.finish());
    int count = candidateEncoder.finish();
    add(candidateEncoder, count);
    if (candidateField != FeatureSpace.UNKNOWN && event.values(candidateField) > 0) {
      catalogue.take(
          event.value(candidateField, 0).toString(),
          candidateEncoder.features(),
          candidateEncoder.weights(),
          count,
          event.time(),
          online);
    }
  }

  private void add(Encoder encoder, int count) {
    for (int i = 0; i < count; i++) {
      example.add(encoder.features()[i], encoder.weights()[i]);
    }
  }

  // ---- Publishing and keeping ----

  private void publishIfDue() {
    if (directory == null) {
      return;
    }
    PublishResult result = online.publishIfDue();
    if (result == null) {
      return;
    }
    boolean refused = result.outcome() == PublishResult.Outcome.REFUSED;
    long since = System.nanoTime() - fullNanos;
    // A delta may be too large for what has grown since: then all of it is published anew.
    if ((refused && since >= REFUSED_PAUSE_NANOS)
        || (result.waitingFeatures() > 0 && since >= options.fullEvery().toNanos())) {
      publishFull();
    }
  }

  private void publishFull() {
    online.publishFull(features.freeze(), catalogue.toSet(learner.features().size()));
    fullNanos = System.nanoTime();
  }

  /** A full disk ends nothing: the former checkpoint stays, and the next attempt comes. */
  private void checkpointIfDue(EventReader reader) {
    if (events - checkpointEvents >= options.checkpointEvents()
        || (events > checkpointEvents
            && System.nanoTime() - checkpointNanos >= options.checkpointEvery().toNanos())) {
      try {
        checkpoint(reader);
      } catch (IOException e) {
        checkpointProblem = "the checkpoint cannot be written: " + e;
        checkpointEvents = events;
        checkpointNanos = System.nanoTime();
      }
    }
  }

  /**
   * Writes a checkpoint.
   *
   * @param reader the stream, of which everything read has been learned
   * @throws IOException if it cannot be written; the former one is untouched
   */
  public void checkpoint(EventReader reader) throws IOException {
    try (Arena arena = Arena.ofShared()) {
      SafetensorsWriter writer = new SafetensorsWriter();
      writer.metadata(SCHEMA_KEY, SCHEMA);
      writer.metadata(POSITION_KEY, Long.toString(reader.position()));
      writer.metadata(EVENTS_KEY, Long.toString(events));
      fixed.forEach((key, value) -> writer.metadata(OPTION_PREFIX + key, value));
      online.writeTo(writer);
      joiner.writeTo(writer);
      catalogue.writeTo(writer);
      features.writeTo(writer, arena);
      writer.write(checkpoint);
    }
    checkpoints++;
    checkpointProblem = null;
    checkpointEvents = events;
    checkpointNanos = System.nanoTime();
  }

  /**
   * Publishes and keeps what has not been yet, and ends writing versions.
   *
   * @param reader the stream, of which everything read has been learned
   * @throws IOException if the checkpoint cannot be written
   */
  public void finish(EventReader reader) throws IOException {
    if (directory != null && learns()) {
      PublishResult result = online.publish();
      if (result != null && (!result.isPublished() || result.waitingFeatures() > 0)) {
        publishFull(); // nothing comes that could take what waits
      }
    }
    if (learns()) {
      checkpoint(reader);
    }
    if (directory != null) {
      directory.close();
    }
  }

  /**
   * How it goes.
   *
   * @param reader the stream
   * @return what has been done
   */
  public Progress progress(EventReader reader) {
    DirectoryStatus status = directory == null ? null : directory.status();
    String problem = checkpointProblem;
    return new Progress(
        events,
        events - startedAt,
        reader.position(),
        online.progress(),
        catalogue.size(),
        catalogue.retired(),
        joiner.counts(),
        features.counts(),
        checkpoints,
        status,
        problem != null || status == null ? problem : status.problem());
  }

  /**
   * What was found at the start that people should know.
   *
   * @return sentences
   */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * The live model that checks what is published.
   *
   * @return it; this object closes it
   */
  public LiveModel live() {
    return live;
  }

  /** Ends writing versions, after those that were published, and gives everything back. */
  @Override
  public void close() throws IOException {
    try (lock;
        features;
        learner;
        live) {
      if (directory != null) {
        directory.close();
      }
    }
  }
}
