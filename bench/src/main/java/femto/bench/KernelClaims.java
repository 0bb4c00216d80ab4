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
import femto.kernels.Kernels;
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
  private static final String PER_ROW = "ns/row";
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
      limits(SequentialReadBenchmark.class, "read", "read table, ", TABLE, SequentialRead.values());

  private static final List<Probe> READ_TABLE_BY_TWO =
      limits(
          SequentialReadBenchmark.class,
          "readByTwo",
          "read table by two threads, ",
          TABLE,
          SequentialRead.VECTOR_4,
          SequentialRead.VECTOR_4_IN_WINDOWS);

  /** Many queries at a time need not read it more often than one. */
  private static final List<Probe> READ_TABLE_FOR_64 =
      limits(
          SequentialReadBenchmark.class,
          "read",
          "read table once for 64 queries, ",
          new Items(64, 0),
          SequentialRead.values());

  private static final List<Probe> READ_LIST =
      limits(
          RandomReadBenchmark.class,
          "read",
          "read random rows of %.0f cache lines, "
              .formatted(RandomRead.linesPerRow(new RowLayout(FACTORS))),
          LIST,
          RandomRead.values());

  private static final String KERNELS_TEST = "femto.bench.KernelBenchmarksTest";

  /** Each search of the batch allocates nothing; nor does the plain scan of each part. */
  private static final String TASKS =
      "the tasks that the threads are given; the searches themselves allocate nothing";

  private static final int MILLION = 1_000_000;
  private static final int HUNDRED_THOUSAND = 100_000;

  /** A call of batch ranking. */
  private static final Items QUERIES = new Items(KernelBenchmark.BATCH, 0);

  /** The products alone, with nothing selected. */
  private static final List<Probe> PRODUCTS = peers(PeerKind.OPENBLAS_SGEMM_SCORES);

  /**
   * The products by two threads: OpenBLAS's own two, and, since those wait for each other and can
   * be slower than one, half of what its one thread takes.
   */
  private static final List<Probe> PRODUCTS_BY_TWO =
      all(
              peers(PeerKind.OPENBLAS_SGEMM_SCORES_2_THREADS),
              PRODUCTS.stream().map(KernelClaims::halfOf).toList())
          .stream()
          .map(probe -> probe.on(HUNDRED_THOUSAND))
          .toList();

  private static final List<Probe> TOUCH_FEATURES =
      List.of(
          sparse("touching the features' cache lines, four at once", "touch"),
          sparse("touching the features' cache lines, one by one", "touchOneByOne"));

  private static final List<Probe> READ_HUNDRED_THOUSAND_FOR_64 =
      READ_TABLE_FOR_64.stream().map(probe -> probe.on(HUNDRED_THOUSAND)).toList();

  /**
   * What the table is read in by the same JVM, between the iterations: memory that one JVM has got
   * can be twice as slow as what the next gets, for random reads and for long ones.
   */
  private static final List<Probe> OWN_LIMIT = List.of();

  /** In the order of the report. */
  private static final List<Claim> CLAIMS =
      List.of(
          new Claim(
              "scan-gaussian",
              "top 100 by scoring every row (Gaussian)",
              PER_CANDIDATE,
              femto("Femto plain scan, Gaussian", "plainTop", Distribution.GAUSSIAN, TABLE),
              READ_TABLE,
              ONE_QUERY,
              timesTheCost(OWN_LIMIT, 1 / 0.9, 1 / 0.9),
              KERNELS_TEST),
          new Claim(
              "scan-log-normal",
              "top 100 by scoring every row (log-normal)",
              PER_CANDIDATE,
              femto("Femto plain scan, log-normal", "plainTop", Distribution.LOG_NORMAL, TABLE),
              READ_TABLE,
              List.of(),
              timesTheCost(OWN_LIMIT, 1 / 0.9, 1 / 0.9),
              KERNELS_TEST),
          new Claim(
              "top-100-gaussian",
              "top 100, one query (Gaussian)",
              PER_CANDIDATE,
              femto("Femto top 100, Gaussian", "top", Distribution.GAUSSIAN, TABLE),
              READ_TABLE,
              ONE_QUERY,
              timesAsFast(OWN_LIMIT, 5, 10),
              KERNELS_TEST),
          new Claim(
              "top-100-log-normal",
              "top 100, one query (log-normal)",
              PER_CANDIDATE,
              femto("Femto top 100, log-normal", "top", Distribution.LOG_NORMAL, TABLE),
              READ_TABLE,
              ONE_QUERY,
              timesAsFast(OWN_LIMIT, 40, 80),
              KERNELS_TEST),
          new Claim(
              "top-100-heavy-tails",
              "top 100, one query (heavy tails)",
              PER_CANDIDATE,
              femto("Femto top 100, heavy tails", "top", Distribution.HEAVY_TAILS, TABLE),
              READ_TABLE,
              ONE_QUERY,
              timesAsFast(OWN_LIMIT, 35, 35),
              KERNELS_TEST),
          new Claim(
              "top-100-equal",
              "top 100 of rows that are all equal, against scoring every row",
              PER_CANDIDATE,
              femto("Femto top 100, all equal", "top", Distribution.EQUAL, TABLE),
              READ_TABLE,
              List.of(),
              timesTheCost(
                  List.of(
                      femto("Femto plain scan, all equal", "plainTop", Distribution.EQUAL, TABLE)),
                  1.2,
                  1.2),
              KERNELS_TEST),
          new Claim(
              "top-10-gaussian",
              "top 10, one query (Gaussian), shown beside the aim of top 100",
              PER_CANDIDATE,
              femto("Femto top 10, Gaussian", "top", Distribution.GAUSSIAN, TABLE)
                  .with("top", "10"),
              READ_TABLE,
              List.of(),
              timesAsFast(OWN_LIMIT, 5, 10),
              KERNELS_TEST),
          new Claim(
              "top-1000-gaussian",
              "top 1,000, one query (Gaussian), shown beside the aim of top 100",
              PER_CANDIDATE,
              femto("Femto top 1000, Gaussian", "top", Distribution.GAUSSIAN, TABLE)
                  .with("top", "1000"),
              READ_TABLE,
              List.of(),
              timesAsFast(OWN_LIMIT, 5, 10),
              KERNELS_TEST),
          new Claim(
              "top-10-log-normal",
              "top 10, one query (log-normal), shown beside the aim of top 100",
              PER_CANDIDATE,
              femto("Femto top 10, log-normal", "top", Distribution.LOG_NORMAL, TABLE)
                  .with("top", "10"),
              READ_TABLE,
              List.of(),
              timesAsFast(OWN_LIMIT, 40, 80),
              KERNELS_TEST),
          new Claim(
              "top-1000-log-normal",
              "top 1,000, one query (log-normal), shown beside the aim of top 100",
              PER_CANDIDATE,
              femto("Femto top 1000, log-normal", "top", Distribution.LOG_NORMAL, TABLE)
                  .with("top", "1000"),
              READ_TABLE,
              List.of(),
              timesAsFast(OWN_LIMIT, 40, 80),
              KERNELS_TEST),
          new Claim(
              "top-100-1m-gaussian",
              "top 100 of 1,000,000 (Gaussian)",
              PER_CANDIDATE,
              femto("Femto top 100 of 1M, Gaussian", "top", Distribution.GAUSSIAN, TABLE)
                  .on(MILLION),
              List.of(),
              List.of(),
              timesAsFast(OWN_LIMIT, 4, 4),
              KERNELS_TEST),
          new Claim(
              "top-100-1m-log-normal",
              "top 100 of 1,000,000 (log-normal)",
              PER_CANDIDATE,
              femto("Femto top 100 of 1M, log-normal", "top", Distribution.LOG_NORMAL, TABLE)
                  .on(MILLION),
              List.of(),
              List.of(),
              timesAsFast(OWN_LIMIT, 25, 25),
              KERNELS_TEST),
          new Claim(
              "top-100-64-queries-gaussian",
              "top 100 for each of 64 queries (Gaussian), against the products alone",
              PER_PAIR,
              femto("Femto top 100, Gaussian", "top", Distribution.GAUSSIAN, TABLE),
              READ_TABLE_FOR_64,
              all(MANY_QUERIES, MANY_QUERIES_TWO_THREADS),
              timesTheCost(PRODUCTS, 1, 1),
              KERNELS_TEST),
          new Claim(
              "top-100-64-queries-log-normal",
              "top 100 for each of 64 queries (log-normal), against the products alone",
              PER_PAIR,
              femto("Femto top 100, log-normal", "top", Distribution.LOG_NORMAL, TABLE),
              READ_TABLE_FOR_64,
              all(MANY_QUERIES, MANY_QUERIES_TWO_THREADS),
              timesTheCost(PRODUCTS, 1.0 / 6, 1.0 / 6),
              KERNELS_TEST),
          new Claim(
              "gather-5000",
              "scores of 5,000 random candidates",
              PER_LISTED,
              femto("Femto gather", "gather", Distribution.GAUSSIAN, LIST),
              READ_LIST,
              List.of(),
              timesTheCost(OWN_LIMIT, 1.3, 1.3),
              KERNELS_TEST),
          new Claim(
                  "sparse-rows",
                  "rows of 39 one-hot fields of 1,000,000 features, against touching them",
                  PER_ROW,
                  sparse("Femto sparse rows", "score"),
                  TOUCH_FEATURES,
                  List.of(sparse("textbook loop", "textbook")),
                  timesTheCost(OWN_LIMIT, 1.3, 1.3),
                  "femto.bench.SparseRowsBenchmarkTest")
              .or(timesAsFast(List.of(sparse("textbook loop", "textbook")), 5, 5)),
          new Claim(
                  "scan-two-threads",
                  "top 100 by scoring every row, two threads (Gaussian)",
                  PER_CANDIDATE,
                  femto(
                      "Femto plain scan by two, Gaussian",
                      "plainTopByTwo",
                      Distribution.GAUSSIAN,
                      TABLE),
                  READ_TABLE_BY_TWO,
                  List.of(),
                  timesAsFast(
                      List.of(
                          femto(
                              "Femto plain scan, Gaussian",
                              "plainTop",
                              Distribution.GAUSSIAN,
                              TABLE)),
                      1.8,
                      1.8),
                  KERNELS_TEST)
              .or(timesTheCost(OWN_LIMIT, 1 / 0.9, 1 / 0.9))
              .allocating(TASKS),
          new Claim(
                  "rank-100k-gaussian",
                  "batch ranking of 100,000 candidates, two threads (Gaussian), against the products alone",
                  PER_PAIR,
                  femto(
                          "Femto batch ranking of 100k by two, Gaussian",
                          "rankBatch",
                          Distribution.GAUSSIAN,
                          QUERIES)
                      .on(HUNDRED_THOUSAND),
                  READ_HUNDRED_THOUSAND_FOR_64,
                  PRODUCTS_BY_TWO,
                  timesTheCost(PRODUCTS_BY_TWO, 1.5, 1.5),
                  KERNELS_TEST)
              .allocating(TASKS),
          new Claim(
                  "rank-100k-log-normal",
                  "batch ranking of 100,000 candidates, two threads (log-normal), against the products alone",
                  PER_PAIR,
                  femto(
                          "Femto batch ranking of 100k by two, log-normal",
                          "rankBatch",
                          Distribution.LOG_NORMAL,
                          QUERIES)
                      .on(HUNDRED_THOUSAND),
                  READ_HUNDRED_THOUSAND_FOR_64,
                  PRODUCTS_BY_TWO,
                  timesTheCost(PRODUCTS_BY_TWO, 0.5, 0.5),
                  KERNELS_TEST)
              .allocating(TASKS));

  private KernelClaims() {}

  /** The set. Finding out what is missing loads the peers' libraries. */
  static BenchmarkSet set() {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("kernels", Kernels.implementation());
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

  private static Probe sparse(String label, String method) {
    return new Probe(
        label,
        SparseRowsBenchmark.class,
        method,
        Map.of("candidates", Integer.toString(MILLION)),
        new Items(0, SparseRowsBenchmark.ROWS),
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

  /** Half the time of a probe: that of two undisturbed threads. */
  private static Probe halfOf(Probe one) {
    return new Probe(
        one.label() + ", half its time",
        one.benchmark(),
        one.method(),
        one.parameters(),
        new Items(2 * one.items().wholeTables(), 0),
        one.isCompiled(),
        one.missing());
  }

  private static List<Probe> limits(
      Class<?> benchmark, String method, String label, Items items, Enum<?>... ways) {
    return Arrays.stream(ways)
        .map(
            way ->
                new Probe(
                    label + way.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                    benchmark,
                    method,
                    Map.of("kind", Distribution.GAUSSIAN.name(), "way", way.name()),
                    items,
                    false,
                    Optional.empty()))
        .toList();
  }
}
