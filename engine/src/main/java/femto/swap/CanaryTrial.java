package femto.swap;

import femto.score.Scorer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Asks versions the canaries' requests and compares the answers. The writer's own. */
final class CanaryTrial {
  private final Canaries canaries;
  private @Nullable Scorer scorer;

  CanaryTrial(Canaries canaries) {
    this.canaries = canaries;
  }

  /** The best candidates of each context, by id, and their scores. */
  record Answers(List<List<Object>> ids, List<float[]> scores) {}

  /**
   * What a version says.
   *
   * @param answers its answers
   * @param refusal why they differ too much from those of the serving version, or null
   */
  record Outcome(Answers answers, @Nullable String refusal) {}

  /**
   * Tries a version.
   *
   * @param serving what the serving version has answered, or null to let everything through
   * @throws IllegalArgumentException if a request cannot be ranked by it
   */
  Outcome ask(LiveVersion version, @Nullable Answers serving) {
    Scorer asked = scorer;
    if (asked == null || !asked.serves(version.snapshot())) {
      asked = new Scorer(version.snapshot());
      scorer = asked;
    }
    asked.use(version.snapshot());
    try {
      return ask(version, asked, serving);
    } finally {
      asked.use(null);
    }
  }

  private Outcome ask(LiveVersion version, Scorer asked, @Nullable Answers serving) {
    Catalogue catalogue = version.catalogue();
    int k = Math.min(canaries.k(), catalogue.size());
    int[] indexes = new int[k];
    float[] scores = new float[k];
    List<List<Object>> allIds = new ArrayList<>();
    List<float[]> allScores = new ArrayList<>();
    double shift = 0;
    long compared = 0;
    double leastOverlap = 1;
    for (int context = 0; context < canaries.contexts().size(); context++) {
      fold(asked, context);
      int found = asked.top(k, null, indexes, scores);
      List<Object> ids = new ArrayList<>();
      for (int i = 0; i < found; i++) {
        ids.add(id(catalogue, indexes[i]));
      }
      allIds.add(ids);
      allScores.add(java.util.Arrays.copyOf(scores, found));
      if (serving == null || serving.ids().get(context).isEmpty()) {
        continue;
      }
      List<Object> formerIds = serving.ids().get(context);
      Set<Object> now = new HashSet<>(ids);
      long kept = formerIds.stream().filter(now::contains).count();
      leastOverlap = Math.min(leastOverlap, (double) kept / formerIds.size());
      for (int i = 0; i < formerIds.size(); i++) {
        int index = index(catalogue, formerIds.get(i));
        if (index != Catalogue.NONE) {
          shift += Math.abs((double) asked.score(index) - serving.scores().get(context)[i]);
          compared++;
        }
      }
    }
    double meanShift = compared == 0 ? 0 : shift / compared;
    return new Outcome(new Answers(allIds, allScores), refusal(meanShift, leastOverlap));
  }

  private void fold(Scorer asked, int context) {
    try {
      asked.context().clear();
      for (Map.Entry<String, List<String>> field : canaries.contexts().get(context).entrySet()) {
        field.getValue().forEach(value -> asked.context().put(field.getKey(), value));
      }
      asked.fold();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("canary " + context + ": " + e.getMessage(), e);
    }
  }

  private static Object id(Catalogue catalogue, int index) {
    return catalogue.ids().isLong() ? (Object) catalogue.longId(index) : catalogue.id(index);
  }

  private static int index(Catalogue catalogue, Object id) {
    if (catalogue.ids().isLong()) {
      return id instanceof Long number ? catalogue.index((long) number) : Catalogue.NONE;
    }
    return id instanceof String text ? catalogue.index(text) : Catalogue.NONE;
  }

  private @Nullable String refusal(double shift, double overlap) {
    if (shift > canaries.mostShift()) {
      return "canaries: scores shift by " + shift + " on average, at most " + canaries.mostShift();
    }
    return overlap < canaries.leastOverlap()
        ? "canaries: of the best "
            + canaries.k()
            + " a part of "
            + overlap
            + " is the same, at least "
            + canaries.leastOverlap()
        : null;
  }
}
