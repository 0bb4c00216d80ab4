package femto.bench.swap;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.kernels.RowLayout;
import femto.kernels.ScreenLayout;
import femto.model.FoldedCandidates;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import java.util.List;

/**
 * What a live model says it holds, kept memory included, in multiples of one version in full,
 * against what the formula of {@link LiveModel} says: at rest one base in use and up to one kept
 * for the next, during a full publish two in use and up to one kept. Without a history, of which
 * each base would come on top.
 *
 * @param version bytes of a version in full: a base, its room for changes included
 * @param extra bytes that the formula grants besides: a version's own, and the candidates of each
 *     feature
 * @param rest bytes held when nothing is under way
 * @param most most bytes held during a full publish
 */
record Footprint(long version, long extra, long rest, long most) {
  private static final int PAGE = 128;
  private static final String TEST = "femto.bench.swap.PublishCostTest, femto.swap.LiveModelTest";

  /** By the formula, for versions that differ in weights from the one before. */
  static Footprint of(SyntheticAds ads, LiveOptions options, long rest, long most) {
    long n = ads.count();
    long f = ads.space().size();
    long roomN = room(options, n);
    long roomF = room(options, f);
    long stride = new RowLayout(SyntheticAds.FACTORS).strideBytes();
    long screen =
        n < FoldedCandidates.LEAST_SCREENED
            ? 0
            : new ScreenLayout(ads.count(), SyntheticAds.FACTORS).bytes();
    long base =
        stride * (n + roomN) + screen + stride * (f + roomF) + lookUp(n, roomN) + lookUp(f, roomF);
    long own = 4 * ((n + PAGE - 1) / PAGE);
    long fanOut = 8 * (f + 1) + 4 * 2 * n;
    return new Footprint(base, own + fanOut, rest, most);
  }

  /** Where changed rows are found: 12 bytes each, and a hash table at most half full of 8 bytes. */
  private static long lookUp(long rows, long room) {
    long buckets = 2;
    while (buckets < 2 * room) {
      buckets *= 2;
    }
    return 12 * room + 8 * buckets + 16 * ((rows + 63) / 64);
  }

  private static long room(LiveOptions options, long rows) {
    return (long) Math.max(options.leastPatchRows(), Math.ceil(options.patchShare() * rows));
  }

  List<Figure> figures() {
    return List.of(
        Figure.of("one version in full, by the formula", "MB", version / 1e6),
        Figure.of("held at rest", "MB", rest / 1e6),
        Figure.of("held during a full publish, at most", "MB", most / 1e6));
  }

  List<Finding> findings() {
    return List.of(
        finding(
            "footprint-at-rest",
            "memory held at rest, against the formula (one in use, up to one kept)",
            rest,
            2 * version + extra),
        finding(
            "footprint-full-publish",
            "memory held during a full publish, against the formula (two in use, up to one kept)",
            most,
            3 * version + 2 * extra));
  }

  private Finding finding(String id, String what, long held, long formula) {
    return new Finding(id, what, "versions", TEST)
        .measured((double) held / version, (double) formula / version)
        .detail("bytes", held)
        .detail("formula_bytes", formula)
        .detail("version_bytes", version)
        .holds((double) held / formula, "the formula", 1);
  }
}
