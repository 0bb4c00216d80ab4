package femto.tools.stream;

import it.unimi.dsi.fastutil.longs.Long2ObjectLinkedOpenHashMap;
import java.util.ArrayList;
import java.util.List;

/**
 * The best possible log loss of a stream that tells its truth, in windows: the mean of {@code -log
 * p} over clicked impressions and {@code -log(1 - p)} over the others, where p is the true
 * probability, not nearer to 0 and 1 than 1e-15. No model has a lower expected loss.
 *
 * <p>Where clicks are rows of their own, an impression belongs to its own window, not to that of
 * its click, and counts as clicked if the click comes within a horizon. One owner at a time.
 */
public final class TruthLoss {
  private static final double NEAREST = 1e-15;

  private final int window;
  private final long horizon;
  private final List<Window> windows = new ArrayList<>();
  private final Long2ObjectLinkedOpenHashMap<Waiting> waiting =
      new Long2ObjectLinkedOpenHashMap<>();
  private long seen;
  private long now = Long.MIN_VALUE;

  /** What is summed over one window. */
  private static final class Window {
    private long examples;
    private long clicks;
    private double loss;
    private long firstTime;
    private long lastTime;
  }

  private record Waiting(Window window, long time, double probability) {}

  /**
   * A window.
   *
   * @param examples how many examples it is over
   * @param clicks how many of them were clicked
   * @param firstTime time of the first, milliseconds
   * @param lastTime time of the last
   * @param loss their mean loss
   */
  public record Point(long examples, long clicks, long firstTime, long lastTime, double loss) {}

  /**
   * Begins.
   *
   * @param window how many examples a window has, 1 or more
   * @param horizon how long after its impression a click counts, milliseconds, above 0
   */
  public TruthLoss(int window, long horizon) {
    if (window < 1 || horizon <= 0) {
      throw new IllegalArgumentException(
          "window=" + window + ", horizon=" + horizon + ", expected both above 0");
    }
    this.window = window;
    this.horizon = horizon;
  }

  /**
   * Adds an event; clicks without their impression count for nothing.
   *
   * @param event the event
   * @throws IllegalArgumentException if it does not tell its probability, or has a label that is
   *     neither 0 nor 1
   */
  public void add(Event event) {
    now = Math.max(now, event.time());
    while (!waiting.isEmpty() && isOver(waiting.get(waiting.firstLongKey()))) {
      waiting.removeFirst();
    }
    if (event.kind() == Event.Kind.CLICK) {
      Waiting impression = waiting.remove(event.id());
      if (impression != null) {
        double p = impression.probability;
        impression.window.clicks++;
        impression.window.loss += Math.log1p(-p) - Math.log(p);
      }
      return;
    }
    double p = Math.clamp(event.probability(), NEAREST, 1 - NEAREST);
    if (Double.isNaN(p)) {
      throw new IllegalArgumentException("an event without probability, expected the truth");
    }
    if (event.label() != 0 && event.label() != 1) {
      throw new IllegalArgumentException("a label of " + event.label() + ", expected 0 or 1");
    }
    Window at = windowOfNext(event.time());
    at.examples++;
    at.lastTime = event.time();
    at.clicks += event.label() == 1 ? 1 : 0;
    at.loss -= event.label() == 1 ? Math.log(p) : Math.log1p(-p);
    if (event.kind() == Event.Kind.IMPRESSION) {
      waiting.putIfAbsent(event.id(), new Waiting(at, event.time(), p));
    }
  }

  private boolean isOver(Waiting impression) {
    return now >= Long.MIN_VALUE + horizon && now - horizon > impression.time;
  }

  private Window windowOfNext(long time) {
    if (seen++ % window == 0) {
      Window next = new Window();
      next.firstTime = time;
      windows.add(next);
    }
    return windows.get(windows.size() - 1);
  }

  /**
   * The windows so far; the last may have fewer examples, and impressions of the last may still get
   * their click.
   *
   * @return in the order of the stream
   */
  public List<Point> windows() {
    return windows.stream()
        .map(w -> new Point(w.examples, w.clicks, w.firstTime, w.lastTime, w.loss / w.examples))
        .toList();
  }

  /**
   * The mean loss of all examples.
   *
   * @return 0 or more; NaN if there was none
   */
  public double loss() {
    return windows.stream().mapToDouble(w -> w.loss).sum() / seen;
  }
}
