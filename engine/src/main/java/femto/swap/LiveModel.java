package femto.swap;

import femto.kernels.WarmUp;
import femto.model.FeatureSpace;
import femto.model.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * A model and its candidates that serve any number of wait-free readers while they are replaced,
 * whole or in part.
 *
 * <pre>{@code
 * LiveModel live = LiveModel.open(Path.of("ads.femto"), LiveOptions.defaults());
 * live.warmUp(Duration.ofSeconds(2));
 * // a reader: see LiveScorer. The trainer:
 * live.publish(new Delta().weights(17, 0.5f, factors).put("ad-9", features, x).remove("ad-3"));
 * }</pre>
 */
@SuppressWarnings("DoNotCallSuggester")
public final class LiveModel implements AutoCloseable {
  private LiveModel() {}

  /**
   * Starts with version 1 of generation 1.
   *
   * @param model the model; the LiveModel owns it from now on, and closes it if this throws
   * @param candidates the candidates, of this model's features
   * @param options how it works
   * @return the live model
   * @throws IllegalArgumentException if the two do not fit together, the cap has no room for them,
   *     or a canary cannot be ranked
   */
  public static LiveModel start(Model model, CandidateSet candidates, LiveOptions options) {
    throw new UnsupportedOperationException();
  }

  /**
   * Starts with the model and the candidates of a file.
   *
   * @param path a file as {@link VersionFile} writes it
   * @param options how it works
   * @return the live model
   * @throws IOException if the file cannot be read or is not sound
   * @throws IllegalArgumentException as {@link #start} does
   */
  public static LiveModel open(Path path, LiveOptions options) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Opens a reader. Any thread may.
   *
   * @param name what reports call it; need not be unique
   * @return the reader, for its owner to close
   * @throws IllegalStateException if as many are open as may be, or this is closed
   */
  public LiveScorer newScorer(String name) {
    throw new UnsupportedOperationException();
  }

  /**
   * A delta to be filled and published.
   *
   * @return one that changes nothing
   */
  public Delta newDelta() {
    return new Delta();
  }

  /**
   * Publishes changes of the version that serves.
   *
   * @param delta the changes; read before this returns, and not kept
   * @return what became of them
   * @throws IllegalStateException if this is closed
   */
  public PublishResult publish(Delta delta) {
    throw new UnsupportedOperationException();
  }

  /**
   * Publishes a model and its candidates in full, as a new generation. What waits of former deltas
   * is dropped.
   *
   * @param model the model; the LiveModel owns it from now on: it closes it when no reader and no
   *     history has it any more, or at once if it is refused
   * @param candidates the candidates, of this model's features
   * @return what became of them
   * @throws IllegalStateException if this is closed; the model is closed too
   */
  public PublishResult publish(Model model, CandidateSet candidates) {
    throw new UnsupportedOperationException();
  }

  /**
   * Publishes a file in full, as {@link #publish(Model, CandidateSet)}. One that cannot be read or
   * is not sound is refused, with what is wrong as the reason.
   *
   * @param path a file as {@link VersionFile} writes it
   * @return what became of it
   * @throws IllegalStateException if this is closed
   */
  public PublishResult publish(Path path) {
    throw new UnsupportedOperationException();
  }

  /**
   * Publishes the content of a former version again, under a new and higher number. What waits of
   * former deltas is dropped. If it is of another generation than the version that serves, it
   * becomes a new generation, and deltas are refused until the next full publish.
   *
   * @param version number of the former version
   * @return what became of it; refused if that version is not kept any more
   * @throws IllegalStateException if this is closed
   */
  public PublishResult rollBack(long version) {
    throw new UnsupportedOperationException();
  }

  /**
   * Number of the version that serves. Wait-free.
   *
   * @return 1 or more
   */
  public long version() {
    throw new UnsupportedOperationException();
  }

  /**
   * Generation of the version that serves. Wait-free.
   *
   * @return 1 or more
   */
  public long generation() {
    throw new UnsupportedOperationException();
  }

  /**
   * Waits for a version.
   *
   * @param number its number
   * @param timeout how long to wait
   * @return whether that version or a newer one serves; false if time ran out or this was closed
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean awaitVersion(long number, Duration timeout) throws InterruptedException {
    throw new UnsupportedOperationException();
  }

  /**
   * Tells a listener of every version from now on, in order, on a thread of this object: neither a
   * reader nor a publisher waits for it. A listener that takes long delays the others; what it
   * throws is logged.
   *
   * @param listener what to call
   * @return closing it ends this; a call that is under way may still come
   */
  public Registration addListener(Consumer<VersionInfo> listener) {
    throw new UnsupportedOperationException();
  }

  /** A listener that is being told. */
  public interface Registration extends AutoCloseable {
    /** Tells it no more. A second call does nothing. */
    @Override
    void close();
  }

  /**
   * The counters. Cheap; never waits for a publish.
   *
   * @return what they are now
   */
  public LiveStatistics statistics() {
    throw new UnsupportedOperationException();
  }

  /**
   * Runs searches until the compiler has had time for the kernels, whose first calls are thousands
   * of times slower.
   *
   * @param budget how long, a second or two
   * @return what scoring a row costs now
   * @throws IllegalStateException if as many readers are open as may be, or this is closed
   */
  public WarmUp warmUp(Duration budget) {
    throw new UnsupportedOperationException();
  }

  /**
   * The features of the version that serves.
   *
   * @return the feature space
   */
  public FeatureSpace features() {
    throw new UnsupportedOperationException();
  }

  /**
   * Ends serving: new leases and publishes are refused from now on. Does not wait. Leases that are
   * open stay valid, and what they hold is freed soon after the last of them has ended. A second
   * call does nothing.
   */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
