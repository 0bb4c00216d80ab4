package femto.tools.cli;

import femto.policy.Policy;
import femto.tools.experiment.BanditLog;
import femto.tools.experiment.Interval;
import femto.tools.experiment.OffPolicy.Estimate;
import femto.tools.experiment.Replay;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "offpolicy",
    description = {
      "Say what policies would have earned, from the log of another one.",
      "",
      "  femto simulate --arms 0.03,0.04,0.05 --policy uniform --log log.csv",
      "  femto offpolicy log.csv --policy arm:2,mix:0.2:0.3:0.5,thompson",
      "",
      "The log is CSV with the columns arm (from 0), propensity (the probability that the "
          + "choice had) and reward; where a column policy names several, --logged says whose "
          + "decisions are taken.",
      "",
      "Policies that never learn, arm:N, mix:P0:P1:... (a probability for each arm) and uniform, "
          + "are judged three ways. IPS weighs each reward by how much more probable its choice "
          + "is under the policy than it was in the log; SNIPS divides by the sum of the weights, "
          + "which is steadier; DR starts from the mean reward of each arm, fitted on the other "
          + "half of the log, and weighs only what that got wrong.",
      "",
      "Policies that learn (those of 'femto simulate'; ab needs its N) are replayed: they choose "
          + "beside the log, and where both choose alike they learn from the reward, and it counts. "
          + "That needs the log of a uniformly random policy.",
      "",
      "Look before believing: decisions is how many of the policy's own the estimate is worth; "
          + "a mean weight far from 1 says that the log does not cover the policy, or that "
          + "--clip cut much; and a warning names arms that the log has hardly or never chosen.",
      ""
    })
final class OffPolicyCommand extends BaseCommand {
  /** Of fewer rewards no mean is known, nor how well it is. */
  private static final int FEW = 30;

  private static final double TOLERANCE = 1e-9;

  @Parameters(
      paramLabel = "LOG",
      description = "A log of decisions, such as simulate --log writes.")
  Path file = Path.of("");

  @Option(
      names = "--policy",
      required = true,
      split = ",",
      paramLabel = "POLICY",
      converter = JudgedConverter.class,
      description = "Policies to be judged, as above.")
  List<Judged> policies = List.of();

  @Option(
      names = "--logged",
      paramLabel = "NAME",
      description = "Take the decisions of this policy of the log (default: of the only one).")
  @Nullable String logged;

  @Option(
      names = "--arms",
      paramLabel = "N",
      description = "How many arms there are (default: up to the highest that the log has).")
  int arms;

  @Option(
      names = "--clip",
      paramLabel = "W",
      description = "Cut weights to W: less noise, and a bias (default: cut none).")
  double clip = Double.POSITIVE_INFINITY;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description =
          "Judge policies that learn by their first N rounds (default: by all there are).")
  int rounds = Integer.MAX_VALUE;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Seed of what policies leave to chance (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  /**
   * A policy to be judged: a learning one, or the probabilities of a fixed one.
   *
   * @param arm the only one that it chooses, or -1
   * @param mix probability of each arm, or null
   */
  record Judged(String name, @Nullable Policy learning, int arm, double @Nullable [] mix) {
    /** The probabilities of a fixed one. */
    double[] mix(int arms) {
      if (mix != null) {
        return mix;
      }
      double[] all = new double[arms];
      if (arm >= 0) {
        all[arm] = 1;
      } else {
        Arrays.fill(all, 1.0 / arms);
      }
      return all;
    }
  }

  static final class JudgedConverter implements ITypeConverter<Judged> {
    @Override
    public Judged convert(String text) {
      String name = text.strip().toLowerCase(Locale.ROOT);
      try {
        if (name.startsWith("arm:")) {
          return new Judged(name, null, arm(name.substring(4)), null);
        }
        if (name.startsWith("mix:")) {
          return new Judged(name, null, -1, mix(name.substring(4)));
        }
        Policy policy = Policy.parse(name);
        return new Judged(name, policy instanceof Policy.Uniform ? null : policy, -1, null);
      } catch (NumberFormatException e) {
        throw new TypeConversionException(
            "\"" + text + "\", expected arm:N, or mix: and a probability for each arm");
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage() + ", arm:N or mix:P0:P1:...");
      }
    }

    private static int arm(String text) {
      int arm = Integer.parseInt(text);
      if (arm < 0) {
        throw new NumberFormatException("arm " + arm);
      }
      return arm;
    }

    private static double[] mix(String text) {
      double[] mix = Arrays.stream(text.split(":", -1)).mapToDouble(Double::parseDouble).toArray();
      boolean positive = Arrays.stream(mix).allMatch(p -> p >= 0);
      if (!positive || !(Math.abs(Arrays.stream(mix).sum() - 1) <= TOLERANCE)) {
        throw new TypeConversionException(
            "mix:" + text + ", expected probabilities that sum to 1, one for each arm");
      }
      return mix;
    }
  }

  /** A line of the table; of replay, the size is how many matched. */
  private record Line(
      Judged policy,
      String method,
      double value,
      Interval interval,
      double size,
      double meanWeight,
      long clipped) {
    static Line of(Judged policy, String method, Estimate estimate) {
      return new Line(
          policy,
          method,
          estimate.value(),
          estimate.interval(),
          estimate.effectiveSize(),
          estimate.meanWeight(),
          estimate.clipped());
    }
  }

  @Override
  public Integer call() throws IOException {
    require(clip > 0, "--clip must be above 0");
    require(rounds >= 2, "--rounds must be 2 or more");
    boolean armsGiven = spec.commandLine().getParseResult().hasMatchedOption("--arms");
    require(!armsGiven || (arms >= 2 && arms <= 1000), "--arms must be 2 to 1000");
    BanditLog log = BanditLog.readCsv(file, logged, arms);
    policies.forEach(policy -> requireFits(policy, log.arms()));
    List<Line> lines = new ArrayList<>();
    for (Judged policy : policies) {
      lines.addAll(judge(policy, log));
    }
    List<Map<String, Object>> unsupported = checkSupport(log);
    if (!json) {
      print(log, lines);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("decisions", log.size());
    result.put("arms", log.arms());
    result.put("logged_counts", Arrays.stream(log.counts()).boxed().toList());
    result.put("clip", clip);
    result.put("seed", seed);
    result.put("estimates", lines.stream().map(OffPolicyCommand::members).toList());
    result.put("unsupported", unsupported);
    return done(result);
  }

  private void requireFits(Judged policy, int found) {
    double[] mix = policy.mix();
    boolean fits = policy.arm() < found && (mix == null || mix.length == found);
    if (!fits) {
      throw new ParameterException(
          spec.commandLine(),
          "--policy %s, but the log has %d arms, 0 to %d (--arms N says if there are others)"
              .formatted(policy.name(), found, found - 1));
    }
  }

  private List<Line> judge(Judged policy, BanditLog log) {
    Policy learning = policy.learning();
    if (learning == null) {
      double[] mix = policy.mix(log.arms());
      return List.of(
          Line.of(policy, "IPS", log.ips(mix, clip)),
          Line.of(policy, "SNIPS", log.selfNormalised(mix, clip)),
          Line.of(policy, "DR", log.doublyRobust(mix, clip)));
    }
    Replay.Result result;
    try {
      result = Replay.of(log, learning, rounds, new SplittableRandom(seed));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          file + ": cannot judge " + policy.name() + ": " + e.getMessage(), e);
    }
    return List.of(
        new Line(
            policy, "replay", result.value(), result.interval(), result.matched(), Double.NaN, 0));
  }

  /** Warns of arms that a policy chooses and the log does not know. */
  private List<Map<String, Object>> checkSupport(BanditLog log) {
    long[] counts = log.counts();
    List<Map<String, Object>> unsupported = new ArrayList<>();
    for (Judged policy : policies) {
      double[] mix = policy.mix(log.arms()); // of one that learns, any arm
      for (int arm = 0; arm < log.arms(); arm++) {
        if (mix[arm] > 0 && counts[arm] < FEW) {
          Map<String, Object> members = new LinkedHashMap<>();
          members.put("policy", policy.name());
          members.put("arm", arm);
          members.put("logged", counts[arm]);
          unsupported.add(members);
          err()
              .printf(
                  Locale.ROOT,
                  "femto: warning: %s may choose arm %d, which the log %s%n",
                  policy.name(),
                  arm,
                  counts[arm] == 0
                      ? "never chose: nothing is known of it"
                      : "chose %d times only".formatted(counts[arm]));
        }
      }
    }
    err().flush();
    return unsupported;
  }

  private void print(BanditLog log, List<Line> lines) {
    Report.Table table =
        new Report.Table(
            "policy", "method", "mean reward", "95 %", "decisions", "mean weight", "clipped");
    for (Line line : lines) {
      boolean replayed = line.policy().learning() != null;
      table.row(
          line.policy().name(),
          line.method(),
          Report.number(line.value()),
          Report.number(line.interval().low()) + " to " + Report.number(line.interval().high()),
          Report.count(Math.round(line.size())),
          Report.number(line.meanWeight()),
          replayed ? "-" : Report.count(line.clipped()));
    }
    table.print(out());
    double earned = Arrays.stream(log.rewards()).average().orElse(Double.NaN);
    say(
        "The log: %s decisions among %d arms, mean reward %s."
            .formatted(Report.count(log.size()), log.arms(), Report.number(earned)));
  }

  private static Map<String, Object> members(Line line) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("policy", line.policy().name());
    members.put("method", line.method().toLowerCase(Locale.ROOT));
    members.put("value", line.value());
    members.put("low", line.interval().low());
    members.put("high", line.interval().high());
    if (line.policy().learning() != null) {
      members.put("matched", Math.round(line.size()));
    } else {
      members.put("effective_size", line.size());
      members.put("mean_weight", line.meanWeight());
      members.put("clipped", line.clipped());
    }
    return members;
  }
}
