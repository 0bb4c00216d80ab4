package femto.bench.peer;

/** A peer is not on this machine; the message says why, and how to get it. */
public final class MissingPeerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * Says what is missing.
   *
   * @param reason for a reader of the report
   */
  public MissingPeerException(String reason) {
    super(reason);
  }

  MissingPeerException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
