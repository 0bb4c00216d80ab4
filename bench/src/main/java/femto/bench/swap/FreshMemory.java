package femto.bench.swap;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.kernels.TopSearch;
import femto.memory.Slab;
import femto.model.Model;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A volatile reference to a table on memory of {@link Arena#ofAuto}: no lock, no reader waits, and
 * the garbage collector finds out when the last one has let go. A publish copies the whole table to
 * fresh memory, since the old one must stay as it is until then and nobody knows when that will be,
 * writes the changes there, and stores the reference. The JVM counts such memory against its limit
 * ({@code -XX:MaxDirectMemorySize}) and collects garbage when that is reached, for which all
 * threads stop.
 *
 * <p>In its favour: as {@link LockedReplacement}.
 */
final class FreshMemory implements Service {
  private final SyntheticAds ads;
  private final Model model;
  private final Folded folded;
  private volatile RowTable current;

  /** The model stays the caller's. */
  FreshMemory(SyntheticAds ads, Model model) {
    this.ads = ads;
    this.model = model;
    this.folded = new Folded(ads);
    RowTable first = fresh();
    Folded.all(ads, first);
    this.current = first;
  }

  private RowTable fresh() {
    long bytes = new RowLayout(SyntheticAds.FACTORS).tableBytes(ads.count());
    MemorySegment memory = Arena.ofAuto().allocate(bytes, Slab.ALIGNMENT);
    return RowTable.over(memory, ads.count(), SyntheticAds.FACTORS);
  }

  @Override
  public String label() {
    return "Arena.ofAuto, volatile reference";
  }

  @Override
  public void publish(Trainer.Step step) {
    RowTable next;
    try {
      next = fresh();
    } catch (OutOfMemoryError failure) {
      throw new IllegalStateException(
          "no memory for the next version: " + failure.getMessage(), failure);
    }
    next.segment().copyFrom(current.segment());
    for (int ad : step.changed()) {
      folded.fold(ad).writeTo(next, ad);
    }
    current = next;
  }

  @Override
  public Client newClient() {
    TableClient client = new TableClient(ads, model);
    return new Client() {
      private @Nullable RowTable table;
      private @Nullable TopSearch search;
      private long waited;

      @Override
      public int top(int context, int[] listed, int k, int[] intoAds, float[] intoScores) {
        long asked = System.nanoTime();
        TopSearch now = searchNow();
        waited = System.nanoTime() - asked;
        return client.top(now, context, listed, k, intoAds, intoScores);
      }

      @SuppressWarnings("ReferenceEquality") // a version is another table
      private TopSearch searchNow() {
        RowTable now = current;
        TopSearch made = search;
        if (made == null || now != table) {
          made = client.search(now);
          search = made;
          table = now;
        }
        return made;
      }

      @Override
      public long waitedNanos() {
        return waited;
      }
    };
  }

  @Override
  public void close() {}
}
