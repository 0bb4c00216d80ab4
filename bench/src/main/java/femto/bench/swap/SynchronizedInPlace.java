package femto.bench.swap;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.kernels.TopSearch;
import femto.memory.Slab;
import femto.model.Model;

/**
 * One table, and {@code synchronized} around each request and each change of it, as bindings do
 * that take a lock on every prediction. A publish folds the changed ads without the lock and writes
 * all of their rows in place under it: a lock taken row by row would let a request see half of a
 * version. The cheapest way of publishing there is, and readers wait for it.
 *
 * <p>In its favour: as {@link LockedReplacement}.
 */
final class SynchronizedInPlace implements Service {
  private final SyntheticAds ads;
  private final Model model;
  private final Folded folded;
  private final Object lock = new Object();
  private final Slab memory;
  private final RowTable table;
  private Slab changedMemory;
  private RowTable changed;
  private final float[] factors = new float[SyntheticAds.FACTORS];

  /** The model stays the caller's. */
  SynchronizedInPlace(SyntheticAds ads, Model model) {
    this.ads = ads;
    this.model = model;
    this.folded = new Folded(ads);
    this.memory = Slab.allocate(new RowLayout(SyntheticAds.FACTORS).tableBytes(ads.count()));
    this.table = RowTable.over(memory.segment(), ads.count(), SyntheticAds.FACTORS);
    Folded.all(ads, table);
    this.changedMemory = Slab.allocate(0);
    this.changed = RowTable.over(changedMemory.segment(), 0, SyntheticAds.FACTORS);
  }

  @Override
  public String label() {
    return "synchronized, written in place";
  }

  @Override
  public void publish(Trainer.Step step) {
    int[] listed = step.changed();
    if (changed.rows() < listed.length) {
      changedMemory.close();
      changedMemory = Slab.allocate(new RowLayout(SyntheticAds.FACTORS).tableBytes(listed.length));
      changed = RowTable.over(changedMemory.segment(), listed.length, SyntheticAds.FACTORS);
    }
    for (int i = 0; i < listed.length; i++) {
      folded.fold(listed[i]).writeTo(changed, i);
    }
    synchronized (lock) {
      for (int i = 0; i < listed.length; i++) {
        changed.copyFactors(i, factors);
        table.setRow(listed[i], changed.bias(i), factors);
      }
    }
  }

  @Override
  public Client newClient() {
    TableClient client = new TableClient(ads, model);
    TopSearch search = client.search(table);
    return new Client() {
      private long waited;

      @Override
      public int top(int context, int[] listed, int k, int[] intoAds, float[] intoScores) {
        long asked = System.nanoTime();
        synchronized (lock) {
          waited = System.nanoTime() - asked;
          return client.top(search, context, listed, k, intoAds, intoScores);
        }
      }

      @Override
      public long waitedNanos() {
        return waited;
      }
    };
  }

  @Override
  public void close() {
    memory.close();
    changedMemory.close();
  }
}
