package femto.learn;

/** Learning went astray: the loss or a weight is no longer a finite number. */
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Says what to do about it.
   *
   * @param epoch in which it happened, from 1
   * @param stepSize the step size then
   */
  public DivergedException(int epoch, double stepSize) {
    super(
        "learning diverged in epoch "
            + epoch
            + ": the loss is no longer a finite number; lower the step size (it was "
            + stepSize
            + ")");
  }

  /**
   * Says what a trainer says.
   *
   * @param reason what happened and what to do about it
   */
  public DivergedException(String reason) {
    super(reason);
  }
}
