package com.example.ads;

import com.example.ads.AdRanker.Answer;
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
import femto.swap.CandidateSet;
import femto.swap.Delta;
import femto.swap.ExternalIds;
import femto.swap.LiveModel;
import femto.swap.PublishResult;
import femto.swap.VersionFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Publishes versions whose answers are known beforehand. In version v the bias, the users' weights,
 * and the weight and the first factor of one ad are v; all other ads have nothing. So that ad is
 * the best with a score of 4 v, and a number of any other version would show.
 */
final class Trainer {
  static final int USERS = 10;
  static final int ADS = 1000;
  static final long LAST_VERSION = 200;

  private static final int FULL_EVERY = 50;
  private static final int FACTORS = 16;
  private static final int USER_FIELD = 0;
  private static final int AD_FIELD = 1;

  private Trainer() {}

  static String user(int number) {
    return "user-" + number;
  }

  private static String ad(long number) {
    return "ad-" + number;
  }

  /** The ad that is the best in a version. */
  private static int best(long version) {
    return (int) (version % ADS);
  }

  static Answer expected(long version) {
    return new Answer(version, ad(best(version)), 4f * version, 2f * version);
  }

  /** Publishes until the last version serves: mostly deltas, now and then a file. */
  static void publishAll(LiveModel live, Path file) throws IOException, InterruptedException {
    while (live.version() < LAST_VERSION) {
      Thread.sleep(5);
      long next = live.version() + 1;
      PublishResult result;
      if (next % FULL_EVERY == 0) {
        writeFile(file, next);
        result = live.publish(file);
      } else {
        result = live.publish(delta(live.features(), next));
      }
      if (!result.isPublished()) {
        throw new IllegalStateException("version " + next + ": " + result.reason());
      }
    }
  }

  /** What changes from a version to the next. */
  private static Delta delta(FeatureSpace features, long version) {
    Delta delta = new Delta().bias(version);
    for (int i = 0; i < USERS; i++) {
      delta.weights(features.find(USER_FIELD, user(i)), version, userFactors());
    }
    int former = features.find(AD_FIELD, ad(best(version - 1)));
    delta.weights(former, 0, new float[FACTORS]);
    int best = features.find(AD_FIELD, ad(best(version)));
    return delta.weights(best, version, adFactors(version));
  }

  /** Writes a version in full. */
  static void writeFile(Path file, long version) throws IOException {
    try (Model model = model(version)) {
      VersionFile.write(model, ads(model.features()), file);
    }
  }

  private static Model model(long version) {
    FeatureSpace.Builder values =
        new FeatureSpace.Builder(
            List.of(Field.oneHot("user", Side.CONTEXT), Field.oneHot("ad", Side.CANDIDATE)));
    IntStream.range(0, USERS).forEach(i -> values.add(USER_FIELD, user(i)));
    IntStream.range(0, ADS).forEach(i -> values.add(AD_FIELD, ad(i)));
    FeatureSpace features = values.build();
    Slab memory = Slab.allocate(Model.weightBytes(features.size(), FACTORS)); // all zero
    RowTable weights = RowTable.over(memory.segment(), features.size(), FACTORS);
    for (int i = 0; i < USERS; i++) {
      weights.setRow(features.find(USER_FIELD, user(i)), version, userFactors());
    }
    weights.setRow(features.find(AD_FIELD, ad(best(version))), version, adFactors(version));
    return new Model(
        Family.FM,
        Link.SIGMOID,
        PredictionRange.UNBOUNDED,
        version,
        features,
        memory,
        FACTORS,
        Map.of());
  }

  /** Every ad has one feature: itself. */
  private static CandidateSet ads(FeatureSpace features) {
    long[] offsets = new long[ADS + 1];
    int[] featureOfAd = new int[ADS];
    float[] x = new float[ADS];
    for (int i = 0; i < ADS; i++) {
      offsets[i + 1] = i + 1;
      featureOfAd[i] = features.find(AD_FIELD, ad(i));
      x[i] = 1;
    }
    FeatureRows rows = FeatureRows.copyOf(offsets, featureOfAd, x, features.size());
    List<String> ids = IntStream.range(0, ADS).mapToObj(Trainer::ad).toList();
    return new CandidateSet(rows, ExternalIds.ofStrings(ids));
  }

  private static float[] userFactors() {
    float[] factors = new float[FACTORS];
    factors[0] = 1;
    return factors;
  }

  private static float[] adFactors(long version) {
    float[] factors = new float[FACTORS];
    factors[0] = version;
    return factors;
  }
}
