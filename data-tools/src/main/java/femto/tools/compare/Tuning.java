package femto.tools.compare;

import femto.tools.baseline.Interactions;
import femto.tools.baseline.Recommender;
import femto.tools.data.DataSet;
import femto.tools.train.Parallel;
import it.unimi.dsi.fastutil.ints.IntArrays;
import it.unimi.dsi.fastutil.ints.IntLinkedOpenHashSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The settings of a model, chosen by NDCG@10 on a tenth of what would be relevant of each user's
 * training part, after learning the rest of it: a random tenth, or the latest where a trial is by
 * time.
 *
 * @param chosen the settings of the best figure; of equals the first
 * @param tried the figures of all that were tried, by settings; empty where there was no choice
 * @param seconds what that took, summed over tasks that ran side by side
 */
public record Tuning(Contender.Candidate chosen, Map<String, Double> tried, double seconds) {
  private static final double CUT = 0.1;

  /** Settings, what they reached, and how long that took. */
  private record Tried(Contender.Candidate candidate, double ndcg, double seconds) {}

  /**
   * How many settings there are to try.
   *
   * @param models the models
   * @return how often {@code done} is called
   */
  public static long steps(List<Contender> models) {
    return models.stream()
        .mapToInt(model -> model.candidates(false).size())
        .filter(size -> size > 1)
        .sum();
  }

  /**
   * Chooses, on all cores, with the same result on any number.
   *
   * @param data the data set
   * @param models the models
   * @param trial its training part is looked at, and nothing else of it
   * @param done is called after each that was tried, by any thread
   * @return the settings of each model
   */
  public static List<Tuning> of(DataSet data, List<Contender> models, Trial trial, Runnable done) {
    Trial cut = cut(data, trial);
    try (Parallel<Tried> parallel = new Parallel<>(Runtime.getRuntime().availableProcessors())) {
      List<Contender.Candidate> candidates =
          models.stream()
              .map(model -> model.candidates(trial.byTime()))
              .filter(ofModel -> ofModel.size() > 1)
              .flatMap(List::stream)
              .toList();
      for (int i = candidates.size() - 1; i >= 0; i--) { // models that take long come last
        Contender.Candidate candidate = candidates.get(i);
        parallel.submit(() -> tryOut(data, candidate, cut, done));
      }
      List<Tried> all = new ArrayList<>(parallel.join());
      Collections.reverse(all);
      List<Tuning> tuned = new ArrayList<>();
      int from = 0;
      for (Contender model : models) {
        int size = model.candidates(trial.byTime()).size();
        int to = from + (size > 1 ? size : 0);
        tuned.add(
            size > 1
                ? of(all.subList(from, to))
                : new Tuning(model.candidates(trial.byTime()).get(0), Map.of(), 0));
        from = to;
      }
      return tuned;
    }
  }

  private static Tried tryOut(
      DataSet data, Contender.Candidate candidate, Trial cut, Runnable done) {
    long start = System.nanoTime();
    try (Recommender recommender = candidate.fit().of(data, cut, 1)) {
      double ndcg = Figures.meanNdcg(cut, Figures.ask(cut, recommender));
      done.run();
      return new Tried(candidate, ndcg, (System.nanoTime() - start) / 1e9);
    }
  }

  private static Tuning of(List<Tried> tried) {
    Tried best = tried.get(0);
    Map<String, Double> figures = new LinkedHashMap<>();
    double seconds = 0;
    for (Tried one : tried) {
      best = one.ndcg() > best.ndcg() ? one : best;
      figures.put(one.candidate().settings(), one.ndcg());
      seconds += one.seconds();
    }
    return new Tuning(best.candidate(), figures, seconds);
  }

  /** A trial within the training part of another one. */
  static Trial cut(DataSet data, Trial trial) {
    SplittableRandom random = new SplittableRandom(7);
    int users = trial.likes().userCount();
    int[][] relevant = new int[users][];
    BitSet[] excluded = new BitSet[users];
    int[][] latestFirst = trial.byTime() ? latestFirst(data, trial) : new int[0][];
    for (int user = 0; user < users; user++) {
      int[] items = trial.byTime() ? latestFirst[user] : trial.wanted().itemsOf(user).clone();
      int cut = (int) Math.round(CUT * items.length);
      for (int i = 0; i < cut && !trial.byTime(); i++) {
        int j = i + random.nextInt(items.length - i);
        int moved = items[i];
        items[i] = items[j];
        items[j] = moved;
      }
      relevant[user] = Arrays.stream(items, 0, cut).sorted().toArray();
      excluded[user] = (BitSet) trial.excluded()[user].clone();
      for (int item : relevant[user]) {
        excluded[user].clear(item);
      }
    }
    int[] examples =
        Arrays.stream(trial.examples())
            .filter(
                example ->
                    Arrays.binarySearch(relevant[data.context(example)], data.candidate(example))
                        < 0)
            .toArray();
    Interactions left = trial.likes().without(relevant);
    Interactions wanted = trial.wanted().without(relevant);
    return new Trial(
        examples, left, wanted, left, relevant, excluded, trial.catalogue(), false, trial.byTime());
  }

  /** What would be relevant of each user's training part, by when it came last. */
  private static int[][] latestFirst(DataSet data, Trial trial) {
    int[] wanted = trial.wantedExamples(data);
    IntArrays.quickSort(
        wanted,
        (a, b) ->
            data.time(a) != data.time(b)
                ? Long.compare(data.time(b), data.time(a))
                : Integer.compare(b, a));
    List<IntLinkedOpenHashSet> items = new ArrayList<>();
    for (int user = 0; user < trial.likes().userCount(); user++) {
      items.add(new IntLinkedOpenHashSet());
    }
    for (int example : wanted) {
      items.get(data.context(example)).add(data.candidate(example));
    }
    return items.stream().map(IntLinkedOpenHashSet::toIntArray).toArray(int[][]::new);
  }
}
