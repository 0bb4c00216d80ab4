package femto.bench.swap;

import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.LiveOptions.Merging;
import java.time.Duration;

/** A small world with a live model: everything that the harness works on. */
final class Small implements AutoCloseable {
  static final int ADS = 20_000;
  static final SwapSize SIZE =
      new SwapSize(
          "quick",
          ADS,
          0.04,
          2,
          1,
          Duration.ofMillis(200),
          3,
          1,
          9,
          3,
          Duration.ofMillis(200),
          Duration.ofMillis(50));

  final SyntheticAds ads = new SyntheticAds(ADS);
  final Trainer trainer = new Trainer(ads);
  final LiveOptions options;
  final LiveModel live;
  final FemtoService femto;
  final Requests requests = new Requests(ADS, 500);

  Small() {
    this(LiveOptions.defaults().merging());
  }

  Small(Merging merging) {
    LiveOptions usual = SwapBenchmarks.options(SIZE);
    // So little room that a few publishes need a merge.
    options = usual.withPatch(usual.patchShare(), 1024).withMerging(merging);
    live = LiveModel.start(ads.model(), ads.candidateSet(), options);
    femto = new FemtoService(ads, live);
  }

  @Override
  public void close() {
    live.close();
    ads.close();
  }
}
