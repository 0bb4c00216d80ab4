package femto.kernels;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the parts of a search have in common: whether they divide the screen or the table among
 * themselves, and the greatest threshold that any has reached.
 */
final class SharedFloor {
  final boolean screening;
  private final AtomicInteger bits =
      new AtomicInteger(Float.floatToRawIntBits(Float.NEGATIVE_INFINITY));

  SharedFloor(boolean screening) {
    this.screening = screening;
  }

  float get() {
    return Float.intBitsToFloat(bits.getOpaque());
  }

  void raise(float value) {
    int seen = bits.getOpaque();
    while (value > Float.intBitsToFloat(seen)) {
      int now = bits.compareAndExchange(seen, Float.floatToRawIntBits(value));
      if (now == seen) {
        return;
      }
      seen = now;
    }
  }
}
