package femto.swap;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * When a merge works. In the background it always does. With publishes, it does only while a
 * publishing thread lends it time and waits meanwhile, so that no more threads are busy than
 * without it.
 *
 * <p>The merge calls {@link #run} between pieces of its work; everything else is for other threads.
 */
final class MergePace implements Runnable {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** No end of the time that is lent. */
  private volatile boolean endless;

  /** Until when the merge may work, if {@link #endless} is false and {@link #lent} true. */
  private volatile long until;

  private volatile boolean lent;
  private volatile boolean cancelled;
  private volatile @Nullable Thread worker;
  private boolean over;
  private long workNanos;
  private long workingSince;

  /** Ends the work of a merge that nobody wants any more. */
  static final class CancelledException extends RuntimeException {
    private static final long serialVersionUID = 1;

    CancelledException() {
      super("the merge was cancelled", null, false, false);
    }
  }

  private MergePace(boolean endless) {
    this.endless = endless;
    this.lent = endless;
  }

  /** Of a merge that works without a pause. */
  static MergePace inBackground() {
    return new MergePace(true);
  }

  /** Of a merge that works while time is lent. */
  static MergePace withPublishes() {
    return new MergePace(false);
  }

  /** Begins the work, when it may. */
  void begin() {
    lock.lock();
    try {
      workingSince = System.nanoTime();
    } finally {
      lock.unlock();
    }
    run();
  }

  /**
   * Goes on at once, or when there is time again.
   *
   * @throws CancelledException if there is no need to go on
   */
  @Override
  public void run() {
    if (cancelled) {
      throw new CancelledException();
    }
    if (lent && (endless || System.nanoTime() - until < 0)) {
      return;
    }
    worker = Thread.currentThread();
    lock.lock();
    try {
      workNanos += System.nanoTime() - workingSince;
      lent = endless;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    // Not on the condition: a fork-join pool starts another thread for one that waits on it.
    while (!lent && !cancelled) {
      LockSupport.park(this);
    }
    lock.lock();
    try {
      workingSince = System.nanoTime();
    } finally {
      lock.unlock();
    }
    if (cancelled) {
      throw new CancelledException();
    }
  }

  /**
   * Lends the merge time, and waits until it is used up or the merge is over.
   *
   * @param nanos how much; {@link Long#MAX_VALUE} for as much as it takes
   * @return nanoseconds waited
   */
  long lend(long nanos) {
    long start = System.nanoTime();
    lock.lock();
    try {
      // Another publisher may be lending: its time first.
      while (lent && !endless && !over) {
        changed.awaitUninterruptibly();
      }
      if (over) {
        return System.nanoTime() - start;
      }
      if (nanos == Long.MAX_VALUE) {
        endless = true;
      }
      until = System.nanoTime() + Math.min(nanos, Long.MAX_VALUE / 2);
      lent = true;
      LockSupport.unpark(worker);
      while (lent && !over) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
    return System.nanoTime() - start;
  }

  /** Makes the merge stop where it is. */
  void cancel() {
    lock.lock();
    try {
      cancelled = true;
      LockSupport.unpark(worker);
    } finally {
      lock.unlock();
    }
  }

  /** Says that the merge is over, whatever came of it. */
  void end() {
    lock.lock();
    try {
      over = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** What it has worked so far, without its pauses. For the merge itself, before its end. */
  long workNanos() {
    lock.lock();
    try {
      return workNanos + System.nanoTime() - workingSince;
    } finally {
      lock.unlock();
    }
  }
}
