package femto.learn;

import femto.model.Model;
import femto.model.PredictionRange;
import java.util.BitSet;
import java.util.Map;

/** Learns a model from examples, one at a time. One owner at a time. */
public sealed interface ModelLearner extends AutoCloseable permits Learner, FamilyLearner {
  /**
   * How this learner learns.
   *
   * @return the options it was made with
   */
  LearnerOptions options();

  /**
   * Sets the bias to the score that predicts the mean label: a good start for the rest.
   *
   * @param mean mean label of the training part
   */
  void startFromMean(double mean);

  /**
   * Lowers the bias: what makes probabilities right again that were learned from examples of which
   * some counted more often or less often than they came.
   *
   * @param by what is taken from w0, such as the logarithm of the weight that positive examples had
   */
  void lowerBias(double by);

  /**
   * Starts from the weights of a model: features are matched by field and value, those that the
   * model lacks keep their random start.
   *
   * @param model a model of the same family and shape
   * @return how many features were taken over
   * @throws IllegalArgumentException if the model is of another shape or has another link
   */
  int startFrom(Model model);

  /**
   * Sets all weights of the features that training never sees to 0. Left at their random start they
   * would be noise in every score of a new value.
   *
   * @param seen the features of the training part
   */
  void clearUnseen(BitSet seen);

  /**
   * The score of an example under the weights as they are now.
   *
   * @param example its features
   * @return the score, before the link
   */
  double score(Example example);

  /**
   * Learns from one example.
   *
   * @param example features and label
   * @param stepSize the step size now
   * @return the score before the step
   */
  double learn(Example example, double stepSize);

  /**
   * The weights as a model of their own.
   *
   * @param range what its predictions are clipped to
   * @param notes how it came to be, for people
   * @return the model, of which the caller is the owner
   */
  Model toModel(PredictionRange range, Map<String, String> notes);

  /** Frees the weights. A second call does nothing. */
  @Override
  void close();
}
