package femto.swap;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.memory.Slab;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.FoldedCandidates;
import femto.model.Link;
import femto.model.Model;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import femto.score.Scorer;
import femto.swap.LiveOptions.Merging;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Readers against a publisher, with weights that say which version they are of: all weights of a
 * version and its bias are one whole number, its tag, so that every score is a polynomial of the
 * tag and of how many features the candidate has, which its id says. All of it is exact in floats.
 * Candidates of every fourth id are there only while the tag is odd, so the catalogue says the tag
 * too.
 */
final class Soak {
  private static final int IDS = 400;
  private static final int CAMPAIGNS = 20;
  private static final int CONTEXTS = 3;
  private static final int FEATURES = CONTEXTS + IDS + CAMPAIGNS + 2;
  private static final int K = 4;
  private static final int TAGS = 200;
  private static final int READERS = 2;
  private static final int TOP = 10;

  private static final FeatureSpace SPACE =
      TestModels.space(
          List.of(
              Field.oneHot("user", Side.CONTEXT),
              Field.oneHot("ad", Side.CANDIDATE),
              Field.oneHot("campaign", Side.CANDIDATE),
              Field.oneHot("brand", Side.CANDIDATE)),
          CONTEXTS,
          IDS,
          CAMPAIGNS,
          2);

  private final Duration duration;
  private final long leastReads;
  private final boolean endAtFirst;
  private final LongAdder reads = new LongAdder();
  private final LongAdder torn = new LongAdder();
  private final Map<Long, Integer> tags = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable String> firstFinding = new AtomicReference<>();
  private volatile boolean over;

  private Soak(Duration duration, long leastReads, boolean endAtFirst) {
    this.duration = duration;
    this.leastReads = leastReads;
    this.endAtFirst = endAtFirst;
  }

  /** What came of it. */
  record Report(
      long reads,
      long torn,
      String firstFinding,
      int versionsSeen,
      long full,
      long deltas,
      long rolledBack,
      long coalesced,
      long merges) {}

  // ---- What a version with a tag looks like ----

  /** How many features a candidate has: 1 to 3. */
  private static int featureCount(long id) {
    return 1 + (int) (id % 3);
  }

  private static boolean isPresent(long id, int tag) {
    return id % 4 != 3 || tag % 2 == 1;
  }

  private static Row row(long id) {
    int[] all = {
      CONTEXTS + (int) id,
      CONTEXTS + IDS + (int) (id % CAMPAIGNS),
      CONTEXTS + IDS + CAMPAIGNS + (int) (id % 2)
    };
    int[] features = Arrays.copyOf(all, featureCount(id));
    float[] weights = new float[features.length];
    Arrays.fill(weights, 1);
    return new Row(features, weights);
  }

  /** w0 + n t + k n (n - 1) / 2 t^2 with n features, one of them the context's. */
  private static float score(long id, int tag) {
    int n = 1 + featureCount(id);
    return tag + n * tag + K * (n * (n - 1) / 2) * tag * tag;
  }

  private static Model model(int tag) {
    Slab slab = Slab.allocate(Model.weightBytes(FEATURES, K));
    for (long i = 0; i < (long) FEATURES * (1 + K); i++) {
      slab.segment().setAtIndex(JAVA_FLOAT, i, tag);
    }
    return new Model(
        Family.FM, Link.IDENTITY, PredictionRange.UNBOUNDED, tag, SPACE, slab, K, Map.of());
  }

  private static CandidateSet candidates(int tag) {
    List<Row> rows = new ArrayList<>();
    List<Long> ids = new ArrayList<>();
    for (long id = 0; id < IDS; id++) {
      if (isPresent(id, tag)) {
        ids.add(id);
        rows.add(row(id));
      }
    }
    return new CandidateSet(
        TestModels.rows(rows, FEATURES),
        ExternalIds.ofLongs(ids.stream().mapToLong(Long::longValue).toArray()));
  }

  private static Delta delta(int tag) {
    Delta delta = new Delta().bias(tag);
    float[] factors = new float[K];
    Arrays.fill(factors, tag);
    for (int feature = 0; feature < FEATURES; feature++) {
      delta.weights(feature, tag, factors);
    }
    for (long id = 3; id < IDS; id += 4) {
      if (isPresent(id, tag)) {
        Row row = row(id);
        delta.put(id, row.features(), row.weights());
      } else {
        delta.remove(id);
      }
    }
    return delta;
  }

  // ---- Readers ----

  private interface Reading {
    /** Looks at one version; returns how many reads it was. */
    int once(Random random) throws Finding;
  }

  /** Something that no whole version has. */
  private static final class Finding extends Exception {
    private static final long serialVersionUID = 1;

    Finding(String message) {
      super(message);
    }
  }

  private static void require(boolean holds, String what, Object found) throws Finding {
    if (!holds) {
      throw new Finding(what + ": " + found);
    }
  }

  /** One owner's buffers. */
  private static final class Probe {
    final int[] indexes = new int[IDS];
    final long[] ids = new long[IDS];
    final float[] scores = new float[IDS];
    final int[] best = new int[TOP];
    final float[] bestScores = new float[TOP];

    /** Scores and ranks what is listed, and holds it against a tag. */
    int check(Scorer scorer, int count, int tag, Random random) throws Finding {
      scorer.context().clear().put("user", "v" + random.nextInt(CONTEXTS));
      scorer.fold();
      scorer.score(indexes, count, scores);
      for (int i = 0; i < count; i++) {
        if (scores[i] != score(ids[i], tag)) {
          throw new Finding(
              "candidate " + ids[i] + " scores " + scores[i] + ", expected " + score(ids[i], tag));
        }
      }
      int found = scorer.top(TOP, null, best, bestScores);
      require(found == TOP, "found", found);
      for (int i = 0; i < found; i++) {
        require(bestScores[i] == score(2, tag), "one of the best scores", bestScores[i]);
      }
      return count + found;
    }
  }

  private Reading reading(LiveScorer reader) {
    Probe probe = new Probe();
    long[] last = {0};
    return random -> {
      try (Lease lease = reader.lease()) {
        require(lease.version() >= last[0], "version after " + last[0], lease.version());
        last[0] = lease.version();
        int tag = (int) lease.scorer().snapshot().bias();
        Integer known = tags.putIfAbsent(lease.version(), tag);
        require(known == null || known == tag, "tag of version " + lease.version(), tag);
        Catalogue catalogue = lease.catalogue();
        int count = 0;
        for (long id = random.nextInt(4); id < IDS; id += 4) {
          int index = catalogue.index(id);
          require((index >= 0) == isPresent(id, tag), "index of " + id + " with " + tag, index);
          if (index >= 0) {
            require(catalogue.longId(index) == id, "id of " + id, catalogue.longId(index));
            probe.indexes[count] = index;
            probe.ids[count++] = id;
          }
        }
        return probe.check(lease.scorer(), count, tag, random);
      }
    };
  }

  private void read(Reading reading, Random random) {
    while (!over) {
      try {
        reads.add(reading.once(random));
      } catch (Finding | RuntimeException found) {
        // Memory that was freed under a lease throws, and that is a finding too.
        firstFinding.compareAndSet(null, found.toString());
        torn.increment();
        over |= endAtFirst;
      }
    }
  }

  /** Reads until the writer, which does a step at a time, has had its time. */
  private void run(List<Reading> readings, Runnable step) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < readings.size(); i++) {
      Reading reading = readings.get(i);
      Random random = new Random(i);
      threads.add(Thread.ofPlatform().name("soak-" + i).start(() -> read(reading, random)));
    }
    long end = System.nanoTime() + duration.toNanos();
    try {
      while (!over && (System.nanoTime() < end || reads.sum() < leastReads)) {
        step.run();
      }
    } finally {
      over = true;
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  // ---- The live model, or a mutant ----

  /** For so long and so many reads at least. */
  static Report ofALiveModel(Merging merging, Duration duration, long leastReads)
      throws InterruptedException {
    return new Soak(duration, leastReads, false).ofALiveModel(Publication::new, merging);
  }

  /** Until something is found, or patience ends. */
  static Report ofAMutant(Publisher.Publications mutant, Duration patience)
      throws InterruptedException {
    return new Soak(patience, 0, true).ofALiveModel(mutant, Merging.BACKGROUND);
  }

  private Report ofALiveModel(Publisher.Publications publications, Merging merging)
      throws InterruptedException {
    LiveOptions options =
        LiveOptions.defaults()
            .withPatch(1, 3 * FEATURES)
            .withFanOutBudget(IDS)
            .withHistory(6)
            .withMerging(merging);
    LiveModel live = LiveModel.start(model(1), candidates(1), options, publications);
    try {
      List<Reading> readings = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        readings.add(reading(live.newScorer("soak-" + i)));
      }
      Writer writer = new Writer(live, new Random(7));
      run(readings, writer::step);
      LiveStatistics statistics = live.statistics();
      return new Report(
          reads.sum(),
          torn.sum(),
          String.valueOf(firstFinding.get()),
          tags.size(),
          statistics.publishedFull(),
          statistics.publishedDelta(),
          statistics.rolledBack(),
          statistics.coalesced(),
          statistics.merges());
    } finally {
      live.close();
    }
  }

  /** Publishes at random. */
  private static final class Writer {
    private final LiveModel live;
    private final Random random;
    private int tag = 1;
    private boolean renumbered;

    Writer(LiveModel live, Random random) {
      this.live = live;
      this.random = random;
    }

    void step() {
      int kind = random.nextInt(20);
      tag = 1 + (tag + random.nextInt(TAGS - 1)) % TAGS;
      if (kind == 0 || renumbered) {
        accept(live.publish(model(tag), candidates(tag)));
        renumbered = false;
      } else if (kind == 1) {
        long generation = live.generation();
        live.rollBack(live.version() - 1 - random.nextInt(5)); // may be kept no more
        renumbered = live.generation() != generation;
      } else {
        accept(live.publish(delta(tag)));
      }
    }

    private static void accept(PublishResult result) {
      if (result.outcome() == PublishResult.Outcome.REFUSED || result.waitingFeatures() > 0) {
        throw new AssertionError(result.toString());
      }
    }
  }

  // ---- The control ----

  /** The same readers over one set of tables that is written to in place. */
  static Report ofWeightsOverwrittenInPlace(Duration patience) throws InterruptedException {
    return new Soak(patience, 0, true).ofWeightsOverwrittenInPlace();
  }

  private Report ofWeightsOverwrittenInPlace() throws InterruptedException {
    CandidateSet set = candidates(1);
    try (Model model = model(1);
        FoldedCandidates folded = FoldedCandidates.fold(model, set.features())) {
      List<Reading> readings = new ArrayList<>();
      for (int reader = 0; reader < READERS; reader++) {
        Scorer scorer = new Scorer(model, folded);
        Probe probe = new Probe();
        readings.add(
            random -> {
              int tag = (int) folded.table().factor(0, 0);
              int count = set.size();
              for (int index = 0; index < count; index++) {
                probe.indexes[index] = index;
                probe.ids[index] = set.ids().longId(index);
              }
              tag /= featureCount(set.ids().longId(0));
              // The model's bias cannot be written to: it stays 1.
              return checkInPlace(probe, scorer, count, tag, random);
            });
      }
      int[] tag = {1};
      run(readings, () -> overwrite(model, folded, set, 1 + tag[0]++ % TAGS));
      return new Report(
          reads.sum(), torn.sum(), String.valueOf(firstFinding.get()), 0, 0, 0, 0, 0, 0);
    }
  }

  private static int checkInPlace(Probe probe, Scorer scorer, int count, int tag, Random random)
      throws Finding {
    scorer.context().clear().put("user", "v" + random.nextInt(CONTEXTS));
    scorer.fold();
    scorer.score(probe.indexes, count, probe.scores);
    for (int i = 0; i < count; i++) {
      float expected = score(probe.ids[i], tag) - tag + 1;
      require(probe.scores[i] == expected, "score of " + probe.ids[i], probe.scores[i]);
    }
    return count;
  }

  private static void overwrite(Model model, FoldedCandidates folded, CandidateSet set, int tag) {
    for (long i = 0; i < (long) FEATURES * (1 + K); i++) {
      model.weights().segment().setAtIndex(JAVA_FLOAT, i, tag);
    }
    float[] row = new float[K];
    for (int index = 0; index < set.size(); index++) {
      int n = featureCount(set.ids().longId(index));
      Arrays.fill(row, n * tag);
      folded.table().setRow(index, n * tag + K * (n * (n - 1) / 2) * tag * tag, row);
    }
  }
}
