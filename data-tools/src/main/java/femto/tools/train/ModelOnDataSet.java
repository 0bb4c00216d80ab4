package femto.tools.train;

import femto.model.FeatureRows;
import femto.model.FoldedCandidates;
import femto.model.Model;
import femto.score.Scorer;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Ranker;
import java.util.function.Supplier;

/**
 * A model put to work on a data set: the set's contexts and candidates as the model's features, the
 * catalogue folded. Safe to share; closing frees the folded catalogue, not the model.
 */
public final class ModelOnDataSet implements AutoCloseable {
  private final Model model;
  private final DataSet data;
  private final DerivedFields derived;
  private final FeatureRows contexts;
  private final FoldedCandidates candidates;

  /**
   * Projects and folds.
   *
   * @param model the model
   * @param data the data set; values that the model does not know count for nothing, and derived
   *     fields are made of what the model was trained on, by its note of the split
   * @throws IllegalArgumentException if the data set has no such split
   */
  public ModelOnDataSet(Model model, DataSet data) {
    this(model, data, DerivedFields.of(data, model));
  }

  /**
   * Folds.
   *
   * @param model the model
   * @param data the data set
   * @param derived its rows as the model's features
   */
  ModelOnDataSet(Model model, DataSet data, DerivedFields derived) {
    this.model = model;
    this.data = data;
    this.derived = derived;
    this.contexts = derived.contexts();
    this.candidates = FoldedCandidates.fold(model, derived.candidates());
  }

  /**
   * Predictions for some examples: link and range applied.
   *
   * @param examples indexes of examples
   * @return one prediction each
   */
  public double[] predictions(int[] examples) {
    Scorer scorer = new Scorer(model, candidates);
    DerivedFields.Requests requests = derived.requests(examples);
    double[] predictions = new double[examples.length];
    int folded = -1;
    for (int i = 0; i < examples.length; i++) {
      int context = requests.rowOf()[i];
      if (context != folded) {
        scorer.fold(requests.rows(), context);
        folded = context;
      }
      predictions[i] = model.predict(scorer.score(data.candidate(examples[i])));
    }
    return predictions;
  }

  /**
   * Predictions of a context for some candidates, whatever the time: link and range applied.
   *
   * @param context row of the data set's contexts
   * @param chosen rows of its candidates
   * @return one prediction each
   */
  public double[] predictions(int context, int[] chosen) {
    Scorer scorer = new Scorer(model, candidates);
    scorer.fold(contexts, context);
    double[] predictions = new double[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      predictions[i] = model.predict(scorer.score(chosen[i]));
    }
    return predictions;
  }

  /**
   * The factors of each candidate, folded from all its fields.
   *
   * @return a new vector for each candidate, of {@link Model#foldedLength} numbers
   */
  public float[][] candidateFactors() {
    float[][] factors = new float[candidates.size()][model.foldedLength()];
    for (int candidate = 0; candidate < factors.length; candidate++) {
      candidates.table().copyFactors(candidate, factors[candidate]);
    }
    return factors;
  }

  /**
   * Rankers of the catalogue by this model.
   *
   * @return gives a new ranker at each call, for one thread each
   */
  public Supplier<Ranker> rankers() {
    return () -> {
      Scorer scorer = new Scorer(model, candidates);
      return (context, k, excluded, intoCandidates, intoScores) -> {
        scorer.fold(contexts, context);
        return scorer.top(k, excluded, intoCandidates, intoScores);
      };
    };
  }

  /** Frees the folded catalogue. */
  @Override
  public void close() {
    candidates.close();
  }
}
