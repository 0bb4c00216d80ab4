package femto.bench.swap;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.memory.Slab;

/**
 * The control: the same requests to the same live model, and a trainer that does the same steps,
 * folds the same ads, and writes the same bytes (the weights and the folded row of each) to memory
 * that nobody reads. It publishes nothing, so nothing is merged either.
 */
final class PrivateMemory implements Service {
  private final Service served;
  private final SyntheticAds ads;
  private final Folded folded;
  private final Slab memory;
  private final RowTable weights;
  private final RowTable rows;
  private final float[] factors = new float[SyntheticAds.FACTORS];
  private int next;
  private long written;

  /**
   * Makes room.
   *
   * @param served answers the requests; stays the caller's
   * @param ads the ads
   * @param slots how many rows there are to write to, one after the other and then from the
   *     beginning, as many as a live model has
   */
  PrivateMemory(Service served, SyntheticAds ads, int slots) {
    this.served = served;
    this.ads = ads;
    this.folded = new Folded(ads);
    long bytes = new RowLayout(SyntheticAds.FACTORS).tableBytes(slots);
    this.memory = Slab.allocate(2 * bytes);
    this.weights = RowTable.over(memory.segment().asSlice(0, bytes), slots, SyntheticAds.FACTORS);
    this.rows = RowTable.over(memory.segment().asSlice(bytes, bytes), slots, SyntheticAds.FACTORS);
  }

  @Override
  public String label() {
    return "nothing published";
  }

  @Override
  public void publish(Trainer.Step step) {
    for (int ad : step.changed()) {
      int feature = ads.feature(ad);
      ads.weights().copyFactors(feature, factors);
      weights.setRow(next, ads.weights().bias(feature), factors);
      folded.fold(ad).writeTo(rows, next);
      next = next + 1 == rows.rows() ? 0 : next + 1;
    }
    written += step.changed().length;
  }

  /** How many rows were written. */
  long written() {
    return written;
  }

  /** The folded row that was written last. */
  float lastBias() {
    return rows.bias(next == 0 ? rows.rows() - 1 : next - 1);
  }

  @Override
  public Client newClient() {
    return served.newClient();
  }

  @Override
  public void close() {
    memory.close();
  }
}
