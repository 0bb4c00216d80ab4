package femto.bench.learn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import femto.bench.learn.Engine.Setting;
import femto.bench.limit.RandomRead;
import femto.bench.report.Figure;
import femto.kernels.RowTable;
import femto.learn.Learner;
import femto.learn.Training;
import femto.memory.Slab;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntUnaryOperator;

/**
 * Examples a second of learning with one thread and with two, and of touching the same cache lines
 * in the same order by as many, all in turn.
 */
final class LearnSpeed {
  private static final Setting SETTING = new Setting(0.01, 1, 0);
  private static final long LINE_BYTES = 64;

  private final Clicks clicks;
  private final int[][] features;

  /** Written and never read: it keeps the reading from being optimized away. */
  @SuppressWarnings("UnusedVariable")
  private int touched;

  private LearnSpeed(Clicks clicks, int[][] features) {
    this.clicks = clicks;
    this.features = features;
  }

  /**
   * Examples a second, in each round.
   *
   * @param engine what learned
   * @param one learned by one thread
   * @param two learned by two
   * @param floor rows read by one thread, a number of every cache line, in the fastest way
   * @param floorOfTwo the same by two
   * @param writing rows read and written back by one thread, as learning has to
   * @param writingOfTwo the same by two, which take lines that come often from one another
   */
  record Outcome(
      FemtoEngine engine,
      double[] one,
      double[] two,
      double[] floor,
      double[] floorOfTwo,
      double[] writing,
      double[] writingOfTwo) {
    private String rule() {
      return engine.rule();
    }

    List<Figure> figures() {
      return List.of(
          Figure.of(rule() + ", one thread", "examples/s", one),
          Figure.of(rule() + ", two threads", "examples/s", two),
          Figure.of(rule() + ", its cache lines touched by one thread", "examples/s", floor),
          Figure.of(rule() + ", its cache lines touched by two", "examples/s", floorOfTwo),
          Figure.of(rule() + ", its cache lines read and written by one", "examples/s", writing),
          Figure.of(
              rule() + ", its cache lines read and written by two", "examples/s", writingOfTwo));
    }

    /** The middle of the ratios of rounds. */
    static double ratio(double[] values, double[] others) {
      double[] ratios = new double[values.length];
      Arrays.setAll(ratios, round -> values[round] / others[round]);
      return median(ratios);
    }

    static double median(double[] values) {
      return Figure.of("", "", values).median();
    }
  }

  static Outcome measure(Clicks clicks, int[][] features, FemtoEngine engine, int rounds) {
    LearnSpeed speed = new LearnSpeed(clicks, features);
    try (Learner learner = engine.newLearner(clicks, SETTING);
        Slab factors = touched(engine.factorBytes() * clicks.space().size());
        Slab linear = touched(engine.linearBytes() * clicks.space().size())) {
      learner.startFromMean(clicks.meanLabel());
      RowTable factorTable = speed.table(factors, engine.factorBytes());
      RowTable linearTable = speed.table(linear, engine.linearBytes());
      List<double[]> measured = new ArrayList<>();
      for (int round = -1; round < rounds; round++) {
        double[] rates = {
          speed.learn(learner, 1),
          speed.read(factorTable, linearTable, 1),
          speed.learn(learner, 2),
          speed.read(factorTable, linearTable, 2),
          speed.write(factorTable, linearTable, 1),
          speed.write(factorTable, linearTable, 2)
        };
        if (round >= 0) { // all is compiled after the first
          measured.add(rates);
        }
      }
      return new Outcome(
          engine,
          column(measured, 0),
          column(measured, 2),
          column(measured, 1),
          column(measured, 3),
          column(measured, 4),
          column(measured, 5));
    }
  }

  /** With memory of its own behind every page. */
  private static Slab touched(long bytes) {
    Slab slab = Slab.allocate(bytes);
    for (long at = 0; at < bytes; at += 4096) {
      slab.segment().set(JAVA_FLOAT, at, 1);
    }
    return slab;
  }

  private RowTable table(Slab slab, long rowBytes) {
    int length = (int) (rowBytes / Float.BYTES) - 1;
    return RowTable.over(slab.segment(), clicks.space().size(), length);
  }

  private static double[] column(List<double[]> rows, int column) {
    return rows.stream().mapToDouble(row -> row[column]).toArray();
  }

  private double learn(Learner learner, int threads) {
    Training.Epoch epoch =
        new Training(1, 1, 1, threads).run(learner, clicks.training(), null, ended -> {}).best();
    return epoch.examples() * 1e9 / epoch.nanos();
  }

  /** Reads and writes back a number of every cache line of some rows. */
  private static int write(RowTable table, int[] rows) {
    MemorySegment segment = table.segment();
    long stride = table.layout().strideBytes();
    for (long line = 0; line < stride; line += LINE_BYTES) {
      for (int row : rows) {
        long at = row * stride + line;
        segment.set(JAVA_INT, at, segment.get(JAVA_INT, at) + 1);
      }
    }
    return 0;
  }

  private double write(RowTable factors, RowTable linear, int threads) {
    return rate(threads, row -> write(linear, features[row]) + write(factors, features[row]));
  }

  /** Reads a number of every cache line of some rows, the first lines of all rows first. */
  private static int readLines(RowTable table, int[] rows) {
    MemorySegment segment = table.segment();
    long stride = table.layout().strideBytes();
    int sum = 0;
    for (long line = 0; line < stride; line += LINE_BYTES) {
      for (int row : rows) {
        sum += segment.get(JAVA_INT, row * stride + line);
      }
    }
    return sum;
  }

  /** The fastest of the ways of reading. */
  private double read(RowTable factors, RowTable linear, int threads) {
    double best =
        rate(threads, row -> readLines(linear, features[row]) + readLines(factors, features[row]));
    for (RandomRead way : RandomRead.values()) {
      IntUnaryOperator read =
          row -> way.sum(linear, features[row]) + way.sum(factors, features[row]);
      best = Math.max(best, rate(threads, read));
    }
    return best;
  }

  private double rate(int threads, IntUnaryOperator touch) {
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      int from = (int) ((long) features.length * thread / threads);
      int end = (int) ((thread + 1L) * features.length / threads);
      tasks.add(
          () -> {
            int sum = 0;
            for (int row = from; row < end; row++) {
              sum += touch.applyAsInt(row);
            }
            return sum;
          });
    }
    long begin = System.nanoTime();
    touched += runAll(tasks);
    return features.length * 1e9 / (System.nanoTime() - begin);
  }

  private static int runAll(List<Callable<Integer>> tasks) {
    try (ExecutorService pool = Executors.newFixedThreadPool(tasks.size())) {
      int sum = 0;
      for (Future<Integer> task : pool.invokeAll(tasks)) {
        sum += task.get();
      }
      return sum;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
