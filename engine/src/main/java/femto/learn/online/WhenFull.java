package femto.learn.online;

/** What becomes of an event for which the ring has no room: learning is slower than events come. */
public enum WhenFull {
  /** It is left out and counted. */
  DROP,
  /** Whoever offers it waits until there is room, or the trainer is closed. */
  BLOCK,
  /** Whoever offers it gets a {@link RingFullException}. */
  FAIL
}
