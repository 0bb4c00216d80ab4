package femto.swap;

import femto.kernels.RowPatch;
import femto.model.FeatureSpace;
import femto.model.FeatureSpace.Binding;
import femto.model.FoldedContext;
import femto.swap.Delta.CandidateChange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the serving version by a delta: first chosen, which changes nothing, and then
 * carried out in patches that nobody sees yet.
 *
 * <p>Weights are taken in ascending order of how many candidates have the feature, as long as no
 * more candidates than the budget have to be folded anew for them; the rest waits. Weights that are
 * what the version has already are neither taken nor do they wait.
 */
final class DeltaPlan {
  private final LiveVersion before;
  private final Changes changes;

  /** Features whose weights are taken, as places in the changes, and the hash of what they were. */
  private int[] taken = {};

  private long[] formerHashes = {};
  private int takenCount;
  private WeightRows waiting = WeightRows.NONE;
  private final List<Put> puts = new ArrayList<>();
  private final List<Integer> removed = new ArrayList<>();
  private final @Nullable String problem;

  /** Candidates that are put or removed, and after them those to be folded for their weights. */
  private final IndexSet touched;

  private final int own;
  private int largestFanOut;
  private long totalFanOut;
  private long foldNanos;

  /** A candidate to be put; its index is that of its id, or {@link ExternalIds#NONE}. */
  private record Put(Object id, int index, FeatureRow row) {
    /** Its index, now that it must have one. */
    int indexIn(ExternalIds ids) {
      return index == ExternalIds.NONE ? find(ids, id) : index;
    }
  }

  private static int find(ExternalIds ids, Object id) {
    return id instanceof Long number ? ids.index((long) number) : ids.index((String) id);
  }

  /**
   * Chooses.
   *
   * @param before the serving version
   * @param changes what is to change
   * @param fanOut which candidates have a feature; null only if no weights change
   * @param budget most candidates to be folded anew for their weights
   * @param touched scratch
   */
  DeltaPlan(
      LiveVersion before, Changes changes, @Nullable FanOut fanOut, int budget, IndexSet touched) {
    this.before = before;
    this.changes = changes;
    this.touched = touched;
    touched.truncate(0);
    changes.candidates().forEach(this::chooseCandidate);
    own = touched.size();
    problem = fanOut == null ? null : problemOfBindings(fanOut);
    if (fanOut != null) {
      chooseWeights(fanOut, budget);
    }
    touched.sortFrom(own);
  }

  private void chooseCandidate(Object id, CandidateChange change) {
    int index = find(before.content().ids(), id);
    FeatureRow row = change.row();
    if (row != null) {
      puts.add(new Put(id, index, row));
    } else if (before.snapshot().contains(index)) {
      removed.add(index);
    } else {
      return;
    }
    if (index != ExternalIds.NONE) {
      touched.add(index);
    }
  }

  private @Nullable String problemOfBindings(FanOut fanOut) {
    String found = before.snapshot().features().problem(changes.bindings().values());
    for (int feature : changes.bindings().keySet()) {
      if (found == null && !fanOut.collect(feature, before, touched, own)) {
        found = "feature " + feature + " is to be bound anew, but a candidate has it";
      }
      touched.truncate(own);
    }
    for (Put put : puts) {
      for (int feature : put.row().features()) {
        Binding binding = changes.bindings().get(feature);
        if (binding != null && binding.field() == FeatureSpace.UNKNOWN) {
          return "feature "
              + feature
              + " is to have no value, but candidate "
              + DeltaCheck.quote(put.id())
              + " has it";
        }
      }
    }
    return found;
  }

  /** What is wrong with the delta as it meets the version, or null. */
  @Nullable String problem() {
    return problem;
  }

  private void chooseWeights(FanOut fanOut, int budget) {
    chooseThoseThatDiffer();
    // Whatever is folded anew, it is no more than all there is.
    if (before.rows().size() <= budget) {
      for (int i = 0; i < takenCount; i++) {
        fanOut.collect(changes.weights().feature(taken[i]), before, touched, Integer.MAX_VALUE);
      }
    } else {
      chooseByFanOut(fanOut, own + budget);
    }
  }

  private void chooseThoseThatDiffer() {
    WeightRows weights = changes.weights();
    taken = new int[weights.size()];
    formerHashes = new long[weights.size()];
    float[] former = new float[weights.length()];
    for (int place = 0; place < weights.size(); place++) {
      before.weights().copyRow(weights.feature(place), former);
      if (!weights.isSame(place, former)) {
        formerHashes[takenCount] =
            Checksum.ofWeights(weights.feature(place), former, 0, former.length - 1);
        taken[takenCount++] = place;
      }
    }
  }

  private void chooseByFanOut(FanOut fanOut, int most) {
    WeightRows weights = changes.weights();
    long[] order = new long[takenCount]; // by fan-out, then by feature
    for (int i = 0; i < takenCount; i++) {
      order[i] = ((long) fanOut.count(weights.feature(taken[i])) << Integer.SIZE) | i;
    }
    Arrays.sort(order);
    int fit = 0;
    while (fit < order.length) {
      int size = touched.size();
      if (!fanOut.collect(weights.feature(taken[(int) order[fit]]), before, touched, most)) {
        touched.truncate(size);
        break;
      }
      fit++;
    }
    BitSet left = new BitSet(weights.size());
    for (int i = fit; i < order.length; i++) {
      int fanOutOfIt = (int) (order[i] >>> Integer.SIZE);
      largestFanOut = Math.max(largestFanOut, fanOutOfIt);
      totalFanOut += fanOutOfIt;
      left.set(taken[(int) order[i]]);
    }
    waiting = weights.select(left);
    int count = 0;
    for (int i = 0; i < takenCount; i++) {
      if (!left.get(taken[i])) {
        formerHashes[count] = formerHashes[i];
        taken[count++] = taken[i];
      }
    }
    takenCount = count;
  }

  /** What the version takes: with it, the one before becomes this one anywhere. */
  Changes effective() {
    BitSet places = new BitSet(changes.weights().size());
    for (int i = 0; i < takenCount; i++) {
      places.set(taken[i]);
    }
    for (int feature : changes.bindings().keySet()) { // without weights they would become 0
      places.set(changes.weights().find(feature));
    }
    return new Changes(
        changes.bias(),
        changes.weights().select(places),
        changes.bindings(),
        changes.candidates(),
        changes.deltas());
  }

  /** Weights that this version goes without. */
  WeightRows waiting() {
    return waiting;
  }

  int largestFanOut() {
    return largestFanOut;
  }

  long totalFanOut() {
    return totalFanOut;
  }

  /** Candidates to be folded. */
  int refolded() {
    return puts.size() + touched.size() - own;
  }

  /** Candidates that are put or removed. */
  int changedCandidates() {
    return changes.candidates().size();
  }

  int weightRows() {
    return takenCount;
  }

  /** Bytes on the heap of the new version, at most. */
  long heapBytes() {
    long features = 0;
    for (Put put : puts) {
      features += 64 + 8L * put.row().features().length;
    }
    return features
        + LiveVersion.heapBytes(before.rows().size() + puts.size(), puts.size() + removed.size());
  }

  long foldNanos() {
    return foldNanos;
  }

  /**
   * Carries it out. Ids of new candidates are appended, which nobody finds before a version has
   * them. If it throws, nothing else has changed.
   *
   * @throws IllegalArgumentException if a folded number is not finite or too large
   */
  LiveVersion.Content carryOut() {
    float bias = changes.bias() == null ? before.snapshot().bias() : changes.bias();
    int[] indexes = appendIds();
    long checksum =
        before.content().checksum()
            - Checksum.ofBias(before.snapshot().bias())
            + Checksum.ofBias(bias);
    RowPatch weights = before.weights();
    if (takenCount > 0) {
      RowPatch.Editor editor = weights.edit();
      try {
        checksum += setWeights(editor);
      } catch (Throwable failure) {
        editor.abandon();
        throw failure;
      }
      weights = editor.finish();
    }
    CandidateFeatures.Editor features = puts.isEmpty() ? null : before.features().edit();
    RowPatch rows = before.rows();
    if (refolded() > 0 || !removed.isEmpty()) {
      long start = System.nanoTime();
      RowPatch.Editor editor = rows.edit();
      try {
        checksum += setRows(editor, weights, indexes, features);
      } catch (Throwable failure) {
        editor.abandon();
        throw failure;
      }
      rows = editor.finish();
      foldNanos = System.nanoTime() - start;
    }
    return new LiveVersion.Content(
        before.snapshot().features().with(changes.bindings().values()),
        bias,
        weights,
        rows,
        features == null ? before.features() : features.finish(),
        before.content().ids(),
        checksum,
        heapBytes());
  }

  private int[] appendIds() {
    ExternalIds ids = before.content().ids();
    int[] indexes = new int[puts.size()];
    for (int i = 0; i < indexes.length; i++) {
      Put put = puts.get(i);
      int index = put.index();
      if (index == ExternalIds.NONE) {
        index =
            put.id() instanceof Long number
                ? ids.indexOfOrAppend((long) number)
                : ids.indexOfOrAppend((String) put.id());
      }
      indexes[i] = index;
    }
    return indexes;
  }

  /** Returns by how much the checksum changes. */
  private long setWeights(RowPatch.Editor editor) {
    WeightRows weights = changes.weights();
    long change = 0;
    for (int i = 0; i < takenCount; i++) {
      int feature = weights.feature(taken[i]);
      int at = weights.at(taken[i]);
      editor.set(feature, weights.numbers(), at);
      change += Checksum.ofWeights(feature, weights.numbers(), at, weights.length() - 1);
      change -= formerHashes[i];
    }
    return change;
  }

  /** Returns by how much the checksum changes. */
  private long setRows(
      RowPatch.Editor editor,
      RowPatch weights,
      int[] putIndexes,
      CandidateFeatures.@Nullable Editor features) {
    FoldedContext folding = before.base().folding();
    folding.patchedBy(0, weights);
    float[] former = new float[1 + before.rows().length()];
    long change = 0;
    for (int i = 0; features != null && i < putIndexes.length; i++) {
      Put put = puts.get(i);
      features.set(putIndexes[i], put.row());
      FeatureRow row = put.row();
      change += setRow(editor, putIndexes[i], row.features(), row.weights(), row.features().length);
      change -= hash(putIndexes[i], former);
    }
    for (int index : removed) {
      editor.remove(index);
      change -= hash(index, former);
    }
    FeatureBuffer row = new FeatureBuffer();
    for (int i = own; i < touched.size(); i++) {
      int index = touched.get(i);
      before.features().read(index, row);
      change += setRow(editor, index, row.features, row.weights, row.count);
      change -= hash(index, former);
    }
    return change;
  }

  private long setRow(
      RowPatch.Editor editor, int index, int[] features, float[] weights, int count) {
    FoldedContext folding = before.base().folding();
    try {
      folding.fold(features, weights, count);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "candidate " + before.content().ids().id(index) + ": " + e.getMessage(), e);
    }
    editor.set(index, folding.constant(), folding.query());
    return Checksum.ofCandidate(
        before.content().ids(), index, folding.constant(), folding.query(), folding.query().length);
  }

  /** What a row has added to the checksum so far. */
  private long hash(int index, float[] row) {
    if (!before.rows().contains(index)) {
      return 0;
    }
    before.rows().copyRow(index, row);
    return Checksum.ofCandidate(before.content().ids(), index, row);
  }

  /** Brings the lists of candidates up to date. */
  void applyTo(FanOut fanOut, LiveVersion after) {
    for (Put put : puts) {
      fanOut.change(put.indexIn(before.content().ids()), before, after);
    }
    for (int index : removed) {
      fanOut.change(index, before, after);
    }
  }

  /** Notes the candidates that are put or removed. */
  void addChangedTo(IndexSet changed) {
    for (Put put : puts) {
      changed.add(put.indexIn(before.content().ids()));
    }
    removed.forEach(changed::add);
  }
}
