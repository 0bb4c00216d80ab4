package femto.tools.cli;

import femto.policy.Policy;
import femto.tools.experiment.Mean;
import femto.tools.simulate.Simulation;
import femto.tools.simulate.Simulation.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "simulate",
    description = {
      "Let policies compete on arms of known rates.",
      "",
      "  femto simulate --arms 0.03,0.04,0.05",
      "  femto simulate --arms 0.03,0.04,0.05 --policy thompson,ucb1 --delay 500",
      "",
      "Each arm is a recommender that a request can be served by, and its rate how often "
          + "that ends in a click. A policy sees the clicks only. Its regret is how many clicks "
          + "it lost against always knowing the best arm, by the rates; an even split of an A/B "
          + "test goes on losing, a bandit loses less and less.",
      "",
      "Policies: uniform, epsilon-greedy[:EPSILON], epsilon-decreasing[:C:D], ucb1, "
          + "thompson[:A:B], and ab[:N], which splits evenly for N rounds (30 % of all, if N is "
          + "left out) and then stays with the arm that led.",
      ""
    })
final class SimulateCommand extends BaseCommand {
  private static final double AB_SHARE = 0.3;

  @Option(
      names = "--arms",
      required = true,
      split = ",",
      paramLabel = "RATE",
      description = "Rate of each arm, 0 to 1.")
  double[] arms = {};

  @Option(
      names = "--policy",
      split = ",",
      paramLabel = "POLICY",
      description = "Policies as above (default: ${DEFAULT-VALUE}).")
  List<String> policies = List.of("epsilon-greedy", "thompson", "ucb1", "ab");

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Requests in a repetition (default: ${DEFAULT-VALUE}).")
  int rounds = 10_000;

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      description = "How often each begins anew (default: ${DEFAULT-VALUE}).")
  int repetitions = 1_000;

  @Option(
      names = "--delay",
      paramLabel = "N",
      description = "Rounds until an outcome is known (default: ${DEFAULT-VALUE}).")
  int delay;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Outcomes are reported every N rounds (default: ${DEFAULT-VALUE}).")
  int batch = 1;

  @Option(
      names = "--discount",
      paramLabel = "X",
      description = "What an outcome counts after another one (default: ${DEFAULT-VALUE}).")
  double discount = 1;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed; one seed gives one result (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(
      names = "--log",
      paramLabel = "FILE",
      description =
          "Write each decision of the first repetition of each policy, with the probability it had.")
  @Nullable Path log;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Repetitions at once (default: all cores).")
  int threads = Runtime.getRuntime().availableProcessors();

  @Override
  public Integer call() throws IOException {
    require(threads >= 1, "--threads must be 1 or more");
    long start = System.nanoTime();
    Simulation simulation;
    List<Policy> all;
    try {
      simulation = new Simulation(arms, rounds, repetitions, seed, delay, batch, discount);
      all = policies.stream().map(this::policy).toList();
    } catch (IllegalArgumentException e) {
      throw new picocli.CommandLine.ParameterException(
          spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    List<Outcome> outcomes;
    try (Progress progress = Progress.start("simulating", (long) all.size() * repetitions)) {
      outcomes = simulation.run(all, threads, progress::step);
    }
    if (log != null) {
      write(log, simulation, all);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    if (!json) {
      print(outcomes, seconds);
    }
    return done(result(outcomes, seconds));
  }

  private void write(Path file, Simulation simulation, List<Policy> all) throws IOException {
    CsvFile.write(
        file,
        csv -> {
          csv.writeRecord("policy", "round", "arm", "propensity", "reward");
          for (int i = 0; i < all.size(); i++) {
            String name = policies.get(i);
            simulation.replay(
                all.get(i),
                (round, arm, propensity, success) ->
                    csv.writeRecord(
                        name,
                        Integer.toString(round),
                        Integer.toString(arm),
                        Double.toString(propensity),
                        success ? "1" : "0"));
          }
        });
  }

  private Policy policy(String text) {
    return text.equalsIgnoreCase("ab")
        ? new Policy.ExploreThenCommit(Math.max(1, Math.round(AB_SHARE * rounds)))
        : Policy.parse(text);
  }

  private void print(List<Outcome> outcomes, double seconds) {
    Report.Table table =
        new Report.Table("policy", "clicks lost", "95 %", "best arm, last tenth", "shares of arms");
    for (int i = 0; i < outcomes.size(); i++) {
      Outcome outcome = outcomes.get(i);
      table.row(
          policies.get(i),
          tenths(outcome.regret().value()),
          tenths(outcome.regret().low()) + " to " + tenths(outcome.regret().high()),
          percent(outcome.bestShare().value()),
          Arrays.stream(outcome.shares())
              .mapToObj(SimulateCommand::percent)
              .collect(Collectors.joining("  ")));
    }
    table.print(out());
    say(
        "%s rounds, %s times over, in %.1f seconds. An even split for ever loses %s."
            .formatted(
                Report.count(rounds), Report.count(repetitions), seconds, tenths(lostByHalves())));
  }

  private double lostByHalves() {
    double best = Arrays.stream(arms).max().orElseThrow();
    return Arrays.stream(arms).map(rate -> best - rate).average().orElseThrow() * rounds;
  }

  private static String tenths(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.1f", value) : "-";
  }

  private static String percent(double part) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * part);
  }

  private Map<String, Object> result(List<Outcome> outcomes, double seconds) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("arms", Arrays.stream(arms).boxed().toList());
    result.put("rounds", rounds);
    result.put("repetitions", repetitions);
    result.put("delay", delay);
    result.put("batch", batch);
    result.put("discount", discount);
    result.put("seed", seed);
    result.put("regret_of_an_even_split", lostByHalves());
    result.put(
        "policies", IntStream.range(0, outcomes.size()).mapToObj(i -> row(i, outcomes)).toList());
    result.put("seconds", seconds);
    return result;
  }

  private Map<String, Object> row(int i, List<Outcome> outcomes) {
    Outcome outcome = outcomes.get(i);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("policy", policies.get(i));
    put(row, "regret", outcome.regret());
    put(row, "best_arm_share", outcome.bestShare());
    row.put("arm_shares", Arrays.stream(outcome.shares()).boxed().toList());
    row.put("curve_rounds", Arrays.stream(outcome.at()).boxed().toList());
    row.put("curve_regret", outcome.curve().stream().map(Mean::value).toList());
    row.put("curve_regret_low", outcome.curve().stream().map(Mean::low).toList());
    row.put("curve_regret_high", outcome.curve().stream().map(Mean::high).toList());
    return row;
  }

  private static void put(Map<String, Object> row, String name, Mean mean) {
    row.put(name, mean.value());
    row.put(name + "_low", mean.low());
    row.put(name + "_high", mean.high());
  }
}
