package femto.swap;

import femto.kernels.RowPatch;
import femto.model.FeatureSpace;
import femto.score.Snapshot;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A version: a base, what has changed in it, and its catalogue. Immutable, but for the count of its
 * uses, which is the writer's: it is in the publication, or in the history, or in both.
 */
final class LiveVersion {
  /** Bytes of a page of 128 numbers, with its header. */
  private static final long PAGE_BYTES = 4L * CandidateFeatures.PAGE + 16;

  private final VersionInfo info;
  private final long nanos;
  private final Base base;
  private final Content content;
  private final Snapshot snapshot;
  private final Catalogue catalogue;
  private final boolean end;
  private int uses;

  /**
   * What is in a version, whatever its number.
   *
   * @param dictionary which feature a value is
   * @param bias w0
   * @param weights what has changed in the weights of the base
   * @param rows what has changed in its candidates
   * @param features the features of each candidate
   * @param ids the ids of the generation
   * @param checksum that of all but the dictionary, as {@link Checksum} has it
   * @param heapBytes what it takes on the heap, at most
   */
  record Content(
      FeatureSpace dictionary,
      float bias,
      RowPatch weights,
      RowPatch rows,
      CandidateFeatures features,
      ExternalIds ids,
      long checksum,
      long heapBytes) {

    /** Snapshot of it; patches that change nothing are left out, and cost a search nothing. */
    Snapshot snapshot(Base base) {
      return new Snapshot(
          base.model(),
          base.candidates(),
          dictionary,
          bias,
          unlessNothing(weights, base.noWeights()),
          unlessNothing(rows, base.noRows()));
    }

    private static @Nullable RowPatch unlessNothing(RowPatch patch, RowPatch none) {
      boolean nothing =
          patch.replacedRows() == 0 && patch.absentRows() == 0 && patch.size() == none.size();
      return nothing ? null : patch;
    }
  }

  private LiveVersion(
      VersionInfo info, long nanos, Base base, Content content, Snapshot snapshot, boolean end) {
    this.info = info;
    this.nanos = nanos;
    this.base = base;
    this.content = content;
    this.snapshot = snapshot;
    this.catalogue = new Catalogue(content.ids(), snapshot, info.generation());
    this.end = end;
  }

  static LiveVersion of(
      long number, long generation, VersionKind kind, long source, Base base, Content content) {
    Snapshot snapshot = content.snapshot(base);
    VersionInfo info =
        new VersionInfo(
            number,
            generation,
            kind,
            source,
            content.rows().size() - content.rows().absentRows(),
            content.checksum() + content.dictionary().checksum(),
            Instant.now());
    return new LiveVersion(info, System.nanoTime(), base, content, snapshot, false);
  }

  /** The same version on another base. */
  LiveVersion on(Base other, Content sameContent) {
    return new LiveVersion(info, nanos, other, sameContent, sameContent.snapshot(other), false);
  }

  /** What is published last: nobody may use it. */
  LiveVersion end() {
    return new LiveVersion(info, nanos, base, content, snapshot, true);
  }

  /**
   * Bytes on the heap of a version, at most: where the features of candidates are, and the pages in
   * which they have changed.
   *
   * @param changed candidates that are put or removed
   */
  static long heapBytes(int candidates, int changed) {
    long pages = CandidateFeatures.pages(candidates);
    return 4 * pages + PAGE_BYTES * Math.min(pages + 1, changed);
  }

  long number() {
    return info.number();
  }

  long generation() {
    return info.generation();
  }

  VersionInfo info() {
    return info;
  }

  /** When it was published, by {@link System#nanoTime}. */
  long nanos() {
    return nanos;
  }

  Base base() {
    return base;
  }

  Content content() {
    return content;
  }

  Snapshot snapshot() {
    return snapshot;
  }

  Catalogue catalogue() {
    return catalogue;
  }

  /** What has changed in the weights of the base, if only nothing. */
  RowPatch weights() {
    return content.weights();
  }

  /** What has changed in the candidates of the base, if only nothing. */
  RowPatch rows() {
    return content.rows();
  }

  CandidateFeatures features() {
    return content.features();
  }

  /** Whether nobody may use it, because the live model is closed. */
  boolean isEnd() {
    return end;
  }

  /** Counts a use. */
  void retain() {
    if (!end && uses++ == 0) {
      base.retain();
    }
  }

  /** Ends a use; true if it was the last one. */
  boolean release() {
    if (end || --uses > 0) {
      return false;
    }
    base.release();
    return true;
  }

  @Override
  public String toString() {
    return "version " + number() + (end ? " (closed)" : "");
  }
}
