package femto.tools.cli;

import femto.policy.Policy;
import femto.tools.compare.Contender;
import femto.tools.compare.Tuning;
import femto.tools.data.DataSet;
import femto.tools.experiment.Mean;
import femto.tools.simulate.Audience;
import femto.tools.simulate.Audience.Arm;
import femto.tools.simulate.Simulation;
import femto.tools.simulate.Simulation.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "simulate",
    description = {
      "Let policies compete on arms of known rates.",
      "",
      "  femto simulate --arms 0.03,0.04,0.05",
      "  femto simulate --arms 0.03,0.04,0.05 --policy thompson,ucb1 --delay 500",
      "  femto simulate --data ml-100k --arms popularity,item-cf,bpr,fm --report bandits.html",
      "",
      "Each arm is a recommender that a request can be served by, and its rate how often "
          + "that ends in a click. A policy sees the clicks only. Its regret is how many clicks "
          + "it lost against always knowing the best arm, by the rates; an even split of an A/B "
          + "test goes on losing, a bandit loses less and less.",
      "",
      "With --data the arms are recommenders, fitted to half of the ratings; a model of the other "
          + "half says how often their lists are clicked.",
      "",
      "Policies: uniform, epsilon-greedy[:EPSILON], epsilon-decreasing[:C:D], ucb1, "
          + "thompson[:A:B], and ab[:N], which splits evenly for N rounds (30 %% of all, if N is "
          + "left out) and then stays with the arm that led.",
      ""
    })
final class SimulateCommand extends BaseCommand {
  private static final double AB_SHARE = 0.3;
  private static final double ATTENTION = 0.1;

  @Option(
      names = "--arms",
      required = true,
      split = ",",
      paramLabel = "ARM",
      description = {
        "Rate of each arm, 0 to 1; with --data recommenders: popularity, popularity-fading, "
            + "item-cf, item-cf-jaccard, item-cf-adjusted, ease, bpr, linear, fm."
      })
  List<String> arms = List.of();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "A data-set folder, or a raw MovieLens folder, whose users answer.")
  @Nullable Path dataPath;

  @Option(
      names = "--attention",
      paramLabel = "X",
      description = {
        "With --data: how often a user looks at what is shown, above 0, at most 1 "
            + "(default: 0.1)."
      })
  @Nullable Double attention;

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
      names = "--report",
      paramLabel = "HTML",
      description = "Write a page with tables and plots there.")
  @Nullable Path reportFile;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Repetitions at once (default: all cores).")
  int threads = Runtime.getRuntime().availableProcessors();

  @Override
  public Integer call() throws IOException {
    require(threads >= 1, "--threads must be 1 or more");
    require(arms.size() >= 2, "--arms needs two or more");
    require(attention == null || dataPath != null, "--attention needs --data");
    policies();
    List<Arm> served = dataPath == null ? rates() : recommenders(dataPath);
    long start = System.nanoTime();
    double[] rates = served.stream().mapToDouble(Arm::rate).toArray();
    Simulation simulation;
    List<Policy> all = policies();
    try {
      simulation = new Simulation(rates, rounds, repetitions, seed, delay, batch, discount);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    List<Outcome> outcomes;
    try (Progress progress = Progress.start("simulating", (long) all.size() * repetitions)) {
      outcomes = simulation.run(all, threads, progress::step);
    }
    if (log != null) {
      write(log, simulation, all);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    if (reportFile != null) {
      SimulationPage.of(served, simulation, policies, outcomes, lostByHalves(rates))
          .write(reportFile);
      say("Wrote " + reportFile);
    }
    if (!json) {
      print(served, outcomes, seconds);
    }
    return done(result(served, outcomes, seconds));
  }

  private List<Policy> policies() {
    try {
      return policies.stream().map(this::policy).toList();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private List<Arm> rates() {
    return arms.stream().map(text -> new Arm(text, "", rate(text))).toList();
  }

  private double rate(String text) {
    try {
      return Double.parseDouble(text.strip());
    } catch (NumberFormatException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--arms: \""
              + text
              + "\" is no rate, expected a number from 0 to 1, or --data for recommenders",
          e);
    }
  }

  private List<Arm> recommenders(Path path) throws IOException {
    double looked = attention == null ? ATTENTION : attention;
    require(looked > 0 && looked <= 1, "--attention must be above 0 and at most 1");
    CompareCommand.ContenderConverter converter = new CompareCommand.ContenderConverter();
    List<Contender> contenders = new ArrayList<>();
    for (String arm : arms) {
      try {
        contenders.add(converter.convert(arm));
      } catch (TypeConversionException e) {
        throw new ParameterException(spec.commandLine(), "--arms: " + e.getMessage(), e);
      }
    }
    long steps = Tuning.steps(contenders) + 1 + contenders.size();
    try (DataSet data = DataSet.openOrImport(path);
        Progress progress = Progress.start("fitting", steps)) {
      return Audience.serve(data, contenders, looked, seed, progress::step);
    }
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
                        Double.toString(propensity.getAsDouble()),
                        success ? "1" : "0"));
          }
        });
  }

  private Policy policy(String text) {
    return text.equalsIgnoreCase("ab")
        ? new Policy.ExploreThenCommit(Math.max(1, Math.round(AB_SHARE * rounds)))
        : Policy.parse(text);
  }

  private void print(List<Arm> served, List<Outcome> outcomes, double seconds) {
    if (dataPath != null) {
      Report.Table table = new Report.Table("arm", "clicks a request", "settings");
      served.forEach(arm -> table.row(arm.name(), Report.number(arm.rate()), arm.settings()));
      table.print(out());
      say("");
    }
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
                Report.count(rounds),
                Report.count(repetitions),
                seconds,
                tenths(lostByHalves(served.stream().mapToDouble(Arm::rate).toArray()))));
  }

  private double lostByHalves(double[] rates) {
    double best = Arrays.stream(rates).max().orElseThrow();
    return Arrays.stream(rates).map(rate -> best - rate).average().orElseThrow() * rounds;
  }

  static String tenths(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.1f", value) : "-";
  }

  static String percent(double part) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * part);
  }

  private Map<String, Object> result(List<Arm> served, List<Outcome> outcomes, double seconds) {
    Map<String, Object> result = new LinkedHashMap<>();
    double[] rates = served.stream().mapToDouble(Arm::rate).toArray();
    result.put("arms", Arrays.stream(rates).boxed().toList());
    if (dataPath != null) {
      result.put("recommenders", served.stream().map(Arm::name).toList());
      result.put("settings", served.stream().map(Arm::settings).toList());
    }
    result.put("rounds", rounds);
    result.put("repetitions", repetitions);
    result.put("delay", delay);
    result.put("batch", batch);
    result.put("discount", discount);
    result.put("seed", seed);
    result.put("regret_of_an_even_split", lostByHalves(rates));
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
