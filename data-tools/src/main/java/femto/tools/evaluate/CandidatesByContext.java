package femto.tools.evaluate;

import femto.tools.data.DataSet;
import java.util.Arrays;
import java.util.stream.IntStream;

/** The candidates that each context has an example with. Immutable and safe to share. */
public final class CandidatesByContext {
  private final int[] offsets;
  private final int[] candidates;

  private CandidatesByContext(int[] offsets, int[] candidates) {
    this.offsets = offsets;
    this.candidates = candidates;
  }

  /**
   * Collects them.
   *
   * @param data the data set
   * @param examples the examples that count
   * @return the candidates of each context
   */
  public static CandidatesByContext of(DataSet data, int[] examples) {
    return of(Examples.of(data), examples);
  }

  static CandidatesByContext of(Examples data, int[] examples) {
    int contexts = data.contexts();
    int[] offsets = new int[contexts + 1];
    for (int example : examples) {
      offsets[data.context(example) + 1]++;
    }
    Arrays.parallelPrefix(offsets, Integer::sum);
    int[] next = offsets.clone();
    int[] candidates = new int[examples.length];
    for (int example : examples) {
      candidates[next[data.context(example)]++] = data.candidate(example);
    }
    for (int context = 0; context < contexts; context++) {
      Arrays.sort(candidates, offsets[context], offsets[context + 1]);
    }
    return new CandidatesByContext(offsets, candidates);
  }

  /**
   * Whether a context has an example with a candidate.
   *
   * @param context the context
   * @param candidate the candidate
   * @return true if it has
   */
  public boolean contains(int context, int candidate) {
    return Arrays.binarySearch(candidates, offsets[context], offsets[context + 1], candidate) >= 0;
  }

  /** A context's candidates, ascending; one that has two examples comes twice. */
  IntStream of(int context) {
    return Arrays.stream(candidates, offsets[context], offsets[context + 1]);
  }

  /**
   * How many examples a context has.
   *
   * @param context the context
   * @return 0 or more
   */
  public int count(int context) {
    return offsets[context + 1] - offsets[context];
  }

  /**
   * Writes a context's candidates as a bitmap.
   *
   * @param context the context
   * @param bitmap cleared, then bit {@code i & 63} of word {@code i >> 6} is set for candidate i;
   *     must have room for the whole catalogue
   */
  public void fill(int context, long[] bitmap) {
    Arrays.fill(bitmap, 0);
    for (int i = offsets[context]; i < offsets[context + 1]; i++) {
      bitmap[candidates[i] >> 6] |= 1L << candidates[i];
    }
  }
}
