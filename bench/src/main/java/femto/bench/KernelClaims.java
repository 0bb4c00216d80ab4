package femto.bench;

import static femto.bench.report.Target.timesAsFast;
import static femto.bench.report.Target.timesTheCost;

import femto.bench.data.Distribution;
import femto.bench.limit.RandomRead;
import femto.bench.limit.SequentialRead;
import femto.bench.peer.PeerKind;
import femto.bench.peer.Peers;
import femto.bench.report.BenchmarkSet;
import femto.bench.report.Claim;
import femto.bench.report.Probe;
import femto.bench.report.Probe.Items;
import femto.kernels.RowLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The claims about kernels. A new one is an element of {@link #CLAIMS}; its benchmark is a method
 * of {@link KernelBenchmark}, named with the kind of table and what one call works on.
 */
final class KernelClaims {
  private static final String PER_CANDIDATE = "ns/candidate";
  private static final String PER_PAIR = "ns/candidate and query";
  private static final String PER_LISTED = "ns/listed candidate";

  /** As the benchmarks have it; the common case. */
  private static final int FACTORS = 16;

  /** One query through all candidates. */
  private static final Items TABLE = new Items(1, 0);

  /** One list of random candidates. */
  private static final Items LIST = new Items(0, RandomRows.LENGTH);

  private static final List<Probe> ONE_QUERY =
      peers(
          PeerKind.ONNX_RUNTIME,
          PeerKind.LUCENE,
          PeerKind.JVECTOR,
          PeerKind.OPENBLAS_SGEMV,
          PeerKind.FAISS);

  private static final List<Probe> MANY_QUERIES =
      peers(PeerKind.OPENBLAS_SGEMM, PeerKind.OPENBLAS_SGEMM_SCORES, PeerKind.FAISS_64);

  /** Reported beside the others, but what works on one thread is held against one thread. */
  private static final List<Probe> MANY_QUERIES_TWO_THREADS =
      peers(PeerKind.OPENBLAS_SGEMM_SCORES_2_THREADS);

  private static final List<Probe> READ_TABLE =
      limits(SequentialReadBenchmark.class, "read table, ", TABLE, SequentialRead.values());

  /** Many queries at a time need not read it more often than one. */
  private static final List<Probe> READ_TABLE_FOR_64 =
      limits(
          SequentialReadBenchmark.class,
          "read table once for 64 queries, ",
          new Items(64, 0),
          SequentialRead.values());

  private static final List<Probe> READ_LIST =
      limits(
          RandomReadBenchmark.class,
          "read random rows of %.0f cache lines, "
              .formatted(RandomRead.linesPerRow(new RowLayout(FACTORS))),
          LIST,
          RandomRead.values());

  /** In the order of the report. */
  private static final List<Claim> CLAIMS =
      List.of(
          new Claim(
              "top-100-scalar-gaussian",
              "top 100, one query, scalar scan (Gaussian)",
              PER_CANDIDATE,
              femto("Femto scalar top, Gaussian", "scalarTop", Distribution.GAUSSIAN, TABLE),
              READ_TABLE,
              ONE_QUERY,
              timesAsFast(ONE_QUERY, 1, 1),
              "femto.bench.KernelBenchmarksTest"),
          new Claim(
              "top-100-scalar-64-queries",
              "top 100, scalar scan, beside 64 queries at once",
              PER_PAIR,
              femto("Femto scalar top, Gaussian", "scalarTop", Distribution.GAUSSIAN, TABLE),
              READ_TABLE_FOR_64,
              all(MANY_QUERIES, MANY_QUERIES_TWO_THREADS),
              timesAsFast(MANY_QUERIES, 1, 1),
              "femto.bench.KernelBenchmarksTest"),
          new Claim(
              "gather-5000-scalar",
              "scores of 5,000 random candidates, scalar chain",
              PER_LISTED,
              femto("Femto scalar gather", "scalarGather", Distribution.GAUSSIAN, LIST),
              READ_LIST,
              List.of(),
              timesTheCost(READ_LIST, 1.5, 1.5),
              "femto.bench.KernelBenchmarksTest"));

  private KernelClaims() {}

  /** The set. Finding out what is missing loads the peers' libraries. */
  static BenchmarkSet set() {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("kernels", "scalar");
    machine.putAll(Peers.describe());
    return new BenchmarkSet("kernels", CLAIMS, machine);
  }

  private static List<Probe> all(List<Probe> some, List<Probe> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  private static Probe femto(String label, String method, Distribution kind, Items items) {
    return new Probe(
        label,
        KernelBenchmark.class,
        method,
        Map.of("kind", kind.name()),
        items,
        false,
        Optional.empty());
  }

  /** Peers read every row of any kind of table, so the Gaussian one will do for all claims. */
  private static List<Probe> peers(PeerKind... kinds) {
    return Stream.of(kinds)
        .map(
            kind ->
                new Probe(
                    kind.label(),
                    PeerBenchmark.class,
                    "top",
                    Map.of("kind", Distribution.GAUSSIAN.name(), "peer", kind.name()),
                    new Items(kind.batch(), 0),
                    kind.isNative(),
                    kind.missing()))
        .toList();
  }

  private static List<Probe> limits(
      Class<?> benchmark, String label, Items items, Enum<?>... ways) {
    return Arrays.stream(ways)
        .map(
            way ->
                new Probe(
                    label + way.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                    benchmark,
                    "read",
                    Map.of("kind", Distribution.GAUSSIAN.name(), "way", way.name()),
                    items,
                    false,
                    Optional.empty()))
        .toList();
  }
}
