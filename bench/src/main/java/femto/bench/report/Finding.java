package femto.bench.report;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A row of a report that a harness of its own has measured, for what is no time a call: a ratio of
 * pairs, a number of bytes, a count. Filled in from the top; what is left out is NaN or empty, and
 * without a value, or without a ratio, nothing is reached.
 */
public final class Finding implements ReportRow {
  private final String id;
  private final String what;
  private final String unit;
  private final String test;
  private final Map<String, Double> peers = new LinkedHashMap<>();
  private final Map<String, String> missing = new LinkedHashMap<>();
  private final Map<String, Object> details = new LinkedHashMap<>();
  private double value = Double.NaN;
  private double limit = Double.NaN;
  private double ratio = Double.NaN;
  private String ratioTo = "";
  private Target.Direction direction = Target.Direction.TIMES_THE_COST;
  private double aim = Double.NaN;
  private double spreadLow = Double.NaN;
  private double spreadHigh = Double.NaN;
  private double bytes = Double.NaN;
  private boolean reached;
  private String reason = "not measured";

  /**
   * Starts a row.
   *
   * @param id fixed: machines look for it
   * @param what for people
   * @param unit of the value, the limit and the peers
   * @param test the test that proves that the answer is right
   */
  public Finding(String id, String what, String unit, String test) {
    this.id = id;
    this.what = what;
    this.unit = unit;
    this.test = test;
  }

  /**
   * What was measured.
   *
   * @param measured Femto's figure
   * @param machinesLimit what the machine allows, NaN if there is no such thing
   * @return this
   */
  public Finding measured(double measured, double machinesLimit) {
    value = measured;
    limit = machinesLimit;
    return this;
  }

  /**
   * What another takes.
   *
   * @param label its name
   * @param figure its figure
   * @return this
   */
  public Finding peer(String label, double figure) {
    peers.put(label, figure);
    return this;
  }

  /**
   * Another that could not be measured.
   *
   * @param label its name
   * @param why the reason
   * @return this
   */
  public Finding missing(String label, String why) {
    missing.put(label, why);
    return this;
  }

  /**
   * Something else that was seen, for machines.
   *
   * @param key its name
   * @param seen a number, a text, a list or a map
   * @return this
   */
  public Finding detail(String key, Object seen) {
    details.put(key, seen);
    return this;
  }

  /**
   * What a call allocates; the aim is nothing.
   *
   * @param bytesPerCall bytes
   * @return this
   */
  public Finding allocates(double bytesPerCall) {
    bytes = bytesPerCall;
    return this;
  }

  /**
   * How far ratios of identical rounds are from 1: their middle half. A ratio inside of it is one
   * that this run cannot tell from none.
   *
   * @param low the lower quartile of these ratios
   * @param high the upper quartile
   * @return this
   */
  public Finding spread(double low, double high) {
    spreadLow = low;
    spreadHigh = high;
    return this;
  }

  /**
   * Holds the value against something: reached if the ratio is at most the aim, or within the
   * spread, and nothing was allocated where that was counted.
   *
   * @param valueRatio the value as a multiple of it
   * @param to what it is
   * @param most the greatest ratio that is aimed at
   * @return this
   */
  public Finding holds(double valueRatio, String to, double most) {
    ratio = valueRatio;
    ratioTo = to;
    aim = most;
    reached = (ratio <= aim || ratio <= spreadHigh) && !(bytes > 0);
    reason = Double.isNaN(ratio) ? "nothing to hold it against" : "";
    return this;
  }

  /**
   * Holds the value against something of which more is better: reached if the ratio is at least the
   * aim.
   *
   * @param valueRatio the value as a multiple of it
   * @param to what it is
   * @param least the least ratio that is aimed at
   * @return this
   */
  public Finding reaches(double valueRatio, String to, double least) {
    direction = Target.Direction.TIMES_AS_FAST;
    ratio = valueRatio;
    ratioTo = to;
    aim = least;
    reached = ratio >= aim;
    reason = Double.isNaN(ratio) ? "nothing to hold it against" : "";
    return this;
  }

  /**
   * Only tells what was measured: nothing is aimed at, so that nothing is missed.
   *
   * @param valueRatio the value as a multiple of something, NaN if there is nothing
   * @param to what it is
   * @param isRate whether more of the value is better
   * @return this
   */
  public Finding informs(double valueRatio, String to, boolean isRate) {
    direction = isRate ? Target.Direction.TIMES_AS_FAST : Target.Direction.TIMES_THE_COST;
    ratio = valueRatio;
    ratioTo = to;
    aim = Double.NaN;
    reached = !Double.isNaN(value);
    reason = reached ? "" : "not measured";
    return this;
  }

  /**
   * Nothing is reached, whatever the figures say.
   *
   * @param why the reason
   * @return this
   */
  public Finding fails(String why) {
    reached = false;
    reason = why;
    return this;
  }

  /**
   * Whether the aim was reached.
   *
   * @return false also if nothing could be measured
   */
  public boolean reached() {
    return reached;
  }

  /**
   * The ratio that was held against the aim.
   *
   * @return NaN if there is none
   */
  public double ratio() {
    return ratio;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Map<String, String> cells() {
    Map<String, String> cells = new LinkedHashMap<>();
    Comparator<Map.Entry<String, Double>> order = Map.Entry.comparingByValue();
    Optional<Map.Entry<String, Double>> best =
        peers.entrySet().stream().min(isRate() ? order.reversed() : order);
    cells.put("what", what);
    cells.put("measured", Figures.orDash(value));
    cells.put("unit", unit);
    cells.put("limit", Figures.orDash(limit));
    cells.put("best peer", best.map(Map.Entry::getKey).orElse("-"));
    cells.put("peer", best.map(peer -> Figures.orDash(peer.getValue())).orElse("-"));
    cells.put("ratio", Double.isNaN(ratio) ? "-" : Figures.fine(ratio) + " x");
    cells.put(
        "identical rounds",
        Double.isNaN(spreadLow)
            ? "-"
            : Figures.fine(spreadLow) + " to " + Figures.fine(spreadHigh) + " x");
    cells.put("aim", aimWords());
    cells.put("reached", Double.isNaN(aim) && reached ? "-" : Figures.yes(reached));
    cells.put("bytes a call", Double.isNaN(bytes) ? "-" : Figures.bytes(bytes));
    return cells;
  }

  private boolean isRate() {
    return direction == Target.Direction.TIMES_AS_FAST;
  }

  private String aimWords() {
    if (Double.isNaN(aim)) {
      return "-";
    }
    return String.format(Locale.ROOT, "%s %s x", isRate() ? ">=" : "<=", Figures.fine(aim))
        + (Double.isNaN(spreadLow) ? "" : ", or as identical rounds");
  }

  @Override
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", id);
    json.put("what", what);
    json.put("value", value);
    json.put("unit", unit);
    json.put("limit", limit);
    json.put("peers", peers);
    json.put("missing", missing);
    json.put("ratio", ratio);
    json.put("ratio_is", direction.name().toLowerCase(Locale.ROOT));
    json.put("ratio_to", ratioTo.isEmpty() ? List.of() : List.of(ratioTo));
    json.put("aim", aim);
    json.put("reached", reached);
    if (!reason.isEmpty()) {
      json.put("reason", reason);
    }
    if (!Double.isNaN(spreadLow)) {
      json.put("identical_rounds", List.of(spreadLow, spreadHigh));
    }
    if (!Double.isNaN(bytes)) {
      Map<String, Object> allocated = new LinkedHashMap<>();
      allocated.put("bytes_per_call", bytes);
      allocated.put("aim", 0);
      allocated.put("reached", bytes == 0);
      json.put("allocated", allocated);
    }
    json.put("test", test);
    json.putAll(details);
    return json;
  }

  @Override
  public String proof() {
    return test;
  }

  /** Why it was not reached although nothing was too slow; empty if there is no such reason. */
  String reason() {
    return reason;
  }

  /** Why some peers were not measured, a line each. */
  List<String> missingLines() {
    return missing.entrySet().stream()
        .map(each -> each.getKey() + ", " + id + ": " + each.getValue())
        .toList();
  }
}
