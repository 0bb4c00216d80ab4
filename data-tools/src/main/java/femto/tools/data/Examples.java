package femto.tools.data;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The examples of a data set while they are being collected. */
final class Examples {
  private int[] contexts = new int[1024];
  private int[] candidates = new int[1024];
  private float[] labels = new float[1024];
  private long[] times = new long[1024];
  private int size;

  /** One mask a predefined fold, by its name: 1 for a test example. */
  final Map<String, byte[]> folds = new TreeMap<>();

  private @Nullable Truth truth;
  private float @Nullable [] weights;

  /** Planted truth, one number an example each. */
  record Truth(float[] mean, float[] positive) {}

  void add(int context, int candidate, float label, long time) {
    if (size == contexts.length) {
      contexts = Arrays.copyOf(contexts, 2 * size);
      candidates = Arrays.copyOf(candidates, 2 * size);
      labels = Arrays.copyOf(labels, 2 * size);
      times = Arrays.copyOf(times, 2 * size);
    }
    contexts[size] = context;
    candidates[size] = candidate;
    labels[size] = label;
    times[size++] = time;
  }

  int size() {
    return size;
  }

  int context(int example) {
    return contexts[example];
  }

  int candidate(int example) {
    return candidates[example];
  }

  float label(int example) {
    return labels[example];
  }

  long time(int example) {
    return times[example];
  }

  int[] contexts() {
    return Arrays.copyOf(contexts, size);
  }

  int[] candidates() {
    return Arrays.copyOf(candidates, size);
  }

  float[] labels() {
    return Arrays.copyOf(labels, size);
  }

  long[] times() {
    return Arrays.copyOf(times, size);
  }

  /** What each example counts, null where each counts once. */
  float @Nullable [] weights() {
    return weights;
  }

  void setWeights(float[] known) {
    weights = known;
  }

  @Nullable Truth truth() {
    return truth;
  }

  void setTruth(Truth known) {
    truth = known;
  }
}
