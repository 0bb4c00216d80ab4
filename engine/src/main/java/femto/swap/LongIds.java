package femto.swap;

import java.util.Arrays;

/** Ids that are longs. */
class LongIds extends ExternalIds {
  private final Segment given;

  private volatile Segment appended = new Segment(new long[0], new SlotTable(0));

  /** Some ids and where to find them, numbered from 0. There may be room for more. */
  record Segment(long[] ids, SlotTable table) {
    /** The number of an id if it is below a limit, or NONE. */
    int find(long id, long hash, int limit) {
      int slot = table.first(hash);
      int number = table.number(slot);
      while (number >= 0 && !(number < limit && ids[number] == id)) {
        slot = table.next(hash, slot);
        number = table.number(slot);
      }
      return number;
    }

    /** Adds the id at a number, unless it is there: then this returns the number it has. */
    int add(int number, long hash) {
      int slot = table.first(hash);
      int other = table.number(slot);
      while (other >= 0) {
        if (ids[other] == ids[number]) {
          return other;
        }
        slot = table.next(hash, slot);
        other = table.number(slot);
      }
      table.put(slot, hash, number);
      return number;
    }
  }

  LongIds(long[] ids, IdHash hash) {
    super(hash, ids.length);
    given = new Segment(ids.clone(), new SlotTable(ids.length));
    for (int i = 0; i < ids.length; i++) {
      int at = given.add(i, hash.of(given.ids()[i]));
      if (at != i) {
        throw duplicate(Long.toString(ids[at]), at, i);
      }
    }
  }

  static LongIds of(long[] ids, IdHash hash) {
    checkCount(ids.length);
    return new LongIds(ids, hash);
  }

  @Override
  public boolean isLong() {
    return true;
  }

  @Override
  public int index(long id) {
    long hashOfId = hash.of(id);
    int first = givenFirst();
    int index = given.find(id, hashOfId, first);
    if (index != NONE) {
      return index;
    }
    int more = size() - first;
    if (more == 0) {
      return NONE;
    }
    index = appended.find(id, hashOfId, more);
    return index == NONE ? NONE : first + index;
  }

  @Override
  public long longId(int index) {
    checkIndex(index);
    int first = givenFirst();
    return index < first ? given.ids()[index] : appended.ids()[index - first];
  }

  @Override
  public String id(int index) {
    return Long.toString(longId(index));
  }

  @Override
  public int indexOfOrAppend(long id) {
    int known = index(id);
    if (known != NONE) {
      return known;
    }
    int index = nextIndex();
    write(id, index - givenFirst());
    show(index + 1);
    return index;
  }

  /** A2 and A3. */
  void write(long id, int number) {
    Segment segment = appended;
    if (number == segment.ids().length) {
      segment = grown(segment);
      replace(segment);
    }
    segment.ids()[number] = id;
    segment.add(number, hash.of(id));
  }

  /** A2: a copy with twice the room. */
  Segment grown(Segment full) {
    int room = Math.max(FIRST_ROOM, 2 * full.ids().length);
    Segment copy = new Segment(Arrays.copyOf(full.ids(), room), new SlotTable(room));
    for (int i = 0; i < full.ids().length; i++) {
      copy.add(i, hash.of(full.ids()[i]));
    }
    return copy;
  }

  /** A2: what follows the copy. */
  final void replace(Segment segment) {
    appended = segment;
  }

  @Override
  int indexIn(ExternalIds other, int index) {
    return other.index(longId(index));
  }

  @Override
  long fingerprint(int index) {
    return IdHash.FINGERPRINT.of(longId(index));
  }

  @Override
  long bytes() {
    long longs = (long) given.ids().length + appended.ids().length;
    return longs * Long.BYTES + given.table().bytes() + appended.table().bytes();
  }
}
