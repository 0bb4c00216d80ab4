package femto.learn;

import java.util.ArrayList;
import java.util.List;
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
 */
public record Training(int epochs, int stopAfter, int patience) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public Training {
    if (epochs < 1 || stopAfter < 1 || stopAfter > epochs || patience < 1) {
      throw new IllegalArgumentException(
          "epochs=" + epochs + ", stopAfter=" + stopAfter + ", patience=" + patience);
    }
  }

  /**
   * What one epoch came to.
   *
   * @param epoch its number, from 1
   * @param epochs how many there are at most
   * @param trainingLoss mean loss of the examples, each taken before its step
   * @param validationLoss mean loss of the validation part after the epoch, NaN without one
   * @param examples how many were learned from
   * @param nanos how long learning them took, validation not included
   */
  public record Epoch(
      int epoch,
      int epochs,
      double trainingLoss,
      double validationLoss,
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
      Learner learner,
      ExampleSource source,
      @Nullable ExampleSource validation,
      Listener listener) {
    List<Epoch> history = new ArrayList<>();
    double bestLoss = Double.POSITIVE_INFINITY;
    int bestEpoch = 0;
    try (Learner.@Nullable Snapshot best = validation == null ? null : learner.newSnapshot()) {
      for (int epoch = 1; epoch <= stopAfter && epoch - bestEpoch <= patience; epoch++) {
        double stepSize = learner.options().stepSize() * (1 - (epoch - 1.0) / epochs);
        long start = System.nanoTime();
        double loss = learnAll(learner, source, epoch, stepSize);
        long nanos = System.nanoTime() - start;
        double validationLoss = validation == null ? Double.NaN : meanLoss(learner, validation);
        Epoch ended = new Epoch(epoch, epochs, loss, validationLoss, source.size(), nanos);
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
          learner.save(best);
        }
      }
      if (best != null) {
        learner.restore(best);
      }
      if (!learner.isFinite()) {
        throw new DivergedException(history.size(), learner.options().stepSize());
      }
    }
    return new Outcome(history, bestEpoch);
  }

  private static double learnAll(
      Learner learner, ExampleSource source, int epoch, double stepSize) {
    Example example = new Example();
    source.start(learner.options().seed() + epoch);
    double sum = 0;
    long count = 0;
    while (source.next(example)) {
      double score = learner.learn(example, stepSize);
      sum += learner.options().loss().value(score, example.label());
      count++;
    }
    return count == 0 ? 0 : sum / count;
  }

  /**
   * Mean loss of a pass over examples that are not learned from.
   *
   * @param learner holds the weights
   * @param source the examples
   * @return the mean, 0 for no examples
   */
  public static double meanLoss(Learner learner, ExampleSource source) {
    Example example = new Example();
    source.start(learner.options().seed());
    double sum = 0;
    long count = 0;
    while (source.next(example)) {
      sum += learner.options().loss().value(learner.score(example), example.label());
      count++;
    }
    return count == 0 ? 0 : sum / count;
  }
}
