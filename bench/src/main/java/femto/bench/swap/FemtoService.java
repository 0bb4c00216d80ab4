package femto.bench.swap;

import femto.score.Scorer;
import femto.swap.Delta;
import femto.swap.Lease;
import femto.swap.LiveModel;
import femto.swap.LiveScorer;
import femto.swap.PublishResult;
import femto.swap.PublishResult.Outcome;

/** A {@link LiveModel}; what is published is a delta of the ads' own features. */
final class FemtoService implements Service {
  private final SyntheticAds ads;
  private final LiveModel live;
  private final Delta delta = new Delta();
  private final float[] factors = new float[SyntheticAds.FACTORS];
  private long mergeNanos;

  /** The live model stays the caller's. */
  FemtoService(SyntheticAds ads, LiveModel live) {
    this.ads = ads;
    this.live = live;
  }

  @Override
  public String label() {
    return "Femto";
  }

  @Override
  public void publish(Trainer.Step step) {
    PublishResult result = live.publish(delta(step));
    mergeNanos += result.mergeNanos();
    if (result.outcome() == Outcome.REFUSED) {
      throw new IllegalStateException(
          "a delta of " + step.changed().length + " ads is refused: " + result.reason());
    }
    if (result.isPublished() && result.waitingFeatures() > 0) {
      throw new IllegalStateException(result.waitingFeatures() + " features wait, expected none");
    }
  }

  /** What a trainer publishes. Valid until the next. */
  Delta delta(Trainer.Step step) {
    delta.clear();
    for (int ad : step.changed()) {
      int feature = ads.feature(ad);
      ads.weights().copyFactors(feature, factors);
      delta.weights(feature, ads.weights().bias(feature), factors);
    }
    return delta;
  }

  @Override
  public long coalesced() {
    return live.statistics().coalesced();
  }

  @Override
  public long mergeNanos() {
    return mergeNanos;
  }

  @Override
  public long merges() {
    return live.statistics().merges();
  }

  @Override
  public Client newClient() {
    LiveScorer reader = live.newScorer("bench");
    return new Client() {
      private long waited;

      @Override
      public int top(int context, int[] listed, int k, int[] intoAds, float[] intoScores) {
        long asked = System.nanoTime();
        try (Lease lease = reader.lease()) {
          waited = System.nanoTime() - asked;
          Scorer scorer = lease.scorer();
          scorer.fold(ads.contexts(), context);
          return scorer.top(scorer.request(k), listed, listed.length, null, intoAds, intoScores);
        }
      }

      @Override
      public long waitedNanos() {
        return waited;
      }

      @Override
      public void close() {
        reader.close();
      }
    };
  }

  @Override
  public void close() {}
}
