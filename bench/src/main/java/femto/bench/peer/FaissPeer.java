package femto.bench.peer;

import femto.kernels.RowTable;
import femto.kernels.TopK;
import java.lang.foreign.MemorySegment;

/** FAISS's exact index by inner product, which keeps a copy of the rows. */
final class FaissPeer implements Peer {
  private final Faiss faiss = Faiss.get();
  private final PeerKind kind;
  private final MemorySegment index;
  private final float[] queries;

  FaissPeer(PeerKind kind, RowTable table) {
    this.kind = kind;
    int columns = 1 + table.length();
    this.queries = new float[kind.batch() * columns];
    try {
      this.index = (MemorySegment) faiss.create.invokeExact(columns);
      if (index.address() == 0
          || (int) faiss.add.invokeExact(index, (long) table.rows(), table.segment()) != 0) {
        throw new OutOfMemoryError("FAISS found no memory for " + table.rows() + " rows");
      }
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    }
  }

  @Override
  public void top(float[][] queryFactors, TopK[] into) {
    int k = into[0].capacity();
    Columns.queries(queryFactors, queries);
    float[] scores = new float[kind.batch() * k];
    long[] ids = new long[kind.batch() * k];
    int failed;
    try {
      faiss.setThreads.invokeExact(kind.threads());
      failed =
          (int)
              faiss.search.invokeExact(
                  index,
                  (long) kind.batch(),
                  MemorySegment.ofArray(queries),
                  (long) k,
                  MemorySegment.ofArray(scores),
                  MemorySegment.ofArray(ids));
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    }
    if (failed != 0) {
      throw new IllegalStateException("FAISS failed to search");
    }
    for (int i = 0; i < ids.length; i++) {
      // It fills up with -1 where there are fewer rows than asked for.
      if (ids[i] >= 0) {
        into[i / k].offer((int) ids[i], scores[i]);
      }
    }
  }

  @Override
  public void close() {
    try {
      faiss.free.invokeExact(index);
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    }
  }
}
