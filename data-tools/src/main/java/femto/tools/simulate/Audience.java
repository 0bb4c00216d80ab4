package femto.tools.simulate;

import femto.learn.Loss;
import femto.model.Model;
import femto.tools.baseline.Interactions;
import femto.tools.baseline.Recommender;
import femto.tools.compare.Contender;
import femto.tools.compare.Trial;
import femto.tools.compare.Tuning;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Ranker;
import femto.tools.evaluate.Split;
import femto.tools.train.ModelOnDataSet;
import femto.tools.train.ModelTrainer;
import femto.tools.train.Recipe;
import femto.tools.train.Recipes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Users of a data set who are served by recommenders, and click as a model says that was fitted to
 * other rows than the recommenders: half of the ratings, drawn at random, are the truth's, the
 * other half is what the recommenders learn from.
 *
 * <p>The truth is a factorization machine on all fields, fitted to who likes what (ratings of
 * {@value #POSITIVE} or more) among four times as many items drawn evenly. At a request a user,
 * drawn evenly, is shown one of the ten that the recommender puts first, drawn evenly, without what
 * the user rated in the recommenders' half; the user looks with probability {@code attention}, and
 * clicks then with the truth's probability (clicks as examination times attraction: Craswell,
 * Zoeter, Taylor and Ramsey, WSDM 2008). Users come independently, so to a policy that does not
 * know them an arm is a coin: its rate is the mean over users and places, which is computed here
 * and not sampled.
 */
public final class Audience {
  private static final int TOP = 10;
  private static final float POSITIVE = 4;
  private static final int NEGATIVES = 4;

  private Audience() {}

  /**
   * A recommender that requests can be served by.
   *
   * @param name of the recommender
   * @param settings that were chosen on a part of its own half
   * @param rate how often a request that it serves ends in a click
   */
  public record Arm(String name, String settings, double rate) {}

  /**
   * Fits the truth and the recommenders.
   *
   * @param data the data set; labels are ratings
   * @param recommenders the recommenders
   * @param attention how often a user looks at what is shown, above 0, at most 1
   * @param seed decides the halves and what is drawn in fitting
   * @param done is called after each step: those of {@link Tuning#steps}, one for the truth, and
   *     one an arm
   * @return an arm each
   */
  public static List<Arm> serve(
      DataSet data, List<Contender> recommenders, double attention, long seed, Runnable done) {
    if (!(attention > 0 && attention <= 1)) {
      throw new IllegalArgumentException(
          "attention=" + attention + ", expected above 0, at most 1");
    }
    Split halves = Split.random(data, 0.5, seed);
    Trial trial = trial(data, halves.train());
    List<Tuning> tuned = Tuning.of(data, recommenders, trial, done);
    try (Model truth = truth(data, halves.test(), seed);
        ModelOnDataSet answers = new ModelOnDataSet(truth, data)) {
      done.run();
      List<Arm> arms = new ArrayList<>();
      for (int i = 0; i < tuned.size(); i++) {
        Contender.Candidate chosen = tuned.get(i).chosen();
        try (Recommender recommender = chosen.fit().of(data, trial, seed)) {
          double rate = attention * meanAnswer(trial, recommender, answers);
          arms.add(new Arm(recommenders.get(i).toString(), chosen.settings(), rate));
          done.run();
        }
      }
      return arms;
    }
  }

  private static Model truth(DataSet data, int[] examples, long seed) {
    Recipe recipe = Recipes.of(Loss.LOGISTIC, NEGATIVES, Recipes.Kind.FM, data).withSeed(seed);
    Recipe evenly = recipe.withTask(new Recipe.Task(Loss.LOGISTIC, POSITIVE, NEGATIVES, 0));
    return new ModelTrainer(data, evenly).train(examples);
  }

  /** What the recommenders learn from; nothing is asked. */
  private static Trial trial(DataSet data, int[] examples) {
    Interactions likes = Interactions.of(data, examples, POSITIVE);
    Interactions rated = Interactions.of(data, examples, Float.NEGATIVE_INFINITY);
    int users = likes.userCount();
    BitSet[] excluded = new BitSet[users];
    for (int user = 0; user < users; user++) {
      excluded[user] = new BitSet();
      Arrays.stream(rated.itemsOf(user)).forEach(excluded[user]::set);
    }
    int[][] nothing = new int[users][0];
    return new Trial(
        Arrays.stream(examples).filter(example -> data.label(example) >= POSITIVE).toArray(),
        likes,
        likes,
        Interactions.of(nothing, likes.itemCount()),
        nothing,
        excluded,
        likes.itemCount(),
        false);
  }

  private static double meanAnswer(Trial trial, Recommender recommender, ModelOnDataSet answers) {
    int users = trial.likes().userCount();
    int[] items = new int[TOP];
    float[] scores = new float[TOP];
    double sum = 0;
    try (Ranker ranker = recommender.newRanker()) {
      for (int user = 0; user < users; user++) {
        long[] excluded =
            Arrays.copyOf(trial.excluded()[user].toLongArray(), (recommender.items() + 63) >>> 6);
        int found = ranker.top(user, TOP, excluded, items, scores);
        sum +=
            Arrays.stream(answers.predictions(user, Arrays.copyOf(items, found)))
                .average()
                .orElse(0);
      }
    }
    return users == 0 ? 0 : sum / users;
  }
}
