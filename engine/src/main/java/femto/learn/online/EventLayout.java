package femto.learn.online;

import femto.learn.Example;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Where the numbers of an event stand in the ring:
 *
 * <pre>
 *   +------+-------+------------+-------+----------------+---------------+
 *   | time | label | importance | count | count features | count weights |
 *   +------+-------+------------+-------+----------------+---------------+
 *   0      8       12           16      20               20 + 4 count
 * </pre>
 */
final class EventLayout {
  private static final int TIME_OFFSET = 0;
  private static final int LABEL_OFFSET = 8;
  private static final int IMPORTANCE_OFFSET = 12;
  private static final int COUNT_OFFSET = 16;
  private static final int FEATURES_OFFSET = 20;

  private EventLayout() {}

  /** Bytes of an event of so many features. */
  static long bytes(int count) {
    return FEATURES_OFFSET + 8L * count;
  }

  static void write(Example event, long time, MutableDirectBuffer into, int index) {
    int count = event.count();
    into.putLong(index + TIME_OFFSET, time);
    into.putFloat(index + LABEL_OFFSET, event.label());
    into.putFloat(index + IMPORTANCE_OFFSET, event.importance());
    into.putInt(index + COUNT_OFFSET, count);
    int features = index + FEATURES_OFFSET;
    int weights = features + 4 * count;
    for (int i = 0; i < count; i++) {
      into.putInt(features + 4 * i, event.feature(i));
      into.putFloat(weights + 4 * i, event.weight(i));
    }
  }

  static long time(DirectBuffer from, int index) {
    return from.getLong(index + TIME_OFFSET);
  }

  static void read(DirectBuffer from, int index, Example into) {
    into.reset(from.getFloat(index + LABEL_OFFSET));
    into.weigh(from.getFloat(index + IMPORTANCE_OFFSET));
    int count = from.getInt(index + COUNT_OFFSET);
    int features = index + FEATURES_OFFSET;
    int weights = features + 4 * count;
    for (int i = 0; i < count; i++) {
      into.add(from.getInt(features + 4 * i), from.getFloat(weights + 4 * i));
    }
  }
}
