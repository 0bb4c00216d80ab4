package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.FoldedCandidates;
import femto.model.Link;
import femto.model.Model;
import femto.model.PlainFm;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import femto.score.Scorer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a version must be, in plain maps and arrays: weights, and the candidates by their ids.
 * Shares nothing with the product but the fold that versions are held against.
 */
final class LiveWorld {
  /** users and hours | ads, each its own, campaigns of some, and brands of many. */
  static final FeatureSpace SPACE =
      TestModels.space(
          List.of(
              Field.oneHot("user", Side.CONTEXT),
              Field.multiHot("tags", Side.CONTEXT),
              Field.oneHot("ad", Side.CANDIDATE),
              Field.oneHot("campaign", Side.CANDIDATE),
              Field.multiHot("brand", Side.CANDIDATE)),
          8,
          5,
          60,
          12,
          3);

  static final int FIRST_AD = 13;
  static final int FIRST_CAMPAIGN = 73;
  static final int FIRST_BRAND = 85;
  static final int K = 3;

  float bias;
  final float[] linear;
  final float[][] factors;
  final Map<Long, Row> candidates;

  /** Changed weights that are in no version yet. */
  final Map<Integer, float[]> waiting = new TreeMap<>();

  private LiveWorld(float bias, float[] linear, float[][] factors, Map<Long, Row> candidates) {
    this.bias = bias;
    this.linear = linear;
    this.factors = factors;
    this.candidates = candidates;
  }

  static LiveWorld random(Random random, int size) {
    PlainFm fm = PlainFm.random(random, SPACE.size(), K, 0.5);
    Map<Long, Row> candidates = new TreeMap<>();
    while (candidates.size() < size) {
      candidates.put((long) random.nextInt(4 * size) - size, row(random));
    }
    return new LiveWorld(fm.bias(), fm.linear().clone(), fm.factors().clone(), candidates);
  }

  LiveWorld copy() {
    LiveWorld copy =
        new LiveWorld(bias, linear.clone(), factors.clone(), new TreeMap<>(candidates));
    copy.waiting.putAll(waiting);
    return copy;
  }

  static Row row(Random random) {
    TreeSet<Integer> features = new TreeSet<>();
    features.add(FIRST_AD + random.nextInt(60));
    if (random.nextInt(3) > 0) {
      features.add(FIRST_CAMPAIGN + random.nextInt(12));
    }
    features.add(FIRST_BRAND + random.nextInt(3));
    float[] weights = new float[features.size()];
    Arrays.fill(weights, 1f / weights.length);
    return new Row(features.stream().mapToInt(Integer::intValue).toArray(), weights);
  }

  /** A user and a tag each. */
  static FeatureRows contexts(Random random, int count) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(context(random));
    }
    return TestModels.rows(rows, SPACE.size());
  }

  private static Row context(Random random) {
    return new Row(new int[] {random.nextInt(8), 8 + random.nextInt(5)}, new float[] {1, 1});
  }

  Model model() {
    return TestModels.model(
        SPACE,
        new PlainFm(bias, linear, factors),
        Link.SIGMOID,
        PredictionRange.UNBOUNDED,
        Map.of());
  }

  CandidateSet set() {
    return new CandidateSet(
        TestModels.rows(List.copyOf(candidates.values()), SPACE.size()),
        ExternalIds.ofLongs(candidates.keySet().stream().mapToLong(Long::longValue).toArray()));
  }

  LiveModel start(LiveOptions options) {
    return LiveModel.start(model(), set(), options);
  }

  /** How many candidates have a feature. */
  int fanOut(int feature) {
    int count = 0;
    for (Row row : candidates.values()) {
      count += Arrays.binarySearch(row.features(), feature) >= 0 ? 1 : 0;
    }
    return count;
  }

  /** Changes, as a delta makes them. */
  static final class Edit {
    @Nullable Float bias;
    final Map<Integer, float[]> weights = new TreeMap<>();
    final Map<Long, Row> put = new TreeMap<>();
    final TreeSet<Long> removed = new TreeSet<>();

    Edit weights(Random random, int feature) {
      float[] row = new float[1 + K];
      for (int i = 0; i < row.length; i++) {
        row[i] = random.nextFloat() - 0.5f;
      }
      weights.put(feature, row);
      return this;
    }

    Edit put(long id, Row row) {
      put.put(id, row);
      removed.remove(id);
      return this;
    }

    Edit remove(long id) {
      put.remove(id);
      removed.add(id);
      return this;
    }

    Delta delta() {
      Delta delta = new Delta();
      if (bias != null) {
        delta.bias(bias);
      }
      weights.forEach((j, row) -> delta.weights(j, row[0], Arrays.copyOfRange(row, 1, 1 + K)));
      put.forEach((id, row) -> delta.put(id, row.features(), row.weights()));
      removed.forEach(delta::remove);
      return delta;
    }

    /** This one and then another. */
    void then(Edit next) {
      bias = next.bias == null ? bias : next.bias;
      weights.putAll(next.weights);
      next.put.forEach(this::put);
      next.removed.forEach(this::remove);
    }
  }

  /**
   * Does what a delta is to do: all candidates, and weights in ascending order of how many
   * candidates have the feature while no more than the budget have to be folded anew for them.
   */
  void apply(Edit edit, int budget) {
    bias = edit.bias == null ? bias : edit.bias;
    Map<Integer, float[]> changed = new TreeMap<>(waiting);
    changed.putAll(edit.weights);
    changed
        .entrySet()
        .removeIf(change -> Arrays.equals(change.getValue(), weightsOf(change.getKey())));
    waiting.clear();
    List<Integer> order = new ArrayList<>(changed.keySet());
    order.sort(java.util.Comparator.comparingInt(this::fanOut)); // stable: then by number
    TreeSet<Long> folded = new TreeSet<>();
    for (int feature : order) {
      TreeSet<Long> more = new TreeSet<>(folded);
      candidates.forEach(
          (id, row) -> {
            boolean own = edit.put.containsKey(id) || edit.removed.contains(id);
            if (!own && Arrays.binarySearch(row.features(), feature) >= 0) {
              more.add(id);
            }
          });
      if (waiting.isEmpty() && more.size() <= budget) {
        folded = more;
      } else {
        waiting.put(feature, Objects.requireNonNull(changed.get(feature)));
      }
    }
    for (int feature : order) {
      if (!waiting.containsKey(feature)) {
        float[] row = Objects.requireNonNull(changed.get(feature));
        linear[feature] = row[0];
        factors[feature] = Arrays.copyOfRange(row, 1, 1 + K);
      }
    }
    candidates.keySet().removeAll(edit.removed);
    candidates.putAll(edit.put);
  }

  private float[] weightsOf(int feature) {
    float[] row = new float[1 + K];
    row[0] = linear[feature];
    System.arraycopy(factors[feature], 0, row, 1, K);
    return row;
  }

  long anyId(Random random) {
    List<Long> ids = List.copyOf(candidates.keySet());
    return ids.get(random.nextInt(ids.size()));
  }

  /**
   * Holds a version against this world: its catalogue, its candidates' rows, its weights and its
   * checksum to the last bit, and what it finds.
   */
  void assertServedBy(LiveVersion version) {
    Catalogue catalogue = version.catalogue();
    assertThat(catalogue.count()).isEqualTo(candidates.size());
    assertThat(version.snapshot().bias()).isEqualTo(bias);
    try (Model fresh = model()) {
      for (int feature = 0; feature < SPACE.size(); feature++) {
        float[] row = new float[K];
        version.weights().copyFactors(feature, row);
        assertThat(row).as("factors of feature %d", feature).isEqualTo(factors[feature]);
        assertThat(version.weights().bias(feature)).isEqualTo(linear[feature]);
      }
      List<Row> rows = List.copyOf(candidates.values());
      try (FoldedCandidates folded =
          FoldedCandidates.fold(fresh, TestModels.rows(rows, SPACE.size()))) {
        Iterator<Long> ids = candidates.keySet().iterator();
        for (int i = 0; i < rows.size(); i++) {
          long id = ids.next();
          int index = catalogue.index(id);
          assertThat(index).as("index of %d", id).isNotEqualTo(Catalogue.NONE);
          assertThat(catalogue.longId(index)).isEqualTo(id);
          float[] expected = new float[K];
          float[] row = new float[K];
          folded.table().copyFactors(i, expected);
          version.rows().copyFactors(index, row);
          assertThat(row).as("row of %d", id).isEqualTo(expected);
          assertThat(version.rows().bias(index)).isEqualTo(folded.table().bias(i));
        }
      }
    }
    assertThat(Checksum.of(version)).isEqualTo(version.content().checksum());
  }

  /** Holds what a lease scores and finds against the textbook's formula, in doubles. */
  void assertScores(Lease lease, Random random) {
    Row context = context(random);
    Scorer scorer = lease.scorer();
    scorer.fold(TestModels.rows(List.of(context), SPACE.size()), 0);
    PlainFm plain = new PlainFm(bias, linear, factors);
    List<Float> scores = new ArrayList<>();
    for (Map.Entry<Long, Row> candidate : candidates.entrySet()) {
      Row all = context.with(candidate.getValue());
      double expected = plain.score(all.features(), all.weights());
      float score = scorer.score(lease.catalogue().index((long) candidate.getKey()));
      assertThat((double) score).isCloseTo(expected, org.assertj.core.data.Offset.offset(1e-4));
      scores.add(score);
    }
    scores.sort(java.util.Comparator.reverseOrder());
    int[] indexes = new int[10];
    float[] best = new float[10];
    int found = scorer.top(10, null, indexes, best);
    assertThat(found).isEqualTo(Math.min(10, candidates.size()));
    for (int i = 0; i < found; i++) {
      assertThat(candidates).containsKey(lease.catalogue().longId(indexes[i]));
      assertThat(best[i]).isEqualTo(scores.get(i));
    }
  }
}
