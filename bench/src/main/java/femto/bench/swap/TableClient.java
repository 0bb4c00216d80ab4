package femto.bench.swap;

import femto.kernels.RowTable;
import femto.kernels.TopRequest;
import femto.kernels.TopSearch;
import femto.model.FoldedContext;
import femto.model.Model;

/**
 * Folds contexts and ranks listed rows of tables, by the same kernels as Femto: what the other ways
 * have in common, so that they differ in how a table is replaced alone.
 */
final class TableClient {
  private final SyntheticAds ads;
  private final FoldedContext context;
  private final TopRequest request = new TopRequest();

  /** The weights of contexts do not change, so each has its fold from the model of the start. */
  TableClient(SyntheticAds ads, Model model) {
    this.ads = ads;
    this.context = new FoldedContext(model);
  }

  TopSearch search(RowTable table) {
    return new TopSearch(table, null);
  }

  int top(TopSearch search, int ofContext, int[] listed, int k, int[] intoAds, float[] intoScores) {
    context.fold(ads.contexts(), ofContext);
    request.reset(context.query(), k);
    int found = search.top(request, listed, listed.length, null, intoAds, intoScores);
    for (int i = 0; i < found; i++) {
      intoScores[i] += context.constant();
    }
    return found;
  }
}
