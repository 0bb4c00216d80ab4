package femto.tools.traffic;

import femto.tools.experiment.AbTest;
import femto.tools.experiment.Comparison;
import femto.tools.experiment.Rate;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a log comes to, as a whole and for each of its arms.
 *
 * @param counts what was counted, whatever the metrics are
 * @param whole figures of all impressions
 * @param arms figures of the impressions of each arm that has one, by its name; empty without the
 *     column
 * @param comparisons the rates of the second arm beside those of the first, by name, where there
 *     are exactly two; the rates of impressions take those of a user to be independent, which they
 *     are not, so believe those of users
 * @param missing what could not be computed, and why
 */
public record Traffic(
    Counts counts,
    Map<Metric, Figure> whole,
    SortedMap<String, Map<Metric, Figure>> arms,
    Map<Metric, Comparison> comparisons,
    Map<Metric, String> missing) {

  /**
   * What was counted of the rows that are used.
   *
   * @param impressions impressions
   * @param users users who were shown something
   * @param clicks of these impressions
   * @param views likewise
   * @param conversions likewise
   * @param clickedWithoutDwell clicked impressions whose dwell is not known; 0 without the column
   * @param sessions sessions
   * @param outsideSessions used rows that name no session; 0 without the column
   * @param withoutArm impressions that name no arm; 0 without the column
   * @param usersInSeveralArms users with impressions of more than one arm
   */
  public record Counts(
      long impressions,
      long users,
      Events clicks,
      Events views,
      Events conversions,
      long clickedWithoutDwell,
      long sessions,
      long outsideSessions,
      long withoutArm,
      long usersInSeveralArms) {}

  /**
   * Events of a kind.
   *
   * @param inWindow those not later than the window
   * @param repeated how many of these came after another one of the same impression, in the file
   * @param outside those that came later, which count for no rate
   */
  public record Events(long inWindow, long repeated, long outside) {}

  /**
   * Computes metrics.
   *
   * @param log the log
   * @param settings what with
   * @param metrics which; those whose needs the log does not meet become {@code missing}
   * @param asked those of them that are computed even if the log has no event of their kind, which
   *     is then taken to mean that there was none, rather than that it is not logged
   * @return what it comes to
   */
  public static Traffic of(
      EventLog log, Settings settings, Set<Metric> metrics, Set<Metric> asked) {
    Attribution attribution = new Attribution(log, settings);
    Map<Metric, String> missing = new EnumMap<>(Metric.class);
    for (Metric metric : metrics) {
      String reason = attribution.missing(metric, asked.contains(metric));
      if (reason != null) {
        missing.put(metric, reason);
      }
    }
    Set<Metric> computed = new TreeSet<>(metrics);
    computed.removeAll(missing.keySet());
    Map<Metric, Figure> whole = attribution.figures(Attribution.ALL, computed);
    SortedMap<String, Map<Metric, Figure>> arms = new TreeMap<>();
    for (int arm = 0; arm < log.arms(); arm++) {
      if (attribution.impressions(arm) > 0) {
        arms.put(log.armName(arm), attribution.figures(arm, computed));
      }
    }
    return new Traffic(
        attribution.counts(),
        Collections.unmodifiableMap(whole),
        Collections.unmodifiableSortedMap(arms),
        Collections.unmodifiableMap(compare(arms.values(), computed)),
        Collections.unmodifiableMap(missing));
  }

  private static Map<Metric, Comparison> compare(
      Collection<Map<Metric, Figure>> arms, Set<Metric> metrics) {
    Map<Metric, Comparison> comparisons = new EnumMap<>(Metric.class);
    if (arms.size() == 2) {
      for (Metric metric : metrics) {
        List<Rate> rates =
            arms.stream()
                .map(figures -> figures.get(metric))
                .flatMap(figure -> Stream.ofNullable(figure == null ? null : figure.rate()))
                .toList();
        if (rates.size() == 2) {
          comparisons.put(metric, AbTest.ofRates(rates.get(0), rates.get(1), Figure.LEVEL));
        }
      }
    }
    return comparisons;
  }
}
