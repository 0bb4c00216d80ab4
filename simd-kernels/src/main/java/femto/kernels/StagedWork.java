package femto.kernels;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * Work in stages, each of which may need what the former ones have made. All of it can be done at
 * once, on all cores, or piece by piece, by whoever has some time for it.
 *
 * <p>For one thread at a time; another one may go on with it if it sees what the former has
 * written, as after a lock. If a piece throws, the work must not be gone on with.
 */
public final class StagedWork {
  private final Queue<Stage> stages = new ArrayDeque<>();

  /** Work without stages. */
  public StagedWork() {}

  private interface Stage {
    /** Does a piece; returns whether there is more. */
    boolean advance();

    /** Does what is left. */
    void run();
  }

  /**
   * Adds a stage of one piece.
   *
   * @param step what to do, best in well under a millisecond
   * @return this
   */
  public StagedWork step(Runnable step) {
    return rows(1, 1, 1, () -> (first, end) -> step.run());
  }

  /**
   * Adds a stage that works on rows.
   *
   * @param rows how many
   * @param rowsPerTask rows a task, when all is done at once
   * @param rowsPerPiece rows a piece; none crosses the end of a task
   * @param ranges makes what works on the rows of one task, by one thread, in order
   * @return this
   */
  public StagedWork rows(
      int rows, int rowsPerTask, int rowsPerPiece, Supplier<RowTasks.Range> ranges) {
    stages.add(new RowStage(rows, rowsPerTask, rowsPerPiece, ranges));
    return this;
  }

  /**
   * Adds stages that are known when the former ones are done.
   *
   * @param work gives them
   * @return this
   */
  public StagedWork then(Supplier<StagedWork> work) {
    stages.add(new LaterStages(work));
    return this;
  }

  /**
   * Does the next piece, on the calling thread.
   *
   * @return whether there is more to do
   */
  public boolean advance() {
    Stage stage = stages.peek();
    if (stage != null && !stage.advance()) {
      stages.remove();
    }
    return !stages.isEmpty();
  }

  /**
   * Does all that is left, on the common pool or on the fork-join pool of the calling thread
   * ({@link RowTasks}).
   */
  public void run() {
    for (Stage stage = stages.peek(); stage != null; stage = stages.peek()) {
      stage.run();
      stages.remove();
    }
  }

  private static final class RowStage implements Stage {
    private final int rows;
    private final int rowsPerTask;
    private final int rowsPerPiece;
    private final Supplier<RowTasks.Range> ranges;
    private RowTasks.Range range;
    private int next;
    private int taskEnd;

    RowStage(int rows, int rowsPerTask, int rowsPerPiece, Supplier<RowTasks.Range> ranges) {
      this.rows = rows;
      this.rowsPerTask = rowsPerTask;
      this.rowsPerPiece = rowsPerPiece;
      this.ranges = ranges;
      this.range = (first, end) -> {};
    }

    @Override
    public boolean advance() {
      if (next == taskEnd && next < rows) {
        taskEnd = (int) Math.min(rows, next + (long) rowsPerTask);
        range = ranges.get();
      }
      int end = (int) Math.min(taskEnd, next + (long) rowsPerPiece);
      if (next < end) {
        range.accept(next, end);
        next = end;
      }
      return next < rows;
    }

    @Override
    public void run() {
      if (next == 0) {
        RowTasks.run(rows, rowsPerTask, (first, end) -> ranges.get().accept(first, end));
      } else {
        while (advance()) {}
      }
    }
  }

  private static final class LaterStages implements Stage {
    private final Supplier<StagedWork> source;
    private StagedWork work = new StagedWork();
    private boolean begun;

    LaterStages(Supplier<StagedWork> source) {
      this.source = source;
    }

    private StagedWork work() {
      if (!begun) {
        work = source.get();
        begun = true;
      }
      return work;
    }

    @Override
    public boolean advance() {
      return work().advance();
    }

    @Override
    public void run() {
      work().run();
    }
  }
}
