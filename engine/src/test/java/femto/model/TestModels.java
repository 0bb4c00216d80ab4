package femto.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.memory.Slab;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small models and rows for the tests. */
public final class TestModels {
  private TestModels() {}

  /** Sparse features of one row. */
  public record Row(int[] features, float[] weights) {
    /** The features of both rows. */
    public Row with(Row other) {
      int[] allFeatures = new int[features.length + other.features.length];
      float[] allWeights = new float[allFeatures.length];
      System.arraycopy(features, 0, allFeatures, 0, features.length);
      System.arraycopy(weights, 0, allWeights, 0, features.length);
      System.arraycopy(other.features, 0, allFeatures, features.length, other.features.length);
      System.arraycopy(other.weights, 0, allWeights, features.length, other.features.length);
      return new Row(allFeatures, allWeights);
    }
  }

  /** user, tags (multi-hot), age (bucket of 5) | movie, genres (multi-hot), year. */
  public static List<Field> sixFields() {
    return List.of(
        Field.oneHot("user", Side.CONTEXT),
        Field.multiHot("tags", Side.CONTEXT),
        Field.bucket("age", Side.CONTEXT, 5),
        Field.oneHot("movie", Side.CANDIDATE),
        Field.multiHot("genres", Side.CANDIDATE),
        Field.oneHot("year", Side.CANDIDATE));
  }

  /** Values v0, v1, ... in every field; buckets 0-4, 5-9, ... in bucket fields. */
  public static FeatureSpace space(List<Field> fields, int... sizes) {
    FeatureSpace.Builder builder = new FeatureSpace.Builder(fields);
    for (int field = 0; field < sizes.length; field++) {
      for (int value = 0; value < sizes[field]; value++) {
        boolean bucket = fields.get(field).encoding() == Field.Encoding.BUCKET;
        int width = fields.get(field).width();
        builder.add(field, bucket ? fields.get(field).bucketOf((long) value * width) : "v" + value);
      }
    }
    return builder.build();
  }

  /** A model with the oracle's weights. */
  public static Model model(FeatureSpace space, PlainFm fm) {
    return model(space, fm, Link.IDENTITY, PredictionRange.UNBOUNDED, Map.of());
  }

  /** A model with the oracle's weights. */
  public static Model model(
      FeatureSpace space, PlainFm fm, Link link, PredictionRange range, Map<String, String> notes) {
    int k = fm.factors().length == 0 ? 0 : fm.factors()[0].length;
    Slab slab = Slab.allocate(4L * (1 + k) * fm.linear().length);
    for (int j = 0; j < fm.linear().length; j++) {
      slab.segment().set(JAVA_FLOAT, 4L * (1 + k) * j, fm.linear()[j]);
      for (int f = 0; f < k; f++) {
        slab.segment().set(JAVA_FLOAT, 4L * (1 + k) * j + 4 + 4L * f, fm.factors()[j][f]);
      }
    }
    Family family = k == 0 ? Family.LINEAR : Family.FM;
    return new Model(family, link, range, fm.bias(), space, slab, k, notes);
  }

  /** Draws a row of one side: every field may be missing, multi-hot ones have up to all values. */
  public static Row row(Random random, FeatureSpace space, Side side) {
    List<Integer> features = new ArrayList<>();
    List<Float> weights = new ArrayList<>();
    int first = 0;
    for (int field = 0; field < space.fields().size(); field++) {
      int size = space.size(field);
      if (space.fields().get(field).side() == side && random.nextInt(5) > 0 && size > 0) {
        if (space.fields().get(field).encoding() == Field.Encoding.MULTI_HOT) {
          List<Integer> chosen = new ArrayList<>();
          for (int value = 0; value < size; value++) {
            if (random.nextBoolean()) {
              chosen.add(first + value);
            }
          }
          for (int feature : chosen) {
            features.add(feature);
            weights.add(1f / chosen.size());
          }
        } else {
          features.add(first + random.nextInt(size));
          weights.add(1f);
        }
      }
      first += size;
    }
    float[] x = new float[weights.size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = weights.get(i);
    }
    return new Row(features.stream().mapToInt(Integer::intValue).toArray(), x);
  }

  /** Rows in the product's form. */
  public static FeatureRows rows(List<Row> rows, int featureCount) {
    long[] offsets = new long[rows.size() + 1];
    for (int r = 0; r < rows.size(); r++) {
      offsets[r + 1] = offsets[r] + rows.get(r).features().length;
    }
    int[] features = new int[(int) offsets[rows.size()]];
    float[] weights = new float[features.length];
    for (int r = 0; r < rows.size(); r++) {
      int count = rows.get(r).features().length;
      System.arraycopy(rows.get(r).features(), 0, features, (int) offsets[r], count);
      System.arraycopy(rows.get(r).weights(), 0, weights, (int) offsets[r], count);
    }
    return FeatureRows.copyOf(offsets, features, weights, featureCount);
  }
}
