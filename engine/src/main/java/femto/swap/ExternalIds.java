package femto.swap;

import java.util.Objects;

/**
 * The external ids of the candidates of one catalogue generation: which id has which dense index,
 * and back. Either all ids are longs or all are texts, chosen when they are made.
 *
 * <p>The ids given at first are immutable. One writer may append others while the generation lasts,
 * under any number of readers. Nothing is ever taken away: a candidate that a delta removes keeps
 * its index and its id, and has both when it comes back, by a later delta or by a rollback. So
 * within a generation an index never names two ids, nor an id two indexes. What starts a new
 * generation makes a new object.
 *
 * <pre>
 *   index      0 ... n - 1            n ... size - 1
 *              the ids given first    the ids appended since
 *              final arrays           arrays with room to spare, replaced by others of twice
 *                                     the room when they are full
 *   steps of an append                                   steps of a look-up of an id
 *     A1  look the id up; return its index if it has one   L1  search the ids given first
 *     A2  if full: copy to arrays of twice the room,       L2  s = size
 *         then appended = the copy                         L3  a = appended
 *     A3  write the id, then its slot in the hash table    L4  search a, passing over
 *     A4  size = size + 1                                      indexes of s and above
 * </pre>
 *
 * <h2>Assumptions</h2>
 *
 * <ol>
 *   <li>One thread at a time appends, and what hands this from one thread to another makes the
 *       first one's appends happen before the second one's.
 *   <li>The object reaches other threads safely (a final field, a volatile one, a queue).
 * </ol>
 *
 * <h2>Guarantees</h2>
 *
 * <ol>
 *   <li><b>One order.</b> Look-ups and appends behave as if each happened at one instant: an append
 *       at A4, a look-up that finds an appended id at its L2, one that finds none there too.
 *       <ul>
 *         <li>{@code size} is volatile and only grows. A look-up that read s at L2 comes after the
 *             A4 that stored s, so it sees what A2 and A3 wrote for every index below s: at L3 the
 *             arrays in which these ids are or a later copy, and at L4 their keys and slots, which
 *             never change once they are filled. So it finds every id below s.
 *         <li>What it may see besides is slots of ids that are being appended. It passes over them,
 *             because their indexes are s or above, before it looks at keys, which may not be
 *             there.
 *         <li>A copy is written before A2 stores the volatile {@code appended}, so whoever loads it
 *             sees all of it. From a former copy nothing is taken away, so whoever still searches
 *             it finds all ids below its s.
 *       </ul>
 *   <li><b>A version has its ids.</b> After an append the writer publishes a version through a
 *       volatile store; a reader that loads this version, or a later one, finds the id, its index
 *       and its text, and size is above the index. This is the first guarantee, with an append that
 *       happens before the look-up. Before that a reader may find the id or not.
 *   <li><b>All or nothing.</b> An append that throws has changed nothing that anyone can see.
 * </ol>
 *
 * <h2>Progress</h2>
 *
 * <ol>
 *   <li>Look-ups are wait-free: no loop waits for the writer, and each ends at an empty slot, which
 *       there always are. They allocate nothing, except {@link #id}, which makes a String.
 *   <li>An append never waits for a reader. It takes amortised constant time; one that grows the
 *       arrays takes time in proportion to the ids appended in this generation.
 * </ol>
 *
 * <h2>Memory</h2>
 *
 * <p>An id given first takes 8 bytes (the long, or the place of the text), the text in UTF-8, and
 * 1.6 to 3.2 slots of a hash table at 4 bytes: measured, 14.7 bytes an id of 10 million longs and
 * 30.2 of 5 million texts of 15.5 bytes on average. An appended id takes 16 to 32 bytes and its
 * text, and 48 while the arrays are being copied. Texts lie in chunks of 256 KiB.
 *
 * <p>On a busy AMD EPYC it took 0.6 to 1.2 s to make 10 million longs, and 150 to 300 ns to look
 * one of them up at random, which is two or three misses of the cache. An append took 0.2 us, and
 * 15 ms when it copied half a million longs (texts: 40 ms).
 */
public abstract class ExternalIds {
  /** The answer of look-ups for an id that is not there; all indexes are 0 or more. */
  public static final int NONE = -1;

  /** How many ids appended arrays have room for at first. */
  static final int FIRST_ROOM = 1024;

  final IdHash hash;
  private final int givenFirst;
  private volatile int size;

  ExternalIds(IdHash hash, int givenFirst) {
    this.hash = hash;
    this.givenFirst = givenFirst;
    this.size = givenFirst;
  }

  /**
   * Takes longs as ids: each is the id of the candidate at its position.
   *
   * @param ids the ids, all different; copied
   * @return the ids
   * @throws IllegalArgumentException if an id is there twice, naming it and both positions, or
   *     there are more than 2^29
   */
  public static ExternalIds ofLongs(long[] ids) {
    return LongIds.of(ids, IdHash.random());
  }

  /**
   * Whether a text can be an id: it has 1 to 65,535 bytes in UTF-8 and no half of a surrogate pair.
   *
   * @param text the text
   * @return true if it can
   */
  public static boolean isId(String text) {
    return DeltaCheck.problemOfText(text) == null;
  }

  /**
   * Takes texts as ids: each is the id of the candidate at its position. They are told apart code
   * point by code point: no case is folded and nothing normalised.
   *
   * @param ids the ids, all different, 1 to 65,535 bytes each in UTF-8; copied
   * @return the ids
   * @throws IllegalArgumentException if an id is there twice, naming it and both positions; if one
   *     is null, empty, too long or holds half of a surrogate pair, naming its position; or there
   *     are more than 2^29
   */
  public static ExternalIds ofStrings(Iterable<String> ids) {
    return TextIds.of(ids, IdHash.random());
  }

  /**
   * Which kind the ids are.
   *
   * @return true if they are longs, false if they are texts
   */
  public abstract boolean isLong();

  /**
   * How many ids there are. Wait-free.
   *
   * @return their number, which never falls: they have the indexes below it
   */
  public final int size() {
    return size;
  }

  /**
   * Finds the index of an id. Wait-free; allocates nothing.
   *
   * @param id the id
   * @return its index, or {@link #NONE}
   * @throws IllegalStateException if the ids are texts
   */
  public int index(long id) {
    throw wrongKind("index(long)");
  }

  /**
   * Finds the index of an id. Wait-free; allocates nothing, provided that the text's own methods do
   * not. The empty text and one with half of a surrogate pair are ids of nobody.
   *
   * @param id the id, which must not change meanwhile
   * @return its index, or {@link #NONE}
   * @throws IllegalStateException if the ids are longs
   */
  public int index(CharSequence id) {
    throw wrongKind("index(CharSequence)");
  }

  /**
   * The id at an index. Wait-free; allocates nothing.
   *
   * @param index the index, 0 to {@link #size} - 1
   * @return its id
   * @throws IllegalStateException if the ids are texts
   * @throws IndexOutOfBoundsException if there is no such index
   */
  public long longId(int index) {
    throw wrongKind("longId(int)");
  }

  /**
   * The id at an index. Wait-free; allocates the String, and its bytes on the way.
   *
   * @param index the index, 0 to {@link #size} - 1
   * @return its id; a long in decimal
   * @throws IndexOutOfBoundsException if there is no such index
   */
  public abstract String id(int index);

  /**
   * Finds the index of an id, and appends the id if it has none. For the writer alone.
   *
   * @param id the id
   * @return its index, which is the former {@link #size} if it is new
   * @throws IllegalStateException if the ids are texts, or there are 2^29 already
   */
  public int indexOfOrAppend(long id) {
    throw wrongKind("indexOfOrAppend(long)");
  }

  /**
   * Finds the index of an id, and appends the id if it has none. For the writer alone. Allocates
   * for a new id only.
   *
   * @param id the id, 1 to 65,535 bytes in UTF-8
   * @return its index, which is the former {@link #size} if it is new
   * @throws IllegalArgumentException if the id is empty, too long or holds half of a surrogate pair
   * @throws IllegalStateException if the ids are longs, or there are 2^29 already
   */
  public int indexOfOrAppend(CharSequence id) {
    throw wrongKind("indexOfOrAppend(CharSequence)");
  }

  /** The index in other ids of the same kind of the id at an index here. Allocates nothing. */
  abstract int indexIn(ExternalIds other, int index);

  /** A hash of the id at an index, the same in every process. Allocates nothing. */
  abstract long fingerprint(int index);

  /** How many bytes the arrays take. For the writer. */
  abstract long bytes();

  /** How many ids were given when this was made. */
  final int givenFirst() {
    return givenFirst;
  }

  /** A4. A method, so that tests can do it too early and see that noticed. */
  void show(int size) {
    this.size = size;
  }

  final int checkIndex(int index) {
    return Objects.checkIndex(index, size);
  }

  /** The index that the next appended id gets. */
  final int nextIndex() {
    int next = size;
    if (next >= SlotTable.MAX_NUMBERS) {
      throw new IllegalStateException(
          "size=" + next + ": no more ids can be appended, start a new generation");
    }
    return next;
  }

  static void checkCount(long ids) {
    if (ids > SlotTable.MAX_NUMBERS) {
      throw new IllegalArgumentException(
          "ids=" + ids + ", expected at most " + SlotTable.MAX_NUMBERS);
    }
  }

  static IllegalArgumentException duplicate(String id, int first, int second) {
    return new IllegalArgumentException(
        "id " + id + " is at " + first + " and again at " + second + ", expected different ids");
  }

  private IllegalStateException wrongKind(String operation) {
    return new IllegalStateException(
        operation + ": these ids are " + (isLong() ? "longs, not texts" : "texts, not longs"));
  }
}
