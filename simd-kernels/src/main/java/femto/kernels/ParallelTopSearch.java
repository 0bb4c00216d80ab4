package femto.kernels;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One search by several threads: each takes a part of the table, all share the best threshold that
 * any has reached. The answer is that of {@link TopSearch}. One owner at a time; a search allocates
 * its tasks.
 */
public final class ParallelTopSearch {
  private final TopSearch[] parts;
  private TopK merged = new TopK(128);

  /**
   * Makes a search.
   *
   * @param rows the table
   * @param screen a screen of that table, or null to score every row
   * @param parts how many threads share a search, 1 or more
   */
  public ParallelTopSearch(RowTable rows, @Nullable Screen screen, int parts) {
    if (parts < 1) {
      throw new IllegalArgumentException("parts=" + parts + ", expected 1 or more");
    }
    this.parts = new TopSearch[parts];
    for (int part = 0; part < parts; part++) {
      this.parts[part] = new TopSearch(rows, screen);
    }
  }

  /**
   * Finds the best rows of the table; the calling thread takes a part itself.
   *
   * @param request what to find; must not be changed meanwhile
   * @param executor runs the other parts
   * @param intoIndexes as in {@link TopSearch#top(TopRequest, int[], float[])}
   * @param intoValues as in {@link TopSearch#top(TopRequest, int[], float[])}
   * @return how many were found
   * @throws IndexOutOfBoundsException as {@link TopSearch#top(TopRequest, int[], float[])} does
   * @throws IllegalArgumentException as {@link TopSearch#top(TopRequest, int[], float[])} does
   */
  public int top(TopRequest request, Executor executor, int[] intoIndexes, float[] intoValues) {
    boolean screening = true;
    for (TopSearch part : parts) {
      screening &= part.wouldScreen(request);
    }
    SharedFloor floor = new SharedFloor(screening);
    CompletableFuture<?>[] others = new CompletableFuture<?>[parts.length - 1];
    for (int i = 0; i < others.length; i++) {
      int part = i + 1;
      others[i] =
          CompletableFuture.runAsync(
              () -> parts[part].searchPart(request, floor, part, parts.length), executor);
    }
    parts[0].searchPart(request, floor, 0, parts.length);
    CompletableFuture.allOf(others).join();
    int k = parts[0].limit();
    if (merged.capacity() < k) {
      merged = new TopK(k);
    }
    merged.reset(k);
    for (TopSearch part : parts) {
      part.drainInto(merged);
    }
    return merged.drain(intoIndexes, intoValues);
  }

  /**
   * Whether the last search met its deadline before it had looked everywhere.
   *
   * @return true if what it found may not be the best
   */
  public boolean wasTruncated() {
    for (TopSearch part : parts) {
      if (part.wasTruncated()) {
        return true;
      }
    }
    return false;
  }
}
