package femto.tools.compare;

import femto.tools.baseline.Recommender;
import femto.tools.data.DataSet;
import femto.tools.evaluate.UserBootstrap;
import femto.tools.experiment.AbTest;
import femto.tools.experiment.Comparison;
import femto.tools.experiment.Mean;
import femto.tools.train.Parallel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Compares models under a protocol, over some seeds. Each model's settings are chosen by NDCG@10 on
 * a tenth of what would be relevant of each user's training part, with the first seed, and are the
 * same for all seeds; then it is fitted to the whole training part. No model sees the test part
 * before it is asked.
 */
public final class ModelComparison {
  private static final double LEVEL = 0.95;
  private static final String MAIN = "ndcg_at_10";

  private final DataSet data;
  private final Preset preset;
  private final int seeds;
  private final List<Reranking> rerankings;
  private final @Nullable Feedback feedback;

  /**
   * Sets up a comparison.
   *
   * @param data the data set; labels are ratings
   * @param preset the protocol
   * @param seeds how many seeds, from 1 on
   * @param rerankings each model is also shown with its lists changed by each of them
   * @param feedback how satisfied users were with items, where that is known
   * @throws IllegalArgumentException if the data has no such field as a re-ranking names
   */
  public ModelComparison(
      DataSet data,
      Preset preset,
      int seeds,
      List<Reranking> rerankings,
      @Nullable Feedback feedback) {
    this.data = data;
    this.preset = preset;
    this.seeds = seeds;
    this.rerankings = List.copyOf(rerankings);
    this.rerankings.forEach(reranking -> reranking.check(data));
    this.feedback = feedback;
  }

  /**
   * A figure.
   *
   * @param value mean over seeds of the means over users
   * @param low lower end of its 95 % interval: over splits by {@link Mean#ofSplits}; where there is
   *     one split, over its users by bootstrap; NaN where there is none
   * @param high upper end
   */
  public record Figure(double value, double low, double high) {}

  /**
   * How a model did.
   *
   * @param model the model
   * @param reranking what changed its lists; empty if nothing did
   * @param settings that were chosen
   * @param tried settings that were tried, with the NDCG@10 that each reached on the part cut off
   * @param figures by name
   * @param ndcgByLength NDCG of lists of each of {@link Figures#LENGTHS}
   * @param users who was asked, of the first split
   * @param ofUsers figures of each of them, by name; where there is one split, means over the seeds
   * @param tied users of the first seed for whom the rule for ties may have decided a figure
   * @param seconds what tuning, fitting and asking took, summed over tasks that ran side by side; a
   *     row of changed lists has that of its model
   */
  public record Row(
      String model,
      String reranking,
      String settings,
      Map<String, Double> tried,
      Map<String, Figure> figures,
      Map<Integer, Figure> ndcgByLength,
      int[] users,
      Map<String, double[]> ofUsers,
      int tied,
      double seconds) {
    /**
     * What the row is called.
     *
     * @return the model, and what changed its lists
     */
    public String name() {
      return reranking.isEmpty() ? model : model + " " + reranking;
    }

    /**
     * One of the figures.
     *
     * @param figure its name
     * @return the figure
     */
    public Figure figure(String figure) {
      return java.util.Objects.requireNonNull(figures.get(figure));
    }
  }

  /**
   * Two models beside one another.
   *
   * @param one the one that is better
   * @param other the other one
   * @param comparison the difference in NDCG@10, one less the other, by the paired t-test: over
   *     splits, corrected for their overlap; where there is one split, over its users
   */
  public record Pair(String one, String other, Comparison comparison) {}

  /**
   * What came of it.
   *
   * @param rows a row for each model, and one for each that changes its lists
   * @param pairs each two of the rows
   * @param usersLeftOut users of the first seed's test part to whom nothing in it is relevant
   */
  public record Result(List<Row> rows, List<Pair> pairs, int usersLeftOut) {}

  /** A model on one seed: itself, and with its lists changed. */
  private record Measured(List<Figures> figures, double seconds) {}

  /**
   * How many steps a comparison has.
   *
   * @param models the models
   * @return how often {@code done} is called
   */
  public long steps(List<Contender> models) {
    return Tuning.steps(models) + (long) models.size() * seeds;
  }

  /**
   * Compares, on all cores. The figures do not depend on their number.
   *
   * @param models which models
   * @param done is called after each step, by any thread
   * @return what came of it
   */
  public Result run(List<Contender> models, Runnable done) {
    List<Trial> trials = new ArrayList<>();
    for (int seed = 1; seed <= seeds; seed++) {
      trials.add(preset.trial(data, seed));
    }
    List<Tuning> tuned = Tuning.of(data, models, trials.get(0), done);
    List<Measured> measured = measure(tuned, trials, done);
    List<Row> rows = new ArrayList<>();
    List<List<Figures>> all = new ArrayList<>();
    for (int model = 0; model < models.size(); model++) {
      List<Measured> ofModel = measured.subList(model * seeds, (model + 1) * seeds);
      double seconds =
          tuned.get(model).seconds() + ofModel.stream().mapToDouble(Measured::seconds).sum();
      for (int variant = 0; variant <= rerankings.size(); variant++) {
        int v = variant;
        List<Figures> ofSeeds = ofModel.stream().map(one -> one.figures().get(v)).toList();
        String reranking = variant == 0 ? "" : rerankings.get(variant - 1).toString();
        rows.add(row(models.get(model), reranking, tuned.get(model), ofSeeds, seconds));
        all.add(ofSeeds);
      }
    }
    return new Result(rows, pairs(rows, all), trials.get(0).usersLeftOut());
  }

  private List<Measured> measure(List<Tuning> tuned, List<Trial> trials, Runnable done) {
    List<ItemCosines> cosines =
        trials.stream().map(trial -> ItemCosines.of(trial.likes())).toList();
    try (Parallel<Measured> parallel = new Parallel<>(Runtime.getRuntime().availableProcessors())) {
      for (int i = tuned.size() * seeds - 1; i >= 0; i--) { // models that take long come last
        Contender.Candidate chosen = tuned.get(i / seeds).chosen();
        int seed = i % seeds;
        parallel.submit(
            () -> {
              Measured measured = measure(chosen, trials.get(seed), cosines.get(seed), seed + 1L);
              done.run();
              return measured;
            });
      }
      List<Measured> all = new ArrayList<>(parallel.join());
      Collections.reverse(all);
      return all;
    }
  }

  private Measured measure(
      Contender.Candidate chosen, Trial trial, ItemCosines cosines, long seed) {
    long start = System.nanoTime();
    List<Figures> figures = new ArrayList<>();
    try (Recommender recommender = chosen.fit().of(data, trial, seed)) {
      Figures.Lists lists = Figures.ask(trial, recommender);
      figures.add(Figures.of(trial, lists, cosines, feedback));
      for (Reranking reranking : rerankings) {
        Recommender changed = reranking.of(recommender, cosines, data);
        Figures.Lists other = Figures.ask(trial, changed).withTied(lists.tied());
        figures.add(Figures.of(trial, other, cosines, feedback));
      }
    }
    return new Measured(figures, (System.nanoTime() - start) / 1e9);
  }

  private Row row(
      Contender model, String reranking, Tuning tuned, List<Figures> ofSeeds, double seconds) {
    Figures first = ofSeeds.get(0);
    Map<String, Figure> figures = new LinkedHashMap<>();
    Map<String, double[]> ofUsers = new LinkedHashMap<>();
    for (String figure : Figures.OF_USERS) {
      double[] values = ofUsers(ofSeeds, one -> one.values(figure));
      ofUsers.put(figure, values);
      figures.put(figure, figure(ofSeeds, one -> one.mean(figure), UserBootstrap.ofMean(values)));
    }
    for (String figure : Figures.OF_ALL) {
      double[] unknown = {Double.NaN, Double.NaN};
      figures.put(figure, figure(ofSeeds, one -> one.mean(figure), unknown));
    }
    Map<Integer, Figure> byLength = new LinkedHashMap<>();
    for (int length : Figures.LENGTHS) {
      double[] values = ofUsers(ofSeeds, one -> one.ndcgAt(length));
      byLength.put(
          length, figure(ofSeeds, one -> mean(one.ndcgAt(length)), UserBootstrap.ofMean(values)));
    }
    return new Row(
        model.toString(),
        reranking,
        tuned.chosen().settings(),
        tuned.tried(),
        figures,
        byLength,
        first.users(),
        ofUsers,
        first.tied(),
        seconds);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN);
  }

  private boolean splitsDiffer() {
    return seeds > 1 && preset.isRandom();
  }

  /** A figure of each user: of the first split, or of one split the means over the seeds. */
  private double[] ofUsers(List<Figures> ofSeeds, Function<Figures, double[]> figure) {
    double[] first = figure.apply(ofSeeds.get(0));
    if (splitsDiffer()) {
      return first;
    }
    double[] means = new double[first.length];
    for (Figures one : ofSeeds) {
      double[] values = figure.apply(one);
      for (int i = 0; i < means.length; i++) {
        means[i] += values[i] / ofSeeds.size();
      }
    }
    return means;
  }

  private Figure figure(List<Figures> ofSeeds, ToDoubleFunction<Figures> of, double[] endsOfUsers) {
    double[] means = ofSeeds.stream().mapToDouble(of).toArray();
    Mean mean = Mean.ofSplits(means, preset.testedByTrained());
    return splitsDiffer()
        ? new Figure(mean.value(), mean.low(), mean.high())
        : new Figure(mean.value(), endsOfUsers[0], endsOfUsers[1]);
  }

  private List<Pair> pairs(List<Row> rows, List<List<Figures>> figures) {
    List<Pair> pairs = new ArrayList<>();
    for (int one = 0; one < rows.size(); one++) {
      for (int other = one + 1; other < rows.size(); other++) {
        boolean ordered =
            rows.get(one).figure(MAIN).value() >= rows.get(other).figure(MAIN).value();
        int better = ordered ? one : other;
        int worse = ordered ? other : one;
        pairs.add(
            new Pair(
                rows.get(better).name(),
                rows.get(worse).name(),
                AbTest.ofSplits(
                    paired(figures.get(worse)),
                    paired(figures.get(better)),
                    LEVEL,
                    splitsDiffer() ? preset.testedByTrained() : 0)));
      }
    }
    return pairs;
  }

  private double[] paired(List<Figures> ofSeeds) {
    return splitsDiffer()
        ? ofSeeds.stream().mapToDouble(figures -> figures.mean(MAIN)).toArray()
        : ofUsers(ofSeeds, figures -> figures.values(MAIN));
  }
}
