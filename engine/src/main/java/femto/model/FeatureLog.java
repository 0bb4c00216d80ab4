package femto.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which features have changed their value since a dictionary was frozen: a log that only grows, so
 * that everyone who knows how long it was sees it as it was then.
 *
 * <pre>
 *   entry e:   feature, field, value (or none: the feature has no value from then on)
 *              the entry before it of the same feature, and of the same value
 *   lastOf[j]  the last entry of feature j
 *   slots      the last entry of a value; open addressing, linear probing
 * </pre>
 *
 * For who sees the first {@code limit} entries, the entry that counts for a feature or a value is
 * the last one below the limit, which is found by going back. An entry of a value is in force if it
 * is the one that counts for its feature too: otherwise the feature has been given to another value
 * since, and the value to no other feature, since that would be an entry of the value.
 *
 * <p>One writer. Readers are wait-free: an entry is written before what leads to it, which is
 * written with release and read with acquire, and arrays that become too short are replaced by
 * longer copies.
 */
final class FeatureLog {
  static final int NONE = -1;

  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
  private static final int FIRST_ROOM = 64;

  private final int[] lastOf;
  private volatile Entries entries;

  /** The writer's own. */
  private int size;

  private record Entries(
      int[] slots,
      int[] features,
      int[] fields,
      byte[] @Nullable [] values,
      int[] beforeOfFeature,
      int[] beforeOfValue) {

    /** The slot of a value, or the empty one where it would be. */
    int slot(int hash, int field, byte[] utf8, int length) {
      int mask = slots.length - 1;
      int slot = hash & mask;
      int entry = (int) INTS.getAcquire(slots, slot);
      while (entry != NONE && !holds(entry, field, utf8, length)) {
        slot = (slot + 1) & mask;
        entry = (int) INTS.getAcquire(slots, slot);
      }
      return slot;
    }

    boolean holds(int entry, int field, byte[] utf8, int length) {
      byte[] value = values[entry];
      return value != null
          && fields[entry] == field
          && Arrays.equals(value, 0, value.length, utf8, 0, length);
    }
  }

  /** A log without entries of so many features. */
  FeatureLog(int features) {
    lastOf = new int[features];
    Arrays.fill(lastOf, NONE);
    int[] slots = new int[2 * FIRST_ROOM];
    Arrays.fill(slots, NONE);
    entries =
        new Entries(
            slots,
            new int[FIRST_ROOM],
            new int[FIRST_ROOM],
            new byte[FIRST_ROOM][],
            new int[FIRST_ROOM],
            new int[FIRST_ROOM]);
  }

  // ---- Readers ----

  /** The entry that counts for a feature, or NONE if it is as it was frozen. */
  int entryOf(int feature, int limit) {
    int entry = (int) INTS.getAcquire(lastOf, feature);
    int[] before = entries.beforeOfFeature; // read after the entry: it may be in the longer copy
    while (entry >= limit) {
      entry = before[entry];
    }
    return entry;
  }

  /** Field of an entry, or NONE if it takes the value away. */
  int field(int entry) {
    return entries.fields[entry];
  }

  /** Value of an entry, or null if it takes the value away. Not to be written to. */
  byte @Nullable [] value(int entry) {
    return entries.values[entry];
  }

  int feature(int entry) {
    return entries.features[entry];
  }

  /** The entry that counts for a value, or NONE if it is as it was frozen. */
  int entryOf(int hash, int field, byte[] utf8, int length, int limit) {
    Entries now = entries;
    int entry = (int) INTS.getAcquire(now.slots, now.slot(hash, field, utf8, length));
    while (entry >= limit) {
      entry = now.beforeOfValue[entry];
    }
    return entry;
  }

  // ---- The writer ----

  int size() {
    return size;
  }

  /** Appends an entry, which nobody sees before they have been told of a higher size. */
  void append(int feature, int field, byte @Nullable [] value, int hash) {
    Entries now = entries;
    int entry = size;
    if (entry == now.features.length) {
      now = grown(now);
      entries = now;
    }
    now.features[entry] = feature;
    now.fields[entry] = value == null ? NONE : field;
    now.values[entry] = value;
    now.beforeOfFeature[entry] = lastOf[feature];
    if (value != null) {
      int slot = now.slot(hash, field, value, value.length);
      now.beforeOfValue[entry] = now.slots[slot];
      INTS.setRelease(now.slots, slot, entry);
    }
    INTS.setRelease(lastOf, feature, entry);
    size = entry + 1;
  }

  private static Entries grown(Entries full) {
    int room = Math.multiplyExact(2, full.features.length);
    Entries copy =
        new Entries(
            new int[2 * room],
            Arrays.copyOf(full.features, room),
            Arrays.copyOf(full.fields, room),
            Arrays.copyOf(full.values, room),
            Arrays.copyOf(full.beforeOfFeature, room),
            Arrays.copyOf(full.beforeOfValue, room));
    Arrays.fill(copy.slots, NONE);
    for (int entry : full.slots) {
      byte[] value = entry == NONE ? null : full.values[entry];
      if (value != null) {
        int field = full.fields[entry];
        int hash = FeatureSpace.slotHash(field, value, value.length);
        copy.slots[copy.slot(hash, field, value, value.length)] = entry;
      }
    }
    return copy;
  }
}
