package femto.bench.swap;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.kernels.RowLayout;
import femto.kernels.RowScores;
import femto.kernels.RowTable;
import femto.memory.Slab;
import femto.model.Family;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Link;
import femto.model.Model;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.score.Scorer;
import femto.swap.CandidateSet;
import femto.swap.Delta;
import femto.swap.ExternalIds;
import femto.swap.Lease;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.LiveScorer;
import femto.swap.PublishResult.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One thread reads and another replaces all weights without pause. All weights of a version are the
 * same number, and that of the next is greater, so any two that differ within a lease are a torn
 * read. Deltas of all candidates, a full publish after every {@value #FULL_EVERY}, merges as they
 * come. The control is the same harness with a table that is written in place, which must show torn
 * reads, or the harness would prove nothing.
 */
final class Soak {
  private static final int CANDIDATES = 512;
  private static final int FACTORS = 4;
  private static final int LISTED = 64;
  private static final int FULL_EVERY = 64;

  /** Weights are whole numbers below it, and so are the sums of {@value #FACTORS} + 1 of them. */
  private static final int MOST = 1 << 20;

  /** The feature of the context, all of whose factors are 1. */
  private static final int CONTEXT = 0;

  private Soak() {}

  /** One who reads some candidates, all of one version. */
  private interface Reader extends AutoCloseable {
    /** Whether all that was read is of one version, and none older than the last. */
    boolean isWhole(int[] listed, float[] scores);

    @Override
    void close();
  }

  /** What is read while it is replaced. */
  private interface Subject extends AutoCloseable {
    Reader newReader();

    /** Replaces all weights. */
    void replace();

    @Override
    void close();
  }

  /**
   * What was seen.
   *
   * @param leases how many reads of {@value #LISTED} candidates
   * @param torn how many of them were of more than one version
   * @param replaced how many times all weights were replaced
   */
  record Count(long leases, long torn, long replaced) {}

  static Count live(Duration length) throws InterruptedException {
    return run(new Live(), length);
  }

  static Count inPlace(Duration length) throws InterruptedException {
    return run(new InPlace(), length);
  }

  static List<Figure> figures(Count live, Count inPlace) {
    return List.of(
        Figure.of("Femto: torn leases", "leases", (double) live.torn()),
        Figure.of("Femto: leases", "leases", (double) live.leases()),
        Figure.of("Femto: versions", "versions", (double) live.replaced()),
        Figure.of("written in place: torn reads", "leases", (double) inPlace.torn()),
        Figure.of("written in place: reads", "leases", (double) inPlace.leases()));
  }

  static Finding finding(Count live, Count inPlace) {
    Finding row =
        new Finding(
                "torn-reads",
                "leases of %d weights that held more than one version".formatted(LISTED),
                "leases",
                "femto.bench.swap.SoakTest, femto.swap.SoakTest; mutants are caught by femto.swap.SoakTest,"
                    + " femto.swap.StressTest and femto.swap.PublicationLincheckTest")
            .measured((double) live.torn(), Double.NaN)
            .peer("written in place", (double) inPlace.torn())
            .detail("leases", live.leases())
            .detail("reads", live.leases() * LISTED)
            .detail("versions", live.replaced())
            .detail("in_place_leases", inPlace.leases())
            .holds((double) live.torn(), "none", 0);
    return inPlace.torn() > 0
        ? row
        : row.fails("writing in place showed no torn read either, so this run proves nothing");
  }

  private static Count run(Subject subject, Duration length) throws InterruptedException {
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    long end = System.nanoTime() + length.toNanos();
    long[] replaced = new long[1];
    try (subject) {
      Thread writer =
          Thread.ofPlatform()
              .name("bench-writer")
              .start(
                  () -> {
                    try {
                      while (System.nanoTime() < end) {
                        subject.replace();
                        replaced[0]++;
                      }
                    } catch (RuntimeException thrown) {
                      failure.set(thrown);
                    }
                  });
      long leases = 0;
      long torn = 0;
      SplittableRandom random = new SplittableRandom(3);
      int[] listed = new int[LISTED];
      float[] scores = new float[LISTED];
      try (Reader reader = subject.newReader()) {
        while (System.nanoTime() < end && failure.get() == null) {
          for (int i = 0; i < LISTED; i++) {
            listed[i] = random.nextInt(CANDIDATES);
          }
          leases++;
          torn += reader.isWhole(listed, scores) ? 0 : 1;
        }
      } finally {
        writer.join();
      }
      RuntimeException thrown = failure.get();
      if (thrown != null) {
        throw thrown;
      }
      return new Count(leases, torn, replaced[0]);
    }
  }

  private static boolean areAll(float[] scores, float expected) {
    boolean all = true;
    for (float score : scores) {
      all &= score == expected;
    }
    return all;
  }

  /** A live model, of which all weights of a version are one number. */
  private static final class Live implements Subject {
    private static final FeatureSpace SPACE = space();
    private static final FeatureRows CANDIDATE_ROWS =
        FeatureRows.copyOf(
            IntStream.rangeClosed(0, CANDIDATES).mapToLong(i -> i).toArray(),
            IntStream.range(0, CANDIDATES).map(i -> 1 + i).toArray(),
            ones(CANDIDATES),
            SPACE.size());
    private static final FeatureRows CONTEXTS =
        FeatureRows.copyOf(new long[] {0, 1}, new int[] {CONTEXT}, ones(1), SPACE.size());

    private final LiveModel live;
    private final Delta delta = new Delta();
    private final float[] factors = new float[FACTORS];
    private int number = 1;

    Live() {
      LiveOptions options =
          LiveOptions.defaults().withPatch(1, 8 * CANDIDATES).withFanOutBudget(CANDIDATES);
      live = LiveModel.start(model(1), candidateSet(), options);
    }

    private static float[] ones(int count) {
      float[] ones = new float[count];
      java.util.Arrays.fill(ones, 1);
      return ones;
    }

    private static FeatureSpace space() {
      FeatureSpace.Builder builder =
          new FeatureSpace.Builder(
              List.of(Field.oneHot("context", Side.CONTEXT), Field.oneHot("ad", Side.CANDIDATE)));
      builder.add(0, "any");
      IntStream.range(0, CANDIDATES).forEach(ad -> builder.add(1, Integer.toString(ad)));
      return builder.build();
    }

    private static Model model(float weight) {
      RowLayout layout = new RowLayout(FACTORS);
      Slab memory = Slab.allocate(layout.tableBytes(SPACE.size()));
      for (int feature = 0; feature < SPACE.size(); feature++) {
        for (int f = 0; f <= FACTORS; f++) {
          float ofContext = f == 0 ? 0 : 1;
          memory
              .segment()
              .set(
                  JAVA_FLOAT,
                  layout.rowOffset(feature) + 4L * f,
                  feature == CONTEXT ? ofContext : weight);
        }
      }
      return new Model(
          Family.FM, Link.IDENTITY, PredictionRange.UNBOUNDED, 0, SPACE, memory, FACTORS, Map.of());
    }

    private static CandidateSet candidateSet() {
      return new CandidateSet(
          CANDIDATE_ROWS,
          ExternalIds.ofLongs(IntStream.range(0, CANDIDATES).mapToLong(i -> i).toArray()));
    }

    @Override
    public void replace() {
      if (++number >= MOST) {
        throw new IllegalStateException(number + " is not a weight any more");
      }
      Outcome outcome;
      if (number % FULL_EVERY == 0) {
        outcome = live.publish(model(number), candidateSet()).outcome();
      } else {
        java.util.Arrays.fill(factors, number);
        delta.clear();
        for (int ad = 0; ad < CANDIDATES; ad++) {
          delta.weights(1 + ad, number, factors);
        }
        outcome = live.publish(delta).outcome();
      }
      // One that is put off until a merge has ended is overwritten by the next.
      if (outcome == Outcome.REFUSED) {
        throw new IllegalStateException("the weights " + number + " were refused");
      }
    }

    @Override
    public Reader newReader() {
      LiveScorer reader = live.newScorer("bench-soak");
      return new Reader() {
        private float last;

        @Override
        public boolean isWhole(int[] listed, float[] scores) {
          try (Lease lease = reader.lease()) {
            Scorer scorer = lease.scorer();
            scorer.fold(CONTEXTS, 0);
            scorer.score(listed, listed.length, scores);
            boolean whole = areAll(scores, scores[0]) && scores[0] >= last;
            last = scores[0];
            return whole;
          }
        }

        @Override
        public void close() {
          reader.close();
        }
      };
    }

    @Override
    public void close() {
      live.close();
    }
  }

  /** A table that is written while it is read. */
  private static final class InPlace implements Subject {
    private final Slab memory = Slab.allocate(new RowLayout(FACTORS).tableBytes(CANDIDATES));
    private final RowTable table = RowTable.over(memory.segment(), CANDIDATES, FACTORS);
    private final float[] factors = new float[FACTORS];
    private int version;

    @Override
    public void replace() {
      version = (version + 1) % MOST;
      java.util.Arrays.fill(factors, version);
      for (int ad = 0; ad < CANDIDATES; ad++) {
        table.setRow(ad, version, factors);
      }
    }

    @Override
    public Reader newReader() {
      RowScores rows = new RowScores(table);
      float[] query = {1, 1, 1, 1};
      return new Reader() {
        @Override
        public boolean isWhole(int[] listed, float[] scores) {
          rows.gather(query, listed, listed.length, scores);
          return areAll(scores, scores[0]);
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public void close() {
      memory.close();
    }
  }
}
