package femto.learn;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The training loop: epochs over a source with a step size that falls in a straight line to 0, and
 * early stopping on a validation part.
 *
 * @param epochs number of passes; the step size of epoch e (from 0) is {@code stepSize * (1 -
 *     e/epochs)}
 * @param stopAfter last epoch to run, at most {@code epochs}: what early stopping found, when the
 *     same schedule is run again on more data
 * @param patience how many epochs without a better validation loss are waited for
 * @param threads how many learn at once. One gives the same weights for the same seed; several
 *     write to the same weights without waiting for one another (Recht, Re, Wright and Niu,
 *     "Hogwild!", NIPS 2011), so that each run gives others of about the same loss
 */
public record Training(int epochs, int stopAfter, int patience, int threads) {
  /** Examples after which threads tell one another of the bias. */
  private static final int BIAS_EVERY = 64;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public Training {
    if (epochs < 1 || stopAfter < 1 || stopAfter > epochs || patience < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "epochs=%d, stopAfter=%d, patience=%d, threads=%d, expected 1 or more"
              .formatted(epochs, stopAfter, patience, threads));
    }
  }

  /**
   * Training on one thread.
   *
   * @param epochs number of passes
   * @param stopAfter last epoch to run
   * @param patience how many epochs without a better validation loss are waited for
   */
  public Training(int epochs, int stopAfter, int patience) {
    this(epochs, stopAfter, patience, 1);
  }

  /**
   * What one epoch came to.
   *
   * @param epoch its number, from 1
   * @param epochs how many there are at most
   * @param trainingLoss mean loss of the examples, each taken before its step and as often as it
   *     counts
   * @param validationLoss mean loss of the validation part after the epoch, NaN without one
   * @param validationAuc area under the ROC curve there, for labels 0 and 1; NaN without any
   * @param examples how many were learned from
   * @param nanos how long learning them took, validation not included
   */
  public record Epoch(
      int epoch,
      int epochs,
      double trainingLoss,
      double validationLoss,
      double validationAuc,
      long examples,
      long nanos) {}

  /**
   * What training came to.
   *
   * @param history every epoch that was run
   * @param bestEpoch the epoch whose weights the learner now has, from 1
   */
  public record Outcome(List<Epoch> history, int bestEpoch) {
    /** Takes a copy of the list. */
    public Outcome {
      history = List.copyOf(history);
    }

    /**
     * The epoch whose weights the learner now has.
     *
     * @return its record
     */
    public Epoch best() {
      return history.get(bestEpoch - 1);
    }
  }

  /** Is told after each epoch. */
  @FunctionalInterface
  public interface Listener {
    /**
     * An epoch has ended.
     *
     * @param epoch what it came to
     */
    void epochEnded(Epoch epoch);
  }

  /**
   * Trains.
   *
   * @param learner holds the weights; with a validation part it ends with those of the best epoch
   * @param source the training part
   * @param validation examples to stop early by, or null to run all epochs
   * @param listener is told after each epoch
   * @return what it came to
   * @throws DivergedException if the loss is no longer finite; the learner's weights are of no use
   *     then
   */
  public Outcome run(
      ModelLearner learner,
      ExampleSource source,
      @Nullable ExampleSource validation,
      Listener listener) {
    List<Epoch> history = new ArrayList<>();
    double bestLoss = Double.POSITIVE_INFINITY;
    int bestEpoch = 0;
    try (Best best = validation == null ? null : Best.of(learner)) {
      for (int epoch = 1; epoch <= stopAfter && epoch - bestEpoch <= patience; epoch++) {
        double stepSize = stepSize(learner.options(), epoch);
        long start = System.nanoTime();
        double loss = learnAll(learner, source, epoch, stepSize);
        long nanos = System.nanoTime() - start;
        Validation reached =
            validation == null ? Validation.NONE : Validation.of(learner, validation);
        double validationLoss = reached.loss();
        Epoch ended =
            new Epoch(epoch, epochs, loss, validationLoss, reached.auc(), source.size(), nanos);
        history.add(ended);
        listener.epochEnded(ended);
        if (!Double.isFinite(loss) || (validation != null && !Double.isFinite(validationLoss))) {
          throw new DivergedException(epoch, stepSize);
        }
        if (best == null) {
          bestEpoch = epoch;
        } else if (validationLoss < bestLoss) {
          bestLoss = validationLoss;
          bestEpoch = epoch;
          best.save();
        }
      }
      if (best != null) {
        best.restore();
      }
      if (!isFinite(learner)) {
        throw new DivergedException(history.size(), learner.options().stepSize());
      }
    }
    return new Outcome(history, bestEpoch);
  }

  private static boolean isFinite(ModelLearner learner) {
    return switch (learner) {
      case Learner one -> one.isFinite();
      case FamilyLearner one -> one.isFinite();
    };
  }

  /** The weights of the best epoch so far, to come back to. */
  private interface Best extends AutoCloseable {
    void save();

    void restore();

    @Override
    void close();

    static Best of(ModelLearner learner) {
      return switch (learner) {
        case Learner one -> of(one, one.newSnapshot());
        case FamilyLearner one -> of(one, one.newSnapshot());
      };
    }

    private static Best of(Learner learner, Learner.Snapshot snapshot) {
      return new Best() {
        @Override
        public void save() {
          learner.save(snapshot);
        }

        @Override
        public void restore() {
          learner.restore(snapshot);
        }

        @Override
        public void close() {
          snapshot.close();
        }
      };
    }

    private static Best of(FamilyLearner learner, FamilyLearner.Snapshot snapshot) {
      return new Best() {
        @Override
        public void save() {
          learner.save(snapshot);
        }

        @Override
        public void restore() {
          learner.restore(snapshot);
        }

        @Override
        public void close() {
          snapshot.close();
        }
      };
    }
  }

  /** FTRL computes weights from sums of gradients; another step size would change them all. */
  private double stepSize(LearnerOptions options, int epoch) {
    return options.optimizer() == Optimizer.FTRL
        ? options.stepSize()
        : options.stepSize() * (1 - (epoch - 1.0) / epochs);
  }

  private double learnAll(ModelLearner learner, ExampleSource source, int epoch, double stepSize) {
    long seed = learner.options().seed() + epoch;
    Loss loss = learner.options().loss();
    if (threads == 1) {
      return learnPart(loss, learner::learn, source, seed, stepSize, () -> {}).get();
    }
    return switch (learner) {
      case Learner one -> learnParts(one, source.split(threads), seed, stepSize).get();
      case FamilyLearner one ->
          throw new IllegalArgumentException(
              one.getClass().getSimpleName() + " learns on one thread, not on " + threads);
    };
  }

  /** A step on an example; gives the score before it. */
  @FunctionalInterface
  private interface Step {
    double learn(Example example, double stepSize);
  }

  private static MeanLoss learnPart(
      Loss loss, Step steps, ExampleSource source, long seed, double stepSize, Runnable afterSome) {
    Example example = new Example();
    source.start(seed);
    MeanLoss mean = new MeanLoss(loss);
    long examples = 0;
    while (source.next(example)) {
      double score = steps.learn(example, stepSize);
      mean.add(score, example.label(), example.importance());
      if (++examples % BIAS_EVERY == 0) {
        afterSome.run();
      }
    }
    afterSome.run();
    return mean;
  }

  private static MeanLoss learnParts(
      Learner learner, List<ExampleSource> parts, long seed, double stepSize) {
    List<Callable<MeanLoss>> tasks = new ArrayList<>();
    Loss loss = learner.options().loss();
    for (ExampleSource part : parts) {
      tasks.add(
          () -> {
            // Made by the thread itself: what two threads write shall not share a cache line.
            Steps.Shared steps = new Steps.Shared(learner.newSteps(), learner.steps());
            return learnPart(loss, steps.own()::learn, part, seed, stepSize, steps::exchangeBias);
          });
    }
    MeanLoss mean = new MeanLoss(loss);
    try (ExecutorService pool = Executors.newFixedThreadPool(parts.size())) {
      for (Future<MeanLoss> part : pool.invokeAll(tasks)) {
        mean.add(part.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("training was interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
    return mean;
  }

  /** What weights reach on examples that are not learned from. */
  private record Validation(double loss, double auc) {
    static final Validation NONE = new Validation(Double.NaN, Double.NaN);

    static Validation of(ModelLearner learner, ExampleSource source) {
      boolean binary = learner.options().loss() == Loss.LOGISTIC;
      int size = binary ? Math.toIntExact(source.size()) : 0;
      double[] positives = new double[size];
      double[] negatives = new double[size];
      int positive = 0;
      int negative = 0;
      Example example = new Example();
      source.start(learner.options().seed());
      MeanLoss mean = new MeanLoss(learner.options().loss());
      while (source.next(example)) {
        double score = learner.score(example);
        mean.add(score, example.label(), example.importance());
        if (binary && example.label() > 0.5) {
          positives[positive++] = score;
        } else if (binary) {
          negatives[negative++] = score;
        }
      }
      boolean sound = binary && Double.isFinite(mean.get());
      double auc = sound ? Auc.of(positives, positive, negatives, negative) : Double.NaN;
      return new Validation(mean.get(), auc);
    }
  }

  /**
   * Mean loss of a pass over examples that are not learned from.
   *
   * @param learner holds the weights
   * @param source the examples
   * @return the mean, 0 for no examples
   */
  public static double meanLoss(ModelLearner learner, ExampleSource source) {
    return Validation.of(learner, source).loss();
  }
}
