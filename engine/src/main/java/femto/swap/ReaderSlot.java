package femto.swap;

/**
 * One reader of a {@link Publication}: a thread, an entry of a pool, an event loop. It is in a
 * lease or outside of one.
 *
 * <p>One owner at a time: no two threads use a reader at once, and what hands it from one to the
 * next makes the first one's uses happen before the second one's. Nothing here depends on which
 * thread it is, so virtual threads are no special case. Misuse by the owner is reported; use by two
 * threads at once is not noticed.
 *
 * <p>Nothing in this object changes but when it is closed: whether it is in a lease is kept in its
 * padded slot, so that two readers side by side in memory do not slow each other down.
 *
 * @param <V> the versions
 */
final class ReaderSlot<V> implements AutoCloseable {
  private final Publication<V> publication;
  private final String name;
  private final int slot;
  private final int offset;
  private boolean closed;

  ReaderSlot(Publication<V> publication, String name, int slot, int offset) {
    this.publication = publication;
    this.name = name;
    this.slot = slot;
    this.offset = offset;
  }

  /**
   * The name it was opened with.
   *
   * @return the name
   */
  String name() {
    return name;
  }

  /**
   * Begins a lease. Wait-free, allocates nothing.
   *
   * @return the current version, which stays valid until {@link #release}
   * @throws IllegalStateException if this reader is in a lease already or closed
   */
  V acquire() {
    if (closed || publication.isLeased(offset)) {
      throw refusal("acquire", "in a lease already");
    }
    return publication.acquire(offset);
  }

  /**
   * Ends the lease. Wait-free, allocates nothing.
   *
   * @throws IllegalStateException if this reader is in no lease, or closed
   */
  void release() {
    if (closed || !publication.isLeased(offset)) {
      throw refusal("release", "in no lease");
    }
    publication.release(offset);
  }

  /**
   * Gives the slot back, so that another reader can be opened. Does not wait. A second call does
   * nothing.
   *
   * @throws IllegalStateException if this reader is in a lease; it stays open
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (publication.isLeased(offset)) {
      throw refusal("close", "in a lease, release it first");
    }
    closed = true;
    publication.vacate(this, slot);
  }

  private IllegalStateException refusal(String operation, String state) {
    return new IllegalStateException(
        operation + ": reader=" + name + " is " + (closed ? "closed" : state));
  }
}
