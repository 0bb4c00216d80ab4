package femto.swap;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.kernels.StagedWork;
import femto.memory.Slab;
import femto.model.FeatureRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The features of each candidate of a version, by index: those of the last full publish, and in
 * pages of their own those that have been put since. Immutable; a version shares with the one
 * before all pages in which nothing has changed. What it says of a removed candidate means nothing.
 */
final class CandidateFeatures {
  static final int PAGE_BITS = 7;
  static final int PAGE = 1 << PAGE_BITS;

  /** Candidates a piece of work. */
  private static final int PIECE = 4096;

  private final FeatureRows base;
  private final @Nullable Page[] pages;
  private final int changed;

  /** Features of consecutive candidates, where they are not those of the base. */
  private record Page(@Nullable FeatureRow[] rows) {}

  private CandidateFeatures(FeatureRows base, @Nullable Page[] pages, int changed) {
    this.base = base;
    this.pages = pages;
    this.changed = changed;
  }

  static CandidateFeatures of(FeatureRows base) {
    return new CandidateFeatures(base, new @Nullable Page[pages(base.rows())], 0);
  }

  static int pages(int rows) {
    return (int) ((rows + (PAGE - 1L)) >>> PAGE_BITS);
  }

  private @Nullable FeatureRow own(int index) {
    Page page = index >>> PAGE_BITS < pages.length ? pages[index >>> PAGE_BITS] : null;
    return page == null ? null : page.rows()[index & (PAGE - 1)];
  }

  /** How many candidates are not those of the base. */
  int changed() {
    return changed;
  }

  /** The features of a candidate. */
  void read(int index, FeatureBuffer into) {
    FeatureRow own = own(index);
    if (own != null) {
      into.room(own.features().length);
      System.arraycopy(own.features(), 0, into.features, 0, into.count);
      System.arraycopy(own.weights(), 0, into.weights, 0, into.count);
      return;
    }
    if (index >= base.rows()) { // an id that was appended in vain
      into.room(0);
      return;
    }
    long begin = base.offset(index);
    into.room(Math.toIntExact(base.offset(index + 1) - begin));
    for (int i = 0; i < into.count; i++) {
      into.features[i] = base.feature(begin + i);
      into.weights[i] = base.weight(begin + i);
    }
  }

  /** The features of a candidate without their weights, which it leaves as they are. */
  void readFeatures(int index, FeatureBuffer into) {
    FeatureRow own = own(index);
    if (own != null) {
      into.room(own.features().length);
      System.arraycopy(own.features(), 0, into.features, 0, into.count);
      return;
    }
    if (index >= base.rows()) { // an id that was appended in vain
      into.room(0);
      return;
    }
    long begin = base.offset(index);
    into.room((int) (base.offset(index + 1) - begin));
    for (int i = 0; i < into.count; i++) {
      into.features[i] = base.feature(begin + i);
    }
  }

  /** Whether a candidate has a feature. */
  boolean has(int index, int feature) {
    FeatureRow own = own(index);
    if (own != null) {
      return Arrays.binarySearch(own.features(), feature) >= 0;
    }
    if (index >= base.rows()) {
      return false;
    }
    for (long entry = base.offset(index); entry < base.offset(index + 1); entry++) {
      if (base.feature(entry) == feature) {
        return true;
      }
    }
    return false;
  }

  /**
   * The same in rows without pages, piece by piece; candidates that a version does not have have no
   * features.
   *
   * @param made receives them when the work is done
   */
  StagedWork compacting(LiveVersion of, Consumer<CandidateFeatures> made) {
    return new Compacting(of).work(made);
  }

  private final class Compacting {
    private final LiveVersion of;
    private final int size;
    private final FeatureBuffer row = new FeatureBuffer();
    private MemorySegment offsets = MemorySegment.NULL;
    private MemorySegment features = MemorySegment.NULL;
    private MemorySegment weights = MemorySegment.NULL;
    private long entries;

    Compacting(LiveVersion of) {
      this.of = of;
      this.size = of.snapshot().size();
    }

    StagedWork work(Consumer<CandidateFeatures> made) {
      return new StagedWork()
          .step(() -> offsets = allocate((size + 1L) * Long.BYTES))
          // One task: where the features of a candidate are depends on those before.
          .rows(size, size, PIECE, () -> this::count)
          .step(() -> features = allocate(entries * Integer.BYTES))
          .step(() -> weights = allocate(entries * Float.BYTES))
          .rows(size, PIECE, PIECE, () -> this::copy)
          .step(
              () ->
                  made.accept(
                      of(
                          FeatureRows.over(
                              offsets,
                              features,
                              weights,
                              of.snapshot().model().features().size()))));
    }

    private void count(int first, int end) {
      for (int index = first; index < end; index++) {
        if (of.snapshot().contains(index)) {
          read(index, row);
          entries += row.count;
        }
        offsets.setAtIndex(JAVA_LONG, index + 1L, entries);
      }
    }

    private void copy(int first, int end) {
      FeatureBuffer own = new FeatureBuffer();
      for (int index = first; index < end; index++) {
        if (of.snapshot().contains(index)) {
          read(index, own);
          long at = offsets.getAtIndex(JAVA_LONG, index) * Integer.BYTES;
          MemorySegment.copy(own.features, 0, features, JAVA_INT, at, own.count);
          MemorySegment.copy(own.weights, 0, weights, JAVA_FLOAT, at, own.count);
        }
      }
    }
  }

  private static MemorySegment allocate(long bytes) {
    return Arena.ofAuto().allocate(bytes, Slab.ALIGNMENT);
  }

  Editor edit() {
    return new Editor(this);
  }

  /** Makes the features of the next version. One owner. */
  static final class Editor {
    private final FeatureRows base;
    private @Nullable Page[] pages;
    private final BitSet copied = new BitSet();
    private int changed;

    private Editor(CandidateFeatures before) {
      base = before.base;
      pages = before.pages.clone();
      changed = before.changed;
    }

    void set(int index, FeatureRow row) {
      int number = index >>> PAGE_BITS;
      if (number >= pages.length) {
        pages = Arrays.copyOf(pages, number + 1);
      }
      Page page = pages[number];
      if (page == null) {
        page = new Page(new @Nullable FeatureRow[PAGE]);
      } else if (!copied.get(number)) {
        page = new Page(page.rows().clone());
      }
      copied.set(number);
      pages[number] = page;
      changed += page.rows()[index & (PAGE - 1)] == null ? 1 : 0;
      page.rows()[index & (PAGE - 1)] = row;
    }

    CandidateFeatures finish() {
      return new CandidateFeatures(base, pages, changed);
    }
  }
}
