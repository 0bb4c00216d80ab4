package femto.bench.swap;

import femto.kernels.RowTable;
import femto.kernels.SparseRows;
import java.util.stream.IntStream;

/** Folds ads by the trainer's weights, for those who write rows themselves. One owner at a time. */
final class Folded {
  private static final int ADS_PER_TASK = 4096;
  private static final float[] ONES = {1, 1};

  private final SyntheticAds ads;
  private final SparseRows sums;
  private final int[] features = new int[2];
  private final float[] vector = new float[SyntheticAds.FACTORS];
  private float bias;

  Folded(SyntheticAds ads) {
    this.ads = ads;
    this.sums = new SparseRows(ads.weights());
  }

  /** Folds all ads into a table, on all cores. */
  static void all(SyntheticAds ads, RowTable table) {
    int tasks = Math.ceilDiv(ads.count(), ADS_PER_TASK);
    IntStream.range(0, tasks)
        .parallel()
        .forEach(
            task -> {
              Folded folded = new Folded(ads);
              int end = Math.min(ads.count(), (task + 1) * ADS_PER_TASK);
              for (int ad = task * ADS_PER_TASK; ad < end; ad++) {
                folded.fold(ad).writeTo(table, ad);
              }
            });
  }

  /** Folds an ad. */
  Folded fold(int ad) {
    features[0] = ads.feature(ad);
    features[1] = ads.category(ad);
    bias = sums.fold(0, features, ONES, 0, 2, vector);
    return this;
  }

  /** Writes what was folded. */
  void writeTo(RowTable table, int row) {
    table.setRow(row, bias, vector);
  }
}
