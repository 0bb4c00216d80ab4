package femto.tools.train;

import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;

/** Collects rows of features; those of a row may come in any order. */
final class RowBuilder {
  private final int featureCount;
  private final LongArrayList offsets = new LongArrayList(new long[] {0});
  private final IntArrayList features = new IntArrayList();
  private final FloatArrayList weights = new FloatArrayList();
  private final IntArrayList order = new IntArrayList();
  private final IntArrayList rowFeatures = new IntArrayList();
  private final FloatArrayList rowWeights = new FloatArrayList();

  RowBuilder(int featureCount) {
    this.featureCount = featureCount;
  }

  /** Adds a feature to the row, unless it is unknown. */
  void add(int feature, float weight) {
    if (feature != FeatureSpace.UNKNOWN) {
      order.add(rowFeatures.size());
      rowFeatures.add(feature);
      rowWeights.add(weight);
    }
  }

  /** Adds the features of another row. */
  void addAll(FeatureRows rows, int row) {
    for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
      add(rows.feature(entry), rows.weight(entry));
    }
  }

  void endRow() {
    order.sort((a, b) -> Integer.compare(rowFeatures.getInt(a), rowFeatures.getInt(b)));
    for (int i = 0; i < order.size(); i++) {
      features.add(rowFeatures.getInt(order.getInt(i)));
      weights.add(rowWeights.getFloat(order.getInt(i)));
    }
    offsets.add(features.size());
    order.clear();
    rowFeatures.clear();
    rowWeights.clear();
  }

  FeatureRows build() {
    return FeatureRows.copyOf(
        offsets.toLongArray(), features.toIntArray(), weights.toFloatArray(), featureCount);
  }
}
