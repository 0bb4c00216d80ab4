package femto.learn.online;

import femto.learn.Example;
import femto.learn.Learner;
import femto.learn.Loss;
import femto.learn.online.OnlineProgress.State;
import femto.swap.LiveModel;
import femto.swap.PublishResult;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.agrona.BitUtil;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * Learns events as they come and publishes what has changed to a {@link LiveModel}, whose readers
 * it never makes wait.
 *
 * <pre>{@code
 * OnlineTrainer trainer = OnlineTrainer.start(live, learner, OnlineOptions.defaults(0.02));
 * // any thread, with an Example of its own:
 * example.reset(clicked ? 1 : 0);
 * example.add(feature, 1);
 * trainer.offer(example, System.currentTimeMillis());
 * }</pre>
 *
 * <h2>Assumptions</h2>
 *
 * <ol>
 *   <li>The learner starts from the weights that serve ({@link Learner#startFrom}), since a delta
 *       holds what has changed since. It is used by nobody else until {@link #close} has returned,
 *       and closed by its owner after that.
 *   <li>Nobody else publishes weights to the live model.
 * </ol>
 *
 * <h2>Guarantees</h2>
 *
 * <ol>
 *   <li><b>An accepted event is learned</b>, once, in the order of acceptance: those that {@link
 *       #offer} has returned true for before {@link #close} returns too. The exception is a trainer
 *       that has stopped learning, which counts them.
 *   <li><b>What is learned is published</b>: what a refused publish held is published with the
 *       next, and closing publishes what is left, if the live model does not refuse it.
 *   <li><b>A bad model never serves.</b> When the loss explodes or a weight is no number, learning
 *       and publishing end, the last good version goes on serving, and {@link #progress} and the
 *       log say which step size to lower.
 * </ol>
 *
 * <h2>Progress</h2>
 *
 * <ol>
 *   <li>Offering is lock-free where there is room, and allocates nothing; without room it is as
 *       {@link WhenFull} says. Any number of threads.
 *   <li>One thread, {@code femto-trainer}, learns and publishes. While it publishes it does not
 *       learn; the ring takes what comes.
 * </ol>
 */
public final class OnlineTrainer implements AutoCloseable {
  /** The type of messages in the ring; there is no other. */
  private static final int EVENT = 1;

  /** Events taken out of the ring at once. */
  private static final int BATCH = 64;

  private static final long PROGRESS_NANOS = 1_000_000_000;
  private static final long PARK_NANOS = 50_000;

  private final Learner learner;
  private final OnlineOptions options;
  private final NanoClock clock;
  private final ManyToOneRingBuffer ring;
  private final int features;
  private final @Nullable AgentRunner runner;

  private final AtomicInteger offering = new AtomicInteger();
  private final LongAdder accepted = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean closing;
  private volatile boolean draining;
  private volatile boolean learns = true;
  private volatile OnlineProgress progress;

  // What follows belongs to the agent.
  private final MessageHandler handler = this::take;
  private final Example event = new Example();
  private final OnlineLearner learning;
  private long lastProgress;

  /** A publish that was asked for: when the ring has been read to a position. */
  private record Asked(long position, CompletableFuture<PublishResult> result) {}

  /** With no thread of its own if {@code own} is false: tests do its {@link #work}. */
  OnlineTrainer(
      LiveModel live, Learner learner, OnlineOptions options, NanoClock clock, boolean own) {
    this.learner = learner;
    this.options = options;
    this.clock = clock;
    this.features = learner.features().size();
    this.learning = new OnlineLearner(live, learner, options, clock::nanoTime);
    int bytes = options.ringBytes() + RingBufferDescriptor.TRAILER_LENGTH;
    ByteBuffer memory = ByteBuffer.allocateDirect(bytes + BitUtil.CACHE_LINE_LENGTH);
    this.ring =
        new ManyToOneRingBuffer(
            new UnsafeBuffer(memory.alignedSlice(BitUtil.CACHE_LINE_LENGTH), 0, bytes));
    this.lastProgress = clock.nanoTime();
    this.progress = look();
    this.runner =
        own
            ? new AgentRunner(
                new BackoffIdleStrategy(),
                error -> learning.fail(String.valueOf(error)),
                null,
                new Work())
            : null;
  }

  /** Done by the thread, over and over. */
  private final class Work implements Agent {
    @Override
    public int doWork() {
      return work();
    }

    @Override
    public String roleName() {
      return "femto-trainer";
    }
  }

  /**
   * Starts to learn.
   *
   * @param live gets what is learned
   * @param learner has the weights that serve; it is the trainer's until that is closed
   * @param options how to learn and publish
   * @return the trainer; the caller closes it, before the learner and the live model
   * @throws IllegalArgumentException if the learner is of other features than the live model
   */
  public static OnlineTrainer start(LiveModel live, Learner learner, OnlineOptions options) {
    OnlineTrainer trainer =
        new OnlineTrainer(live, learner, options, SystemNanoClock.INSTANCE, true);
    AgentRunner.startOnThread(
        Objects.requireNonNull(trainer.runner),
        work -> {
          Thread thread = new Thread(work, "femto-trainer");
          thread.setDaemon(true);
          return thread;
        });
    return trainer;
  }

  // ---- Producers ----

  /**
   * Offers an event.
   *
   * @param example its features, label and importance; copied
   * @param time when it happened, in the caller's unit; only shown
   * @return whether it was accepted. If not, it is counted, or the trainer does not learn any more,
   *     or the thread was interrupted as it waited
   * @throws IllegalArgumentException if a number is out of range, or the event is too large for the
   *     ring
   * @throws RingFullException if there is no room, with {@link WhenFull#FAIL}
   */
  public boolean offer(Example example, long time) {
    int bytes = check(example);
    offering.incrementAndGet();
    try {
      int claim = claim(bytes);
      if (claim < 0) {
        dropped.increment();
        return false;
      }
      EventLayout.write(example, time, ring.buffer(), claim);
      ring.commit(claim);
      accepted.increment();
      return true;
    } finally {
      offering.decrementAndGet();
    }
  }

  /** The place of an event in the ring, or a negative number. */
  private int claim(int bytes) {
    if (!isOpen()) {
      return -1;
    }
    int claim = ring.tryClaim(EVENT, bytes);
    if (claim < 0 && options.whenFull() == WhenFull.FAIL) {
      dropped.increment();
      throw new RingFullException(options.ringBytes());
    }
    while (claim < 0 && options.whenFull() == WhenFull.BLOCK) {
      LockSupport.parkNanos(PARK_NANOS);
      if (!isOpen() || Thread.currentThread().isInterrupted()) {
        return -1;
      }
      claim = ring.tryClaim(EVENT, bytes);
    }
    return claim;
  }

  private boolean isOpen() {
    return !closing && learns;
  }

  private int check(Example example) {
    float label = example.label();
    boolean binary = learner.options().loss() == Loss.LOGISTIC;
    if (binary ? label != 0 && label != 1 : !Float.isFinite(label)) {
      throw new IllegalArgumentException(
          "label=" + label + ", expected " + (binary ? "0 or 1" : "a finite number"));
    }
    float importance = example.importance();
    if (!(importance >= 0 && importance <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "importance=" + importance + ", expected a finite number, 0 or more");
    }
    for (int i = 0; i < example.count(); i++) {
      int feature = example.feature(i);
      if (feature < 0 || feature >= features) {
        throw new IllegalArgumentException(
            "feature " + i + " is " + feature + ", expected 0 to " + (features - 1));
      }
      if (!Float.isFinite(example.weight(i))) {
        throw new IllegalArgumentException(
            "weight " + i + " is " + example.weight(i) + ", expected a finite number");
      }
    }
    long bytes = EventLayout.bytes(example.count());
    if (bytes > ring.maxMsgLength()) {
      throw new IllegalArgumentException(
          "an event of "
              + example.count()
              + " features takes "
              + bytes
              + " bytes, expected at most "
              + ring.maxMsgLength()
              + ", an eighth of the ring");
    }
    return (int) bytes;
  }

  /**
   * Asks for a publish of everything that is accepted by now.
   *
   * @return what became of it, later; fails if the trainer does not learn any more by then
   */
  public CompletableFuture<PublishResult> publish() {
    CompletableFuture<PublishResult> result = new CompletableFuture<>();
    asked.add(new Asked(ring.producerPosition(), result));
    if (ended.getCount() == 0) {
      answerNobody();
    }
    return result;
  }

  /**
   * How it goes.
   *
   * @return what was seen last
   */
  public OnlineProgress progress() {
    return progress;
  }

  /**
   * Accepts no more events, learns all that were accepted, publishes what is left and ends the
   * thread. A second call does nothing.
   */
  @Override
  public void close() {
    closing = true;
    while (offering.get() > 0) {
      Thread.onSpinWait(); // an offer is short, and one that waits for room looks at `closing`
    }
    draining = true;
    if (runner == null) {
      while (ended.getCount() > 0) {
        work();
      }
      return;
    }
    boolean interrupted = false;
    while (ended.getCount() > 0) {
      try {
        ended.await();
      } catch (InterruptedException e) {
        interrupted = true; // what was accepted is learned all the same
      }
    }
    runner.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- The agent ----

  /** Does a piece of work; returns how many events that was. */
  int work() {
    if (ended.getCount() == 0) {
      return 0;
    }
    int events = 0;
    try {
      events = ring.read(handler, BATCH);
      learning.publishIfDue();
      answer();
    } catch (RuntimeException | OutOfMemoryError e) {
      learning.fail(e.toString());
    }
    long now = clock.nanoTime();
    if (learns != (learning.state() == State.LEARNING) || now - lastProgress >= PROGRESS_NANOS) {
      lastProgress = now;
      show();
    }
    if (draining && events == 0 && ring.size() == 0) {
      end();
    }
    return events;
  }

  /** Bytes in the ring, for tests. */
  int ringBytes() {
    return ring.size();
  }

  private void take(int type, MutableDirectBuffer buffer, int index, int length) {
    EventLayout.read(buffer, index, event);
    learning.learn(event, EventLayout.time(buffer, index));
  }

  /** Publishes for those who have asked, once all is learned that they had seen accepted. */
  private void answer() {
    Asked next = asked.peek();
    if (next == null || ring.consumerPosition() < next.position) {
      return;
    }
    PublishResult result = learning.publish();
    show();
    for (; next != null && next.position <= ring.consumerPosition(); next = asked.peek()) {
      asked.remove();
      if (result != null) {
        next.result.complete(result);
      } else {
        next.result.completeExceptionally(new IllegalStateException(learning.reason()));
      }
    }
  }

  private void end() {
    try {
      if (learning.hasUnpublished()) {
        learning.publish();
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      learning.fail(e.toString());
    }
    learning.stop(State.CLOSED, "the trainer is closed");
    show();
    ended.countDown();
    answerNobody();
  }

  private void answerNobody() {
    for (Asked next = asked.poll(); next != null; next = asked.poll()) {
      next.result.completeExceptionally(new IllegalStateException(progress.reason()));
    }
  }

  private void show() {
    progress = look();
    learns = learning.state() == State.LEARNING;
  }

  private OnlineProgress look() {
    return learning.progress(accepted.sum(), dropped.sum());
  }
}
