package femto.tools.cli;

import femto.tools.experiment.Mean;
import femto.tools.report.LineChart;
import femto.tools.report.Page;
import femto.tools.simulate.Audience.Arm;
import femto.tools.simulate.Simulation;
import femto.tools.simulate.Simulation.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.apache.commons.math3.distribution.BetaDistribution;

/** A simulation as a page. */
final class SimulationPage {
  private static final double LOW = 0.025;
  private static final double HIGH = 0.975;
  private static final int POINTS = 100;

  private SimulationPage() {}

  static Page of(
      List<Arm> arms,
      Simulation simulation,
      List<String> names,
      List<Outcome> outcomes,
      double lostByHalves) {
    Page page = new Page("Policies that choose between " + arms.size() + " arms");
    page.text(
        ("%s requests, %s times over, seed %d; an outcome is known after %d requests, and reported"
                + " every %d. Ranges and bands are 95 %% intervals over the repetitions. An even"
                + " split for ever loses %s clicks.")
            .formatted(
                Report.count(simulation.rounds()),
                Report.count(simulation.repetitions()),
                simulation.seed(),
                simulation.delay(),
                simulation.batch(),
                SimulateCommand.tenths(lostByHalves)));
    arms(page, arms, outcomes, names);
    regret(page, names, outcomes);
    for (int i = 0; i < names.size(); i++) {
      posteriors(page, arms, simulation, names.get(i), outcomes.get(i));
    }
    return page;
  }

  private static void arms(Page page, List<Arm> arms, List<Outcome> outcomes, List<String> names) {
    List<String> header = new ArrayList<>(List.of("arm", "clicks a request"));
    names.forEach(name -> header.add("share, " + name));
    List<List<String>> rows = new ArrayList<>();
    for (int arm = 0; arm < arms.size(); arm++) {
      int a = arm;
      List<String> row =
          new ArrayList<>(List.of(arms.get(arm).name(), Report.number(arms.get(arm).rate())));
      outcomes.forEach(outcome -> row.add(SimulateCommand.percent(outcome.shares()[a])));
      rows.add(row);
    }
    page.section("Arms, and how often each was chosen").table(header, rows);
  }

  private static void regret(Page page, List<String> names, List<Outcome> outcomes) {
    LineChart chart =
        new LineChart("Clicks lost against always knowing the best arm", "requests", "clicks lost");
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Outcome outcome = outcomes.get(i);
      chart.band(
          names.get(i),
          Arrays.stream(outcome.at()).asDoubleStream().toArray(),
          column(outcome.curve(), Mean::value),
          column(outcome.curve(), Mean::low),
          column(outcome.curve(), Mean::high));
      rows.add(
          List.of(
              names.get(i),
              SimulateCommand.tenths(outcome.regret().value()),
              SimulateCommand.tenths(outcome.regret().low())
                  + " to "
                  + SimulateCommand.tenths(outcome.regret().high()),
              SimulateCommand.percent(outcome.bestShare().value())));
    }
    page.section("What each policy loses")
        .table(List.of("policy", "clicks lost", "95 %", "best arm, last tenth"), rows)
        .chart(chart);
  }

  private static double[] column(List<Mean> means, ToDoubleFunction<Mean> value) {
    return means.stream().mapToDouble(value).toArray();
  }

  /** What the first repetition says of each arm, after a uniform prior. */
  private static void posteriors(
      Page page, List<Arm> arms, Simulation simulation, String name, Outcome outcome) {
    int count = Math.min(POINTS, simulation.rounds());
    double[] at = new double[count];
    double[][] means = new double[arms.size()][count];
    double[][] lows = new double[arms.size()][count];
    double[][] highs = new double[arms.size()][count];
    long[] successes = new long[arms.size()];
    long[] chosen = new long[arms.size()];
    int[] point = {0};
    simulation.replay(
        outcome.policy(),
        (round, arm, propensity, success) -> {
          chosen[arm]++;
          successes[arm] += success ? 1 : 0;
          if (round + 1 == (int) ((point[0] + 1L) * simulation.rounds() / count)) {
            at[point[0]] = round + 1;
            for (int a = 0; a < chosen.length; a++) {
              BetaDistribution posterior =
                  new BetaDistribution(null, 1.0 + successes[a], 1.0 + chosen[a] - successes[a]);
              means[a][point[0]] = (1.0 + successes[a]) / (2.0 + chosen[a]);
              lows[a][point[0]] = posterior.inverseCumulativeProbability(LOW);
              highs[a][point[0]] = posterior.inverseCumulativeProbability(HIGH);
            }
            point[0]++;
          }
        });
    LineChart chart =
        new LineChart("Rates of the arms as " + name + " met them", "requests", "clicks a request");
    for (int arm = 0; arm < arms.size(); arm++) {
      chart.band(arms.get(arm).name(), at, means[arm], lows[arm], highs[arm]);
    }
    page.section("One repetition of " + name)
        .text(
            "Mean and 95 % of the Beta distribution of each arm's rate by all that had happened until"
                + " then, from 1 success and 1 failure before the first request; delayed and batched"
                + " outcomes become known to the policy later than that. Bands stay wide where an arm"
                + " is hardly chosen.")
        .chart(chart);
  }
}
