package femto.learn.online;

/** There is no room for an event: the trainer is slower than its events come. */
public final class RingFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RingFullException(int ringBytes) {
    super(
        "the ring of "
            + ringBytes
            + " bytes is full: events come faster than they are learned; make it larger for bursts,"
            + " or choose WhenFull.DROP or BLOCK");
  }
}
