package femto.swap;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The current version of something, replaced by one writer under any number of wait-free readers,
 * and each former version given back once no reader can see it: reclamation by epochs.
 *
 * <p>Versions are numbered 0, 1, 2, ... in the order in which they are published, and the epoch is
 * the number of the last one that has been shown. A reader has a slot, which is idle or holds an
 * epoch. The steps, in the order in which each side takes them:
 *
 * <pre>
 *   reader, acquire                        writer, publish(version n + 1)
 *     R1  e = epoch                          W1  remember version n as retired
 *     R2  slot = e, then a full fence        W2  current = version n + 1
 *     R3  use current                        W3  epoch = n + 1
 *   reader, release                        writer, reclaim
 *     R4  slot = idle, after all uses        W4  oldest = least epoch in any slot
 *                                            W5  give back retired versions below oldest
 * </pre>
 *
 * <h2>Assumptions</h2>
 *
 * <ol>
 *   <li>One thread at a time calls {@link #publish}, {@link #reclaim}, {@link #held} and {@link
 *       #stalledReader}, and what hands them from one thread to another makes the first one's calls
 *       happen before the second one's (a lock, a queue, a join).
 *   <li>The same holds for each {@link ReaderSlot}: one owner at a time.
 *   <li>A version does not change after it is published, and is published once.
 *   <li>A reader uses a version, and whatever it reached through it, between acquire and release
 *       only.
 *   <li>The reclaimer does not call this object.
 * </ol>
 *
 * <h2>Guarantees</h2>
 *
 * <ol>
 *   <li><b>Whole versions.</b> What a lease returns is one object that was published, with all that
 *       the writer did before it published it: W2 and R3 are a volatile store and a volatile load
 *       of one reference.
 *   <li><b>Never backwards.</b> When one acquire happens before another, of the same reader or of
 *       two, the second returns the same version or a newer one: R3 loads one volatile variable,
 *       which takes the versions in ascending order.
 *   <li><b>Never lost.</b> An acquire that starts after publish has returned gets that version or a
 *       newer one, for the same reason.
 *   <li><b>Never freed inside a lease.</b> Let a lease have returned version n and its slot hold e.
 *       <ul>
 *         <li>e is at most n: the epoch became e after version e was shown (W2 before W3), so R3,
 *             which follows R1, loads version e or a newer one.
 *         <li>Version n is given back after version n + 1 was shown only. R3 loaded n, so R3 comes
 *             before that W2, and so does R2. Every W4 after it therefore sees e in the slot, or
 *             what the slot held after the lease.
 *         <li>As long as W4 sees e, the least epoch is at most e, hence at most n, and W5 gives
 *             back only what is below.
 *       </ul>
 *       The second step needs one order of R2, R3, W2 and W4 that all threads agree on, and has it
 *       because all four are volatile accesses. Were R2 a release store, the processor might load
 *       (R3) before its own store (R2) has left the store buffer; W2 and W4 fit in between, and W5
 *       gives the version back inside the lease.
 *   <li><b>Uses end before reclamation begins.</b> R4 is a release store, and so at least is R2 of
 *       the slot's next lease; W4 loads either of them with acquire semantics. So everything that a
 *       lease loaded was loaded before the reclaimer is called.
 *   <li><b>Everything is given back</b> once, in ascending order, by the first reclaim that finds
 *       no slot holding its number or an older epoch. The current version is not: to give back the
 *       last one, publish another.
 * </ol>
 *
 * <p>A slot may hold an epoch older than the version of its lease, when the reader was delayed on
 * its way from R1 to R3. That keeps some versions longer than needed and does no harm.
 *
 * <h2>Progress</h2>
 *
 * <ol>
 *   <li>{@link ReaderSlot#acquire} and {@link ReaderSlot#release} are wait-free: a constant number
 *       of steps, whatever the writer and other readers do. They allocate nothing.
 *   <li>{@link #publish} and {@link #reclaim} never wait for a reader. Publish takes time in
 *       proportion to the versions held, reclaim to the slots and the versions given back. A reader
 *       that stays in a lease delays reclamation alone, of its version and all newer ones; {@link
 *       #stalledReader} says which reader it is.
 *   <li>{@link #open} and {@link ReaderSlot#close} are lock-free, and any thread may call them at
 *       any time.
 * </ol>
 *
 * <p>A lease took 7.3 ns on an AMD EPYC (family 26), and 2.4 ns without the fence of R2. Schemes
 * that spare readers the fence have the writer send a barrier through every core before W4 ({@code
 * membarrier} on Linux): a native call, on one system, for 5 ns a request.
 *
 * @param <V> the versions
 */
class Publication<V> {
  /** What a slot holds outside a lease: above every epoch, so that the oldest is a minimum. */
  static final long IDLE = Long.MAX_VALUE;

  /**
   * Longs from one slot to the next: 128 bytes, since processors fetch their cache lines of 64
   * bytes in pairs. The first and the last stride stay unused and keep the neighbours away.
   */
  private static final int STRIDE = 16;

  private static final int MOST_READERS = Integer.MAX_VALUE / STRIDE - 2;

  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  private final Consumer<? super V> reclaimer;
  private final LongSupplier nanoClock;

  /** Slot i is at {@link #offsetOf}(i). */
  private final long[] slots;

  private final AtomicReferenceArray<@Nullable ReaderSlot<V>> readers;

  private volatile V current;
  private volatile long epoch;

  // The writer's own, which readers do not look at.
  private V newest;
  private long newestNumber;
  private final ArrayDeque<Retired<V>> retired = new ArrayDeque<>();
  private final @Nullable Note[] notes;

  private record Retired<V>(long number, V version) {}

  /** When the writer first saw a slot hold an epoch that was no longer the newest. */
  private record Note(String reader, long epoch, long nanos) {}

  /**
   * Starts with version 0.
   *
   * @param first the version that readers see until another is published
   * @param maxReaders how many readers may be open at once, 1 or more
   * @param reclaimer called by {@link #reclaim}, on its thread, with each version that no lease can
   *     see any more
   * @throws IllegalArgumentException if maxReaders is less than 1 or beyond what an array holds
   */
  Publication(V first, int maxReaders, Consumer<? super V> reclaimer) {
    this(first, maxReaders, reclaimer, System::nanoTime);
  }

  /** The same with a clock that tests can set. */
  Publication(V first, int maxReaders, Consumer<? super V> reclaimer, LongSupplier nanoClock) {
    if (maxReaders < 1 || maxReaders > MOST_READERS) {
      throw new IllegalArgumentException(
          "maxReaders=" + maxReaders + ", expected 1 to " + MOST_READERS);
    }
    this.reclaimer = reclaimer;
    this.nanoClock = nanoClock;
    slots = new long[(maxReaders + 2) * STRIDE];
    Arrays.fill(slots, IDLE);
    readers = new AtomicReferenceArray<>(maxReaders);
    notes = new @Nullable Note[maxReaders];
    current = first;
    newest = first;
  }

  private static int offsetOf(int slot) {
    return (slot + 1) * STRIDE;
  }

  // ---- Opening and closing readers, by any thread ----

  /**
   * Opens a reader.
   *
   * @param name what {@link #stalledReader} calls it; need not be unique
   * @return the reader, outside a lease, for its owner to close
   * @throws IllegalStateException if as many readers are open as may be
   */
  ReaderSlot<V> open(String name) {
    for (int i = 0; i < readers.length(); i++) {
      if (readers.get(i) == null) {
        ReaderSlot<V> reader = new ReaderSlot<>(this, name, i, offsetOf(i));
        if (readers.compareAndSet(i, null, reader)) {
          return reader;
        }
      }
    }
    throw new IllegalStateException(
        "reader=" + name + " cannot be opened: maxReaders=" + readers.length() + " are open");
  }

  /** Gives the slot of a reader outside a lease to whoever opens one next. */
  void vacate(ReaderSlot<V> reader, int slot) {
    readers.compareAndSet(slot, reader, null);
  }

  // ---- The reader's side, by the slot's owner ----

  V acquire(int offset) {
    announce(slots, offset, epoch);
    return current();
  }

  void release(int offset) {
    SLOT.setRelease(slots, offset, IDLE);
  }

  /** Whether a slot is in a lease. A plain load: its owner alone stores there. */
  boolean isLeased(int offset) {
    return slots[offset] != IDLE;
  }

  // ---- The writer's side ----

  /**
   * Shows readers a new version and retires the one before, which the next {@link #reclaim} may
   * give back.
   *
   * @param next the new version, never published before
   * @return its number: 1 for the first one published here, then 2 and so on
   * @throws IllegalArgumentException if next is the current version or one that is still held;
   *     nothing is changed
   */
  long publish(V next) {
    if (isHeld(next)) {
      throw new IllegalArgumentException(
          "version=" + next + " is published already, expected a new one");
    }
    retired.addLast(new Retired<>(newestNumber, newest));
    newest = next;
    newestNumber++;
    show(next);
    advance(newestNumber);
    return newestNumber;
  }

  @SuppressWarnings("ReferenceEquality") // it is the object that would be given back too early
  private boolean isHeld(V version) {
    if (version == newest) {
      return true;
    }
    for (Retired<V> former : retired) {
      if (version == former.version()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Gives the reclaimer every retired version that no lease can see any more, oldest first. What
   * the reclaimer throws passes through; the version it was called with counts as given back, those
   * after it wait for the next call.
   *
   * @return how many retired versions are still held
   */
  int reclaim() {
    long oldest = oldestAnnounced();
    for (Retired<V> first = retired.peekFirst();
        first != null && first.number() < oldest;
        first = retired.peekFirst()) {
      retired.removeFirst();
      reclaimer.accept(first.version());
    }
    noteStalledReaders();
    return retired.size();
  }

  /**
   * How many retired versions have not been given back.
   *
   * @return their number, 0 or more
   */
  int held() {
    return retired.size();
  }

  /**
   * The reader that has been in a lease since before the newest version was shown: of several the
   * one with the oldest epoch, and of these the one that was noticed first.
   *
   * <p>Readers take no time stamps. {@link #reclaim} and this method note when they first see a
   * slot hold an epoch that is no longer the newest, and the time is counted from there: the lease
   * is at least so old.
   *
   * @return the reader, or nothing when every lease is of the newest epoch
   */
  Optional<StalledReader> stalledReader() {
    noteStalledReaders();
    Note oldest = null;
    for (Note note : notes) {
      if (note != null
          && (oldest == null
              || note.epoch() < oldest.epoch()
              || (note.epoch() == oldest.epoch() && note.nanos() - oldest.nanos() < 0))) {
        oldest = note;
      }
    }
    return oldest == null
        ? Optional.empty()
        : Optional.of(
            new StalledReader(
                oldest.reader(), oldest.epoch(), nanoClock.getAsLong() - oldest.nanos()));
  }

  /**
   * A slot that holds an epoch below the newest is in the same lease for as long as it holds it,
   * since a later lease would announce the newest epoch or one after. So a note of an epoch is a
   * note of one lease.
   */
  private void noteStalledReaders() {
    for (int i = 0; i < notes.length; i++) {
      long announced = announced(i);
      if (announced >= newestNumber) {
        notes[i] = null;
        continue;
      }
      Note note = notes[i];
      if (note == null || note.epoch() != announced) {
        ReaderSlot<V> reader = readers.get(i);
        // Unless the lease ended meanwhile, and the slot went to a reader of another name.
        notes[i] =
            reader != null && announced(i) == announced
                ? new Note(reader.name(), announced, nanoClock.getAsLong())
                : null;
      }
    }
  }

  private long announced(int slot) {
    return (long) SLOT.getVolatile(slots, offsetOf(slot));
  }

  // ---- Steps of the protocol. A method each, so that tests can break one and see it noticed ----

  /** R2. The volatile store carries the fence between it and R3. */
  void announce(long[] slots, int offset, long epoch) {
    SLOT.setVolatile(slots, offset, epoch);
  }

  /** R3. */
  V current() {
    return current;
  }

  /** W2. */
  void show(V next) {
    current = next;
  }

  /** W3. */
  void advance(long number) {
    epoch = number;
  }

  /** W4: the oldest epoch that any slot holds, {@link #IDLE} if none does. */
  long oldestAnnounced() {
    long oldest = IDLE;
    for (int i = 0; i < readers.length(); i++) {
      oldest = Math.min(oldest, announced(i));
    }
    return oldest;
  }
}
