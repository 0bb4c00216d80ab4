package femto.swap;

import femto.score.Snapshot;

/**
 * The candidates of one version: which external id has which dense index, and back. A candidate
 * that has been removed is not found, though its index stays its own: within a generation an index
 * never names another id.
 *
 * <p>Immutable and safe to share. Allocates nothing, except {@link #id}.
 */
public final class Catalogue {
  /** The answer of look-ups for an id that is not in the version; all indexes are 0 or more. */
  public static final int NONE = ExternalIds.NONE;

  private final ExternalIds ids;
  private final Snapshot snapshot;
  private final long generation;

  Catalogue(ExternalIds ids, Snapshot snapshot, long generation) {
    this.ids = ids;
    this.snapshot = snapshot;
    this.generation = generation;
  }

  /**
   * Finds a candidate.
   *
   * @param id its id
   * @return its index, or {@link #NONE} if this version does not have it
   * @throws IllegalStateException if the ids are texts
   */
  public int index(long id) {
    return present(ids.index(id));
  }

  /**
   * Finds a candidate.
   *
   * @param id its id
   * @return its index, or {@link #NONE} if this version does not have it
   * @throws IllegalStateException if the ids are longs
   */
  public int index(CharSequence id) {
    return present(ids.index(id));
  }

  private int present(int index) {
    return snapshot.contains(index) ? index : NONE;
  }

  /**
   * The id of a candidate.
   *
   * @param index its index
   * @return its id; a long in decimal
   * @throws IndexOutOfBoundsException if this version has no such candidate
   */
  public String id(int index) {
    return ids.id(requirePresent(index));
  }

  /**
   * The id of a candidate.
   *
   * @param index its index
   * @return its id
   * @throws IllegalStateException if the ids are texts
   * @throws IndexOutOfBoundsException if this version has no such candidate
   */
  public long longId(int index) {
    return ids.longId(requirePresent(index));
  }

  private int requirePresent(int index) {
    if (!snapshot.contains(index)) {
      throw new IndexOutOfBoundsException(
          index >= 0 && index < size()
              ? "candidate " + index + " has been removed"
              : "candidate " + index + ", expected 0 to " + (size() - 1));
    }
    return index;
  }

  /**
   * Whether this version has a candidate at an index.
   *
   * @param index the index
   * @return false if it has been removed, or has never been there
   */
  public boolean contains(int index) {
    return snapshot.contains(index);
  }

  /**
   * Candidate indexes are below it.
   *
   * @return the number of candidates, those included that have been removed in this generation
   */
  public int size() {
    return snapshot.size();
  }

  /**
   * How many candidates there are.
   *
   * @return the number of indexes that are in use
   */
  public int count() {
    return size() - (snapshot.rows() == null ? 0 : snapshot.rows().absentRows());
  }

  /**
   * The generation of the indexes. Eligible candidates and bids made for it can be used with every
   * version of it.
   *
   * @return its number
   */
  public long generation() {
    return generation;
  }

  /**
   * The ids of the generation, for carrying eligible candidates and bids over to another. They
   * include those of candidates that are in other versions only.
   *
   * @return the ids; not to be appended to
   */
  public ExternalIds ids() {
    return ids;
  }
}
