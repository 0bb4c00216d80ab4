package femto.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.RowLayout;
import femto.memory.Slab;
import femto.model.Family;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Link;
import femto.model.Model;
import femto.model.PredictionRange;
import femto.model.Side;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A model with random weights, and a context and candidates of it: user and age on the one side,
 * movie, year and two genres on the other, which is the shape of MovieLens.
 */
final class SyntheticModel {
  private static final int USERS = 1000;
  private static final int AGES = 12;
  private static final int YEARS = 80;
  private static final int GENRES = 19;

  final Model model;
  final FeatureRows contexts;
  final FeatureRows candidates;

  SyntheticModel(int movies, int factors, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    FeatureSpace space = space(movies);
    Slab memory = Slab.allocate(Model.weightBytes(space.size(), factors));
    RowLayout layout = new RowLayout(factors);
    for (int feature = 0; feature < space.size(); feature++) {
      for (int f = 0; f <= factors; f++) {
        float weight = (float) (random.nextGaussian() * 0.1);
        memory.segment().set(JAVA_FLOAT, layout.rowOffset(feature) + 4L * f, weight);
      }
    }
    this.model =
        new Model(
            Family.FM,
            Link.IDENTITY,
            PredictionRange.UNBOUNDED,
            3.5f,
            space,
            memory,
            factors,
            Map.of());
    int firstMovie = USERS + AGES;
    int firstYear = firstMovie + movies;
    int firstGenre = firstYear + YEARS;
    this.contexts =
        FeatureRows.copyOf(
            new long[] {0, 2}, new int[] {17, USERS + 5}, new float[] {1, 1}, space.size());
    long[] offsets = new long[movies + 1];
    int[] features = new int[4 * movies];
    float[] weights = new float[4 * movies];
    for (int movie = 0; movie < movies; movie++) {
      int at = 4 * movie;
      long end = at + 4L;
      int genre = random.nextInt(GENRES - 1);
      features[at] = firstMovie + movie;
      features[at + 1] = firstYear + random.nextInt(YEARS);
      features[at + 2] = firstGenre + genre;
      features[at + 3] = firstGenre + genre + 1 + random.nextInt(GENRES - 1 - genre);
      weights[at] = 1;
      weights[at + 1] = 1;
      weights[at + 2] = 0.5f;
      weights[at + 3] = 0.5f;
      offsets[movie + 1] = end;
    }
    this.candidates = FeatureRows.copyOf(offsets, features, weights, space.size());
  }

  private static FeatureSpace space(int movies) {
    FeatureSpace.Builder builder =
        new FeatureSpace.Builder(
            List.of(
                Field.oneHot("user", Side.CONTEXT),
                Field.oneHot("age", Side.CONTEXT),
                Field.oneHot("movie", Side.CANDIDATE),
                Field.oneHot("year", Side.CANDIDATE),
                Field.multiHot("genre", Side.CANDIDATE)));
    int[] sizes = {USERS, AGES, movies, YEARS, GENRES};
    for (int field = 0; field < sizes.length; field++) {
      for (int value = 0; value < sizes[field]; value++) {
        builder.add(field, Integer.toString(value));
      }
    }
    return builder.build();
  }

  /**
   * The textbook formula for context 0 and a candidate: every pair of features, one after the
   * other.
   */
  double textbookScore(int candidate) {
    long candidateBegin = candidates.offset(candidate);
    int inContext = (int) contexts.offset(1);
    int count = inContext + (int) (candidates.offset(candidate + 1) - candidateBegin);
    double score = model.bias();
    for (int i = 0; i < count; i++) {
      int feature = feature(i, inContext, candidateBegin);
      double x = weight(i, inContext, candidateBegin);
      score += model.weights().bias(feature) * x;
      for (int j = 0; j < i; j++) {
        int other = feature(j, inContext, candidateBegin);
        double dot = 0;
        for (int f = 0; f < model.factors(); f++) {
          dot += model.weights().factor(feature, f) * model.weights().factor(other, f);
        }
        score += dot * x * weight(j, inContext, candidateBegin);
      }
    }
    return score;
  }

  private int feature(int i, int inContext, long candidateBegin) {
    return i < inContext ? contexts.feature(i) : candidates.feature(candidateBegin + i - inContext);
  }

  private double weight(int i, int inContext, long candidateBegin) {
    return i < inContext ? contexts.weight(i) : candidates.weight(candidateBegin + i - inContext);
  }
}
