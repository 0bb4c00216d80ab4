package femto.tools.compare;

import femto.tools.baseline.Likes;
import femto.tools.data.DataSet;
import femto.tools.experiment.Mean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Compares models under a protocol, over some seeds. Each model's settings are chosen by NDCG@10 on
 * a tenth of what would be relevant of each user's training part, with the first seed, and are the
 * same for all seeds; then it is fitted to the whole training part. No model sees the test part
 * before it is asked.
 */
public final class ModelComparison {
  private static final double CUT = 0.1;

  private ModelComparison() {}

  /**
   * A figure.
   *
   * @param value mean over seeds of the means over users
   * @param low lower end of its 95 % interval: over splits by Student's t; where there is one
   *     split, over the users of the first seed by bootstrap; NaN where there is none
   * @param high upper end
   */
  public record Figure(double value, double low, double high) {}

  /**
   * How a model did.
   *
   * @param model the model
   * @param settings that were chosen
   * @param figures by name
   * @param users how many were asked, with the first seed
   * @param tied users of the first seed for whom the rule for ties may have decided a figure
   * @param seconds what tuning, fitting and asking took
   */
  public record Row(
      Baseline model,
      String settings,
      Map<String, Figure> figures,
      int users,
      long tied,
      double seconds) {}

  /**
   * Compares.
   *
   * @param data the data set; labels are ratings
   * @param preset the protocol
   * @param models which models
   * @param seeds how many seeds, from 1 on
   * @param done is told of each model that is done with a seed
   * @return a row for each model
   */
  public static List<Row> run(
      DataSet data, Preset preset, List<Baseline> models, int seeds, Runnable done) {
    List<Trial> trials = new ArrayList<>();
    for (int seed = 1; seed <= seeds; seed++) {
      trials.add(preset.trial(data, seed));
    }
    List<Row> rows = new ArrayList<>();
    for (Baseline model : models) {
      long start = System.nanoTime();
      Baseline.Candidate chosen = choose(model, trials.get(0));
      List<Figures> all = new ArrayList<>();
      for (int i = 0; i < seeds; i++) {
        Trial trial = trials.get(i);
        all.add(Figures.of(trial, chosen.fit().of(trial.likes(), i + 1L)));
        done.run();
      }
      Map<String, Figure> figures = new LinkedHashMap<>();
      Figures.names().forEach(name -> figures.put(name, figure(all, name, preset.isRandom())));
      rows.add(
          new Row(
              model,
              chosen.settings(),
              figures,
              all.get(0).users(),
              all.get(0).tied(),
              (System.nanoTime() - start) / 1e9));
    }
    return rows;
  }

  private static Figure figure(List<Figures> all, String name, boolean splitsDiffer) {
    Mean mean = Mean.of(all.stream().mapToDouble(figures -> figures.mean(name)).toArray());
    if (all.size() > 1 && splitsDiffer) {
      return new Figure(mean.value(), mean.low(), mean.high());
    }
    double[] ends = all.get(0).bootstrap(name);
    return new Figure(mean.value(), ends[0], ends[1]);
  }

  private static Baseline.Candidate choose(Baseline model, Trial trial) {
    List<Baseline.Candidate> candidates = model.candidates();
    if (candidates.size() == 1) {
      return candidates.get(0);
    }
    Trial tuning = cut(trial);
    Baseline.Candidate best = candidates.get(0);
    double highest = Double.NEGATIVE_INFINITY;
    for (Baseline.Candidate candidate : candidates) {
      double ndcg = Figures.of(tuning, candidate.fit().of(tuning.likes(), 1)).mean("ndcg_at_10");
      if (ndcg > highest) {
        highest = ndcg;
        best = candidate;
      }
    }
    return best;
  }

  /** A trial within the training part of another one. */
  static Trial cut(Trial trial) {
    Likes likes = trial.likes();
    SplittableRandom random = new SplittableRandom(7);
    int users = likes.userCount();
    int[][] kept = new int[users][];
    int[][] relevant = new int[users][];
    BitSet[] excluded = new BitSet[users];
    for (int user = 0; user < users; user++) {
      int[] items = trial.wanted().itemsOf(user).clone();
      int cut = (int) Math.round(CUT * items.length);
      for (int i = 0; i < cut; i++) {
        int j = i + random.nextInt(items.length - i);
        int moved = items[i];
        items[i] = items[j];
        items[j] = moved;
      }
      int[] cutOff = Arrays.stream(items, 0, cut).sorted().toArray();
      relevant[user] = cutOff;
      kept[user] =
          Arrays.stream(likes.itemsOf(user))
              .filter(item -> Arrays.binarySearch(cutOff, item) < 0)
              .toArray();
      excluded[user] = (BitSet) trial.excluded()[user].clone();
      for (int item : relevant[user]) {
        excluded[user].clear(item);
      }
    }
    Likes left = Likes.of(kept, likes.itemCount());
    return new Trial(left, left, relevant, excluded, trial.catalogue(), false);
  }
}
