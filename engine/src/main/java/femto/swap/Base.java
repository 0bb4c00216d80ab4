package femto.swap;

import femto.kernels.RowLayout;
import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.kernels.ScreenLayout;
import femto.memory.Slab;
import femto.model.FeatureRows;
import femto.model.FoldedCandidates;
import femto.model.FoldedContext;
import femto.model.Interactions;
import femto.model.Model;
import femto.model.Side;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What versions share: weights, candidates folded by them, and room for rows that change in either.
 * Its memory is given back when the last version that has it lets go, and no merge copies it.
 *
 * <p>Uses are counted by the writer, under its lock.
 */
final class Base {
  private final Model model;
  private final FoldedCandidates candidates;
  private final RowPatch noWeights;
  private final RowPatch noRows;
  private final FoldedContext folding;
  private final LiveMemory memory;
  private final List<Slab> rooms;
  private final long countedBytes;
  private final long bytes;
  private int uses;

  /**
   * Takes what it consists of, and room for changes of it.
   *
   * @param copied the patch that the candidates are a copy of, or null
   * @param rooms receives the slabs of that room; this owns them all, unless it throws
   * @param countedBytes what is counted and no slab, to be counted no more in the end
   * @throws LiveMemory.NoRoomException if there is no room
   */
  Base(
      Model model,
      FoldedCandidates candidates,
      @Nullable RowPatch copied,
      LiveOptions options,
      LiveMemory memory,
      List<Slab> rooms,
      long countedBytes) {
    this.model = model;
    this.candidates = candidates;
    this.memory = memory;
    this.rooms = rooms;
    this.countedBytes = countedBytes;
    this.noWeights = patch(model.weights(), null, options);
    this.noRows = patch(candidates.table(), copied, options);
    this.folding = new FoldedContext(model, Side.CANDIDATE);
    this.bytes = bytes(model, candidates.size(), options);
  }

  private RowPatch patch(RowTable table, @Nullable RowPatch copied, LiveOptions options) {
    int rows = options.patchRows(table.rows());
    Slab memoryOfRoom = memory.apply(table.layout().tableBytes(rows));
    rooms.add(memoryOfRoom);
    RowTable room = RowTable.over(memoryOfRoom.segment(), rows, table.length());
    return copied == null ? RowPatch.none(table, room) : copied.noneOfCopy(table, room);
  }

  /**
   * Folds candidates. If this throws, the model is still the caller's.
   *
   * @throws LiveMemory.NoRoomException if there is no room
   * @throws IllegalArgumentException if a folded number is not finite or too large
   * @throws IndexOutOfBoundsException if the model lacks a feature
   */
  static Base full(Model model, FeatureRows rows, LiveOptions options, LiveMemory memory) {
    long weights = model.weights().segment().byteSize() + interactionBytes(model);
    long counted = weights + heapBytes(model.features().size(), rows.rows(), options);
    memory.count(counted);
    FoldedCandidates candidates = null;
    List<Slab> rooms = new ArrayList<>();
    try {
      candidates = FoldedCandidates.fold(model, rows, memory);
      return new Base(model, candidates, null, options, memory, rooms, counted);
    } catch (Throwable failure) {
      giveBack(candidates, rooms);
      memory.uncount(counted);
      throw failure;
    }
  }

  private static void giveBack(@Nullable FoldedCandidates candidates, List<Slab> rooms) {
    if (candidates != null) {
      candidates.close();
    }
    rooms.forEach(Slab::close);
  }

  /** Bytes of a base: its tables, its screen, and room for changes. */
  static long bytes(Model model, int candidates, LiveOptions options) {
    int features = model.features().size();
    return bytes(features, model.rowLength(), candidates, model.foldedLength(), options)
        + interactionBytes(model);
  }

  /** The same without interactions. */
  static long bytes(
      int features, int rowLength, int candidates, int foldedLength, LiveOptions options) {
    long weight = new RowLayout(rowLength).strideBytes();
    long row = new RowLayout(foldedLength).strideBytes();
    long screen =
        candidates < FoldedCandidates.LEAST_SCREENED
            ? 0
            : new ScreenLayout(candidates, foldedLength).bytes();
    return weight * ((long) features + options.patchRows(features))
        + row * ((long) candidates + options.patchRows(candidates))
        + screen
        + heapBytes(features, candidates, options);
  }

  private static long interactionBytes(Model model) {
    Interactions interactions = model.interactions();
    return interactions == null ? 0 : (long) interactions.size() * Float.BYTES;
  }

  /** What is on the heap: where rows are that may change. */
  static long heapBytes(int features, int candidates, LiveOptions options) {
    return RowPatch.heapBytes(features, options.patchRows(features))
        + RowPatch.heapBytes(candidates, options.patchRows(candidates));
  }

  /** Bytes of this base. */
  long bytes() {
    return bytes;
  }

  Model model() {
    return model;
  }

  FoldedCandidates candidates() {
    return candidates;
  }

  RowPatch noWeights() {
    return noWeights;
  }

  RowPatch noRows() {
    return noRows;
  }

  /** Folds candidates of this base's model. For the writer. */
  FoldedContext folding() {
    return folding;
  }

  /** Counts a use. */
  void retain() {
    uses++;
  }

  /** Ends a use; the last one gives the memory back. */
  void release() {
    if (--uses == 0) {
      close();
    }
  }

  /** Gives the memory back. For one that was never used. */
  void close() {
    candidates.close();
    model.close();
    rooms.forEach(Slab::close);
    memory.uncount(countedBytes);
  }
}
