package femto.bench.swap;

import femto.bench.data.Distribution;
import femto.bench.data.SyntheticTable;
import femto.kernels.RowTable;
import femto.memory.Slab;
import femto.model.Family;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Link;
import femto.model.Model;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.swap.CandidateSet;
import femto.swap.ExternalIds;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Ads and contexts, and the weights that a trainer has of them. Each ad has two features: its own,
 * which no other has, and one of {@value #CATEGORIES} categories. What changes from one moment to
 * the next is an ad's own weights, by what was just seen of this ad; that is the common case, and
 * each change is one of one candidate. The weights look like those of trained models ({@link
 * Distribution#LOG_NORMAL}).
 */
final class SyntheticAds implements AutoCloseable {
  static final int FACTORS = 16;
  static final int CONTEXTS = 64;
  private static final int USERS = 1000;
  private static final int HOURS = 24;
  private static final int CATEGORIES = 1000;
  private static final int FIRST_AD = USERS + HOURS;
  private static final long SEED = 5;

  private final int ads;
  private final FeatureSpace space;
  private final FeatureRows contexts;
  private final FeatureRows candidates;
  private final Slab weightMemory;
  private final RowTable weights;

  SyntheticAds(int ads) {
    this.ads = ads;
    this.space = space(ads);
    this.contexts = contexts(space.size());
    this.candidates = candidates();
    this.weightMemory = Slab.allocate(Model.weightBytes(space.size(), FACTORS));
    try {
      this.weights = RowTable.over(weightMemory.segment(), space.size(), FACTORS);
      SyntheticTable.fill(weights, Distribution.LOG_NORMAL, SEED);
    } catch (Throwable failure) {
      weightMemory.close();
      throw failure;
    }
  }

  private static FeatureSpace space(int ads) {
    FeatureSpace.Builder builder =
        new FeatureSpace.Builder(
            List.of(
                Field.oneHot("user", Side.CONTEXT),
                Field.oneHot("hour", Side.CONTEXT),
                Field.oneHot("ad", Side.CANDIDATE),
                Field.oneHot("category", Side.CANDIDATE)));
    int[] sizes = {USERS, HOURS, ads, CATEGORIES};
    for (int field = 0; field < sizes.length; field++) {
      for (int value = 0; value < sizes[field]; value++) {
        builder.add(field, Integer.toString(value));
      }
    }
    return builder.build();
  }

  private static FeatureRows contexts(int features) {
    SplittableRandom random = new SplittableRandom(SEED);
    long[] offsets = new long[CONTEXTS + 1];
    int[] rows = new int[2 * CONTEXTS];
    float[] x = new float[2 * CONTEXTS];
    java.util.Arrays.fill(x, 1);
    for (int context = 0; context < CONTEXTS; context++) {
      rows[2 * context] = random.nextInt(USERS);
      rows[2 * context + 1] = USERS + random.nextInt(HOURS);
      offsets[context + 1] = 2 * (context + 1L);
    }
    return FeatureRows.copyOf(offsets, rows, x, features);
  }

  private FeatureRows candidates() {
    long[] offsets = new long[ads + 1];
    int[] rows = new int[2 * ads];
    float[] x = new float[2 * ads];
    java.util.Arrays.fill(x, 1);
    for (int ad = 0; ad < ads; ad++) {
      rows[2 * ad] = feature(ad);
      rows[2 * ad + 1] = category(ad);
      offsets[ad + 1] = 2 * (ad + 1L);
    }
    return FeatureRows.copyOf(offsets, rows, x, space.size());
  }

  int count() {
    return ads;
  }

  FeatureSpace space() {
    return space;
  }

  FeatureRows contexts() {
    return contexts;
  }

  /** The weights as the trainer has them now, a row a feature. */
  RowTable weights() {
    return weights;
  }

  /** The feature that an ad alone has. */
  int feature(int ad) {
    return FIRST_AD + ad;
  }

  /** The feature that it shares with a thousandth of the others. */
  int category(int ad) {
    return FIRST_AD + ads + Math.floorMod(ad * 0x9E3779B9, CATEGORIES);
  }

  /** The id that the ad server knows it by. */
  static long id(int ad) {
    return 7_000_000_000L + 13L * ad;
  }

  /** A model of the weights as they are now, for whoever is to own it. */
  Model model() {
    Slab memory = Slab.allocate(weightMemory.segment().byteSize());
    try {
      copyInParts(weightMemory.segment(), memory.segment());
      return new Model(
          Family.FM, Link.SIGMOID, PredictionRange.UNBOUNDED, -3, space, memory, FACTORS, Map.of());
    } catch (Throwable failure) {
      memory.close();
      throw failure;
    }
  }

  /** The candidates of one full version: the ids are its own, since it may append to them. */
  CandidateSet candidateSet() {
    return new CandidateSet(
        candidates,
        ExternalIds.ofLongs(IntStream.range(0, ads).mapToLong(SyntheticAds::id).toArray()));
  }

  /** On all cores: the first touch of new memory costs more than the copy. */
  private static void copyInParts(MemorySegment from, MemorySegment into) {
    long part = 1 << 24;
    int parts = (int) ((from.byteSize() + part - 1) / part);
    IntStream.range(0, parts)
        .parallel()
        .forEach(
            each -> {
              long at = each * part;
              long bytes = Math.min(part, from.byteSize() - at);
              MemorySegment.copy(from, at, into, at, bytes);
            });
  }

  @Override
  public void close() {
    weightMemory.close();
  }
}
