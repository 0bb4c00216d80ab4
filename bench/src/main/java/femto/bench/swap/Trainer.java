package femto.bench.swap;

import femto.kernels.RowTable;
import java.util.SplittableRandom;

/**
 * Changes the weights of some ads, as learning from what was seen of them does. One owner at a
 * time.
 */
final class Trainer {
  private static final float STEP = 0.02f;

  private final SyntheticAds ads;
  private final SplittableRandom random = new SplittableRandom(7);
  private final float[] factors = new float[SyntheticAds.FACTORS];
  private final int stride;
  private int ad;

  Trainer(SyntheticAds ads) {
    this.ads = ads;
    this.stride = stride(ads.count());
  }

  /** Which ads were changed last; their weights are those of {@link SyntheticAds#weights}. */
  record Step(SyntheticAds ads, int[] changed) {}

  /**
   * Changes the weights of the next ads, so many, spread over all of them. No ad comes again before
   * all others have been there.
   */
  Step step(int count) {
    int[] changed = new int[count];
    RowTable weights = ads.weights();
    for (int i = 0; i < count; i++) {
      changed[i] = ad;
      int feature = ads.feature(ad);
      weights.copyFactors(feature, factors);
      for (int f = 0; f < factors.length; f++) {
        factors[f] += STEP * (random.nextFloat() - 0.5f);
      }
      weights.setRow(feature, weights.bias(feature) + STEP * (random.nextFloat() - 0.5f), factors);
      ad = (int) ((ad + (long) stride) % ads.count());
    }
    return new Step(ads, changed);
  }

  /** About 0.618 of all, and coprime with it: so many steps come to different ads, far apart. */
  private static int stride(int count) {
    int candidate = Math.max(1, (int) (0.618 * count));
    while (gcd(candidate, count) != 1) {
      candidate++;
    }
    return candidate;
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
