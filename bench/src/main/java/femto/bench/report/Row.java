package femto.bench.report;

import femto.bench.report.Measurements.Result;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A claim with what JMH measured for it. */
record Row(
    Claim claim,
    Target target,
    double value,
    double limit,
    Optional<Probe> bestPeer,
    double ratio,
    double aim,
    boolean reached,
    String reason,
    Measurements measured,
    RunSize size)
    implements ReportRow {
  static Row of(Claim claim, Measurements measured, RunSize size) {
    List<Row> rows =
        claim.targets().stream().map(target -> of(claim, target, measured, size)).toList();
    return rows.stream().filter(Row::reached).findFirst().orElse(rows.get(0));
  }

  private static Row of(Claim claim, Target target, Measurements measured, RunSize size) {
    Result value = measured.of(claim.value());
    double ownLimit = value.counted().limitNanos() / claim.value().itemsOf(size);
    double other = target.isOfOwnLimit() ? ownLimit : nanosOfFastest(target.than(), measured);
    String reason = value.reason();
    if (Double.isNaN(other) && reason.isEmpty()) {
      reason =
          ("nothing to hold it against. " + String.join(". ", measured.missing(target.than())))
              .strip();
    }
    double ratio = target.ratio(value.nanos(), other);
    return new Row(
        claim,
        target,
        value.nanos(),
        claim.isOfOwnLimit() ? ownLimit : nanosOfFastest(claim.limits(), measured),
        bestPeer(claim, target, measured),
        ratio,
        target.aim(size),
        reason.isEmpty() && target.isReached(ratio, size),
        reason,
        measured,
        size);
  }

  private static double nanosOfFastest(List<Probe> probes, Measurements measured) {
    return measured.fastest(probes).map(p -> measured.of(p).nanos()).orElse(Double.NaN);
  }

  /** Of the peers that the target names, if it names any: others may work on more threads. */
  private static Optional<Probe> bestPeer(Claim claim, Target target, Measurements measured) {
    List<Probe> rivals = claim.peers().stream().filter(target.than()::contains).toList();
    return measured.fastest(rivals.isEmpty() ? claim.peers() : rivals);
  }

  @Override
  public String id() {
    return claim.id();
  }

  /**
   * Of searches that have a screen: how much of the table they looked at in codes and how much they
   * scored by the chain; of all: what a call allocates, and whether that is nothing.
   */
  @Override
  public Map<String, String> cells() {
    Map<String, String> cells = new LinkedHashMap<>();
    cells.put("what", claim.what());
    cells.put("measured", Figures.orDash(value));
    cells.put("unit", claim.unit());
    cells.put("limit", Figures.orDash(limit));
    cells.put("best peer", bestPeer.map(Probe::label).orElse("-"));
    cells.put("peer", bestPeer.map(peer -> Figures.orDash(measured.of(peer).nanos())).orElse("-"));
    cells.put("ratio", Double.isNaN(ratio) ? "-" : Figures.ratio(ratio) + " x");
    cells.put("aim", target.words(size));
    cells.put("reached", Figures.yes(reached));
    Counted counted = counted();
    cells.put("rows scanned", counted.hasScreen() ? Figures.percent(counted.scanned()) : "-");
    cells.put("rows scored", counted.hasScreen() ? Figures.percent(counted.scored()) : "-");
    cells.put("bytes a call", counted.hasBytes() ? Figures.bytes(counted.bytes()) : "-");
    cells.put("0 bytes", allocatesNothing().map(Figures::yes).orElse("-"));
    return cells;
  }

  @Override
  public String proof() {
    String checked = counted().checkedWords();
    return claim.test() + (checked.isEmpty() ? "" : "; " + checked);
  }

  /** Peers that are missing are named, with the reason, never left out. */
  @Override
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", claim.id());
    json.put("what", claim.what());
    json.put("value", value);
    json.put("unit", claim.unit());
    json.put("limit", limit);
    Map<String, Object> peers = new LinkedHashMap<>();
    Map<String, Object> missing = new LinkedHashMap<>();
    for (Probe peer : claim.peers()) {
      Result result = measured.of(peer);
      if (result.isMeasured()) {
        peers.put(peer.label(), result.nanos());
      } else {
        missing.put(peer.label(), result.reason());
      }
    }
    json.put("peers", peers);
    json.put("missing", missing);
    json.put("ratio", ratio);
    json.put("ratio_is", target.direction().name().toLowerCase(java.util.Locale.ROOT));
    json.put(
        "ratio_to",
        target.isOfOwnLimit() ? List.of("the limit of the same JVMs") : labels(target.than()));
    json.put("aim", aim);
    json.put("reached", reached);
    if (!reason.isEmpty()) {
      json.put("reason", reason);
    }
    Counted counted = counted();
    if (counted.hasScreen()) {
      json.put("survived", counted.survivedJson());
    }
    if (counted.hasBytes()) {
      json.put("allocated", allocatedJson(counted.bytes()));
    }
    json.put("test", claim.test());
    json.put("checked", counted.checkedJson());
    return json;
  }

  /** What Femto's calls did besides taking time. */
  Counted counted() {
    return measured.of(claim.value()).counted();
  }

  /** Whether a call allocated nothing; empty if nobody counted, or if it may. */
  Optional<Boolean> allocatesNothing() {
    return counted().hasBytes() && claim.allocates().isEmpty()
        ? Optional.of(counted().bytes() == 0)
        : Optional.empty();
  }

  private Map<String, Object> allocatedJson(double bytes) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bytes_per_call", bytes);
    allocatesNothing()
        .ifPresentOrElse(
            nothing -> {
              json.put("aim", 0);
              json.put("reached", nothing);
            },
            () -> json.put("allocates", claim.allocates()));
    return json;
  }

  private static List<String> labels(List<Probe> probes) {
    return probes.stream().map(Probe::label).toList();
  }
}
