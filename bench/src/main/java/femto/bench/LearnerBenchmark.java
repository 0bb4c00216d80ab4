package femto.bench;

import femto.learn.Example;
import femto.learn.Learner;
import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One gradient step on an example of nine one-hot features, the shape of MovieLens 100K. That the
 * steps are right is proved by {@code LearnerTest} of the engine.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LearnerBenchmark {
  private static final int EXAMPLES = 1 << 16;
  private static final int FIELDS = 9;
  private static final int VALUES = 300;

  /** 16 is the common case, 0 a linear model. */
  @Param({"0", "16"})
  public int factors = 16;

  /** Both rules. */
  @Param({"SGD", "ADAGRAD"})
  public Optimizer optimizer = Optimizer.SGD;

  private final int[][] features = new int[EXAMPLES][FIELDS];
  private final float[] labels = new float[EXAMPLES];
  private final Example example = new Example();
  private Learner learner;
  private int next;

  /** Makes a benchmark that is not set up yet. */
  @SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else
  public LearnerBenchmark() {}

  /** Makes the learner and its examples. */
  @Setup
  public final void setUp() {
    List<Field> fields = new ArrayList<>();
    List<L2> penalties = new ArrayList<>();
    for (int field = 0; field < FIELDS; field++) {
      fields.add(Field.oneHot("f" + field, Side.CONTEXT));
      penalties.add(new L2(0.01, 0.01));
    }
    FeatureSpace.Builder builder = new FeatureSpace.Builder(fields);
    for (int field = 0; field < FIELDS; field++) {
      for (int value = 0; value < VALUES; value++) {
        builder.add(field, Integer.toString(value));
      }
    }
    learner =
        new Learner(
            builder.build(),
            new LearnerOptions(Loss.SQUARED, optimizer, factors, 0.001, 1, 0.01, penalties, 1));
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < EXAMPLES; i++) {
      labels[i] = 1 + random.nextInt(5);
      for (int field = 0; field < FIELDS; field++) {
        features[i][field] = field * VALUES + random.nextInt(VALUES);
      }
    }
  }

  /** Frees the learner. */
  @TearDown
  public final void tearDown() {
    learner.close();
  }

  /**
   * Learns from the next example, in the same buffers as the last, as training does.
   *
   * @return its loss before the step
   */
  @Benchmark
  public double learn() {
    next = (next + 1) & (EXAMPLES - 1);
    example.reset(labels[next]);
    for (int feature : features[next]) {
      example.add(feature, 1);
    }
    return learner.learn(example, 0.001);
  }
}
