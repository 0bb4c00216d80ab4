package femto.learn.online;

import femto.learn.ProgressiveMetrics;

/**
 * What an {@link OnlineTrainer} had done when it last looked, about once a second and after each
 * publish that was asked for.
 *
 * @param state whether it learns
 * @param reason why it does not, or an empty text
 * @param accepted events that had room in the ring
 * @param dropped events that had none
 * @param learned events that have been learned
 * @param unlearned accepted events that were taken out of the ring after learning had ended
 * @param deltas deltas that were published
 * @param fulls publishes of all weights
 * @param refused publishes that were refused; what they held is published with the next
 * @param waitingFeatures features that wait, since the last delta, because too many candidates have
 *     them
 * @param lastTime time of the last event that was learned
 * @param loss mean loss of all events, each before it was learned; NaN if there is none
 * @param window the same, and more, of the last events
 */
public record OnlineProgress(
    State state,
    String reason,
    long accepted,
    long dropped,
    long learned,
    long unlearned,
    long deltas,
    long fulls,
    long refused,
    int waitingFeatures,
    long lastTime,
    double loss,
    ProgressiveMetrics.Window window) {

  /** Whether a trainer learns. */
  public enum State {
    /** It does. */
    LEARNING,
    /** No more, since the loss exploded or a weight is no number: the last good version serves. */
    DIVERGED,
    /** No more, since publishing failed. */
    FAILED,
    /** No more, since it was closed. */
    CLOSED
  }
}
