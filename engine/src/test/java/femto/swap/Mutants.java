package femto.swap;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;

/**
 * Publications with one step done wrong. Each breaks a promise, and the tests of that promise must
 * notice: a test that passes for its mutant proves nothing.
 */
final class Mutants {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  private Mutants() {}

  /** Between the two stores of a mutant, for about a microsecond: a short run must see it. */
  private static void keepWindowOpen() {
    for (int i = 0; i < 30; i++) {
      Thread.onSpinWait();
    }
  }

  /** The real one or a mutant, for tests that run the same steps on both. */
  interface Factory {
    Publication<Version> create(Version first, int maxReaders, Consumer<Version> reclaimer);
  }

  /** The slot is stored with release semantics only: nothing keeps R3 behind R2. */
  static final class WithoutFence extends Publication<Version> {
    WithoutFence(Version first, int maxReaders, Consumer<Version> reclaimer) {
      super(first, maxReaders, reclaimer);
    }

    @Override
    void announce(long[] slots, int offset, long epoch) {
      SLOT.setRelease(slots, offset, epoch);
    }
  }

  /** R3 before R2 in the program already, so that no reordering is needed to see it. */
  static final class LookingBeforeAnnouncing extends Publication<Version> {
    private final long[] announced = new long[1024];
    private long[] slots = {};
    private int offset;

    /** For one reader, since it carries the slot from one step to the next. */
    LookingBeforeAnnouncing(Version first, int maxReaders, Consumer<Version> reclaimer) {
      super(first, maxReaders, reclaimer);
    }

    @Override
    void announce(long[] slots, int offset, long epoch) {
      this.slots = slots;
      this.offset = offset;
      announced[offset] = epoch;
    }

    @Override
    Version current() {
      Version version = super.current();
      super.announce(slots, offset, announced[offset]);
      return version;
    }
  }

  /** Retired versions are given back without a look at the slots. */
  static final class NotLookingAtSlots extends Publication<Version> {
    NotLookingAtSlots(Version first, int maxReaders, Consumer<Version> reclaimer) {
      super(first, maxReaders, reclaimer);
    }

    @Override
    long oldestAnnounced() {
      return IDLE;
    }
  }

  /** W3 before W2: a reader may announce the new epoch and still get the old version. */
  static final class EpochBeforeVersion extends Publication<Version> {
    private Version next;

    EpochBeforeVersion(Version first, int maxReaders, Consumer<Version> reclaimer) {
      super(first, maxReaders, reclaimer);
      next = first;
    }

    @Override
    void show(Version next) {
      this.next = next;
    }

    @Override
    void advance(long number) {
      super.advance(number);
      keepWindowOpen();
      super.show(next);
    }
  }

  /** A version is published as two fields, the overlay before the base. */
  static final class OverlayBeforeBase extends Publication<Version> {
    private volatile int base;
    private volatile int overlay;

    OverlayBeforeBase(Version first, int maxReaders, Consumer<Version> reclaimer) {
      super(first, maxReaders, reclaimer);
      show(first);
    }

    @Override
    void show(Version next) {
      overlay = next.overlay;
      keepWindowOpen();
      base = next.base;
    }

    @Override
    Version current() {
      int base = this.base;
      return new Version(base, overlay);
    }
  }

  /** Readers are spread over two copies of the reference, which are stored one after the other. */
  static final class TwoCopies extends Publication<Version> {
    private volatile Version even;
    private volatile Version odd;
    private int turn;

    TwoCopies(Version first, int maxReaders, Consumer<Version> reclaimer) {
      super(first, maxReaders, reclaimer);
      even = first;
      odd = first;
    }

    @Override
    void show(Version next) {
      even = next;
      keepWindowOpen();
      odd = next;
    }

    @Override
    Version current() {
      return (turn++ & 1) == 0 ? even : odd;
    }
  }

  /** A publish that finds a lease open is put off, and nobody comes back to it. */
  static final class PuttingOffUnderALease extends Publication<Version> {
    PuttingOffUnderALease(Version first, int maxReaders, Consumer<Version> reclaimer) {
      super(first, maxReaders, reclaimer);
    }

    @Override
    void show(Version next) {
      if (oldestAnnounced() == IDLE) {
        super.show(next);
      }
    }
  }
}
