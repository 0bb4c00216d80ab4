package femto.bench.swap;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.kernels.TopSearch;
import femto.memory.Slab;
import femto.model.Model;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Replaces the whole table under a {@link ReentrantReadWriteLock}: what servers do that load each
 * version of a model as a new one. A request holds the read lock. A publish copies the table that
 * serves to a spare one and writes the changes there, both without the lock, and takes the write
 * lock to swap the two: it waits for the request that is under way, and requests wait for it. The
 * spare is on huge pages and is used again and again, so a copy costs no more than moving the
 * bytes.
 *
 * <p>In its favour: it keeps the folded rows alone, no weights, and no codes to search all ads by,
 * which the requests here do not need.
 */
final class LockedReplacement implements Service {
  private final SyntheticAds ads;
  private final Model model;
  private final Folded folded;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Slab[] memory = new Slab[2];
  private final RowTable[] tables = new RowTable[2];

  /** Which of the two serves. Written under the write lock. */
  private int serving;

  /** The model stays the caller's. */
  LockedReplacement(SyntheticAds ads, Model model) {
    this.ads = ads;
    this.model = model;
    this.folded = new Folded(ads);
    for (int i = 0; i < 2; i++) {
      memory[i] = Slab.allocate(new RowLayout(SyntheticAds.FACTORS).tableBytes(ads.count()));
      tables[i] = RowTable.over(memory[i].segment(), ads.count(), SyntheticAds.FACTORS);
    }
    Folded.all(ads, tables[0]);
  }

  @Override
  public String label() {
    return "ReentrantReadWriteLock, whole table replaced";
  }

  @Override
  public void publish(Trainer.Step step) {
    int spare = 1 - serving;
    memory[spare].segment().copyFrom(memory[serving].segment());
    for (int ad : step.changed()) {
      folded.fold(ad).writeTo(tables[spare], ad);
    }
    lock.writeLock().lock();
    try {
      serving = spare;
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public Client newClient() {
    TableClient client = new TableClient(ads, model);
    TopSearch[] searches = {client.search(tables[0]), client.search(tables[1])};
    return new Client() {
      private long waited;

      @Override
      public int top(int context, int[] listed, int k, int[] intoAds, float[] intoScores) {
        long asked = System.nanoTime();
        lock.readLock().lock();
        try {
          waited = System.nanoTime() - asked;
          return client.top(searches[serving], context, listed, k, intoAds, intoScores);
        } finally {
          lock.readLock().unlock();
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
    memory[0].close();
    memory[1].close();
  }
}
