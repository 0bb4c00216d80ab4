package femto.tools.cli;

import femto.tools.experiment.AbTest;
import femto.tools.experiment.Comparison;
import femto.tools.experiment.Interval;
import femto.tools.experiment.Rate;
import femto.tools.experiment.SampleSize;
import femto.tools.experiment.SequentialTest;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "abtest",
    description = {
      "Plan an A/B test, or say what came of it.",
      "",
      "How many users: femto abtest --rate 0.04 --lift 0.05",
      "What came of it: femto abtest --control 400/10000 --variant 455/10000",
      "",
      "The p-value is for who looks once, when the planned number of users is reached. "
          + "Looking earlier, and stopping when it is small, finds differences where there are "
          + "none; the sequential p-value may be looked at every day. (It is the least so far "
          + "if --variant was looked at before: numbers of one day give that day's.)",
      "",
      "An alarm is raised when users are split so unevenly that the assignment must be "
          + "broken: then no other number of the experiment can be believed.",
      ""
    })
final class AbTestCommand extends BaseCommand {
  @ArgGroup(exclusive = true, multiplicity = "1")
  Task task = new Task();

  static final class Task {
    @ArgGroup(exclusive = false)
    @Nullable Plan plan;

    @ArgGroup(exclusive = false)
    @Nullable Counts counts;
  }

  static final class Plan {
    @Option(
        names = "--rate",
        required = true,
        paramLabel = "RATE",
        description = "The control's rate, such as a click-through rate of 0.04.")
    double rate;

    @Option(
        names = "--lift",
        required = true,
        paramLabel = "X",
        description =
            "The smallest change that matters, as a part of the rate: 0.05 is from 0.04 to 0.042.")
    double lift;

    @Option(
        names = "--power",
        paramLabel = "X",
        description = "How often it is to be found (default: 0.8).")
    double power = 0.8;
  }

  static final class Counts {
    @Option(
        names = "--control",
        required = true,
        paramLabel = "S/N",
        converter = RateConverter.class,
        description = "Successes and users of the control, such as 4000/100000.")
    Rate control = new Rate(0, 0);

    @Option(
        names = "--variant",
        required = true,
        paramLabel = "S/N",
        converter = RateConverter.class,
        description = "The same of the variant.")
    Rate variant = new Rate(0, 0);

    @Option(
        names = "--share",
        paramLabel = "X",
        description = "Part of the users that are meant to be in the variant (default: 0.5).")
    double share = 0.5;

    @Option(
        names = "--expected",
        paramLabel = "X",
        description =
            "How large a difference is expected, for the sequential test (default: a tenth of the control's rate).")
    double expected = Double.NaN;
  }

  @Option(
      names = "--alpha",
      paramLabel = "X",
      description = "How often one is found where there is none (default: ${DEFAULT-VALUE}).")
  double alpha = 0.05;

  static final class RateConverter implements ITypeConverter<Rate> {
    @Override
    public Rate convert(String text) {
      try {
        int slash = text.indexOf('/');
        return new Rate(
            Long.parseLong(text.substring(0, Math.max(0, slash)).strip()),
            Long.parseLong(text.substring(slash + 1).strip()));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(
            "\"" + text + "\" is no rate, expected successes and users, such as 4000/100000");
      }
    }
  }

  @Override
  public Integer call() {
    require(alpha > 0 && alpha < 1, "--alpha must be above 0 and below 1");
    Plan plan = task.plan;
    Counts counts = task.counts;
    return plan != null ? plan(plan) : compare(java.util.Objects.requireNonNull(counts));
  }

  private int plan(Plan plan) {
    double variant = plan.rate * (1 + plan.lift);
    long users;
    try {
      users = new SampleSize(alpha, plan.power).ofRates(plan.rate, variant);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    say(
        "%s users of each variant tell %s from %s with a power of %s (alpha %s)."
            .formatted(
                Report.count(users),
                Report.number(plan.rate),
                Report.number(variant),
                plan.power,
                alpha));
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("control", plan.rate);
    result.put("variant", variant);
    result.put("alpha", alpha);
    result.put("power", plan.power);
    result.put("users_of_each", users);
    return done(result);
  }

  private int compare(Counts counts) {
    require(counts.share > 0 && counts.share < 1, "--share must be above 0 and below 1");
    Rate control = counts.control;
    Rate variant = counts.variant;
    require(control.trials() > 0 && variant.trials() > 0, "there are no users");
    double tau = Double.isNaN(counts.expected) ? 0.1 * control.value() : counts.expected;
    require(tau > 0, "--expected must be above 0, and is needed where the control has no success");
    double level = 1 - alpha;
    Comparison comparison = AbTest.ofRates(control, variant, level);
    SequentialTest sequential = new SequentialTest(tau);
    double always = sequential.look(control, variant);
    Interval alwaysIn = sequential.interval(control, variant, level);
    long[] users = {control.trials(), variant.trials()};
    double split = AbTest.pValueOfSplit(users, 1 - counts.share, counts.share);
    boolean mismatch = AbTest.isSampleRatioMismatch(users, 1 - counts.share, counts.share);

    Map<String, Object> result = new LinkedHashMap<>();
    put(result, "control", control.value(), control.wilson(level));
    put(result, "variant", variant.value(), variant.wilson(level));
    put(result, "difference", comparison.difference(), comparison.interval());
    result.put("lift", comparison.difference() / control.value());
    result.put("p_value", comparison.pValue());
    result.put("sequential_p_value", always);
    result.put("sequential_low", alwaysIn.low());
    result.put("sequential_high", alwaysIn.high());
    result.put("split_p_value", split);
    result.put("sample_ratio_mismatch", mismatch);
    if (!json) {
      print(counts, comparison, always, alwaysIn);
    }
    if (mismatch) {
      err()
          .printf(
              Locale.ROOT,
              "femto: warning: the users are not split as meant (p = %.2g): find out why before"
                  + " believing anything else%n",
              split);
      err().flush();
    }
    return done(result);
  }

  private void print(Counts counts, Comparison comparison, double always, Interval alwaysIn) {
    double level = 1 - alpha;
    String interval = "%.4g %%".formatted(100 * level);
    Report.Table table = new Report.Table("", "rate", interval, "users");
    row(table, "control", counts.control, level);
    row(table, "variant", counts.variant, level);
    table.row("difference", percent(comparison.difference()), text(comparison.interval()), "");
    table.print(out());
    say(
        "p = %.4f for who looks once; %.4f, and %s, for who looks every day."
            .formatted(comparison.pValue(), always, text(alwaysIn)));
  }

  private static void row(Report.Table table, String name, Rate rate, double level) {
    table.row(name, percent(rate.value()), text(rate.wilson(level)), Report.count(rate.trials()));
  }

  private static String text(Interval interval) {
    return percent(interval.low()) + " to " + percent(interval.high());
  }

  private static String percent(double rate) {
    return String.format(Locale.ROOT, "%.3f %%", 100 * rate);
  }

  private static void put(Map<String, Object> into, String name, double value, Interval interval) {
    into.put(name, value);
    into.put(name + "_low", interval.low());
    into.put(name + "_high", interval.high());
  }
}
