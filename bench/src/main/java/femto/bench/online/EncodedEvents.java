package femto.bench.online;

import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.model.Encoder;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import femto.swap.CandidateSet;
import femto.swap.ExternalIds;
import femto.tools.stream.Event;
import femto.tools.stream.EventReader;
import femto.tools.stream.OnBadRow;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rows of a stream of ads, in memory as features: reading and looking up cost nothing any more.
 * Besides the ads of the stream there is the candidate {@value #PROBE}, which no row has.
 */
final class EncodedEvents {
  static final String PROBE = "probe";
  static final int FACTORS = 16;
  static final double STEP = 0.05;

  private final FeatureSpace space;
  private final int probe;
  private final CandidateSet candidates;
  private final int probeCandidate;
  private final int[] offsets;
  private final int[] features;
  private final float[] x;
  private final float[] labels;

  /** A candidate, and how it appeared first. */
  private record Candidate(int[] features, float[] x) {}

  private EncodedEvents(
      SeenValues values,
      int probe,
      Map<String, Candidate> candidates,
      IntArrayList offsets,
      IntArrayList features,
      FloatArrayList x,
      FloatArrayList labels) {
    this.space = values.freeze();
    this.probe = probe;
    this.candidates = set(candidates, space.size());
    this.probeCandidate = candidates.size() - 1;
    this.offsets = offsets.toIntArray();
    this.features = features.toIntArray();
    this.x = x.toFloatArray();
    this.labels = labels.toFloatArray();
  }

  /** Reads a file with the header and all rows of a stream of ads. */
  static EncodedEvents read(Path file) throws IOException {
    try (EventReader reader = EventReader.open(file, OnBadRow.STOP)) {
      SeenValues values = new SeenValues(reader.schema().fields());
      int ad = values.requireField("ad");
      Encoder context = new Encoder(values, Side.CONTEXT);
      Encoder candidate = new Encoder(values, Side.CANDIDATE);
      Map<String, Candidate> candidates = new LinkedHashMap<>();
      IntArrayList offsets = IntArrayList.of(0);
      IntArrayList features = new IntArrayList();
      FloatArrayList x = new FloatArrayList();
      FloatArrayList labels = new FloatArrayList();
      Event event = new Event();
      while (reader.next(event, Duration.ZERO)) {
        encode(event, values.fields(), context, candidate);
        int count = candidate.finish();
        candidates.computeIfAbsent(event.value(ad, 0).toString(), id -> copy(candidate, count));
        features.addElements(features.size(), context.features(), 0, context.finish());
        x.addElements(x.size(), context.weights(), 0, features.size() - x.size());
        features.addElements(features.size(), candidate.features(), 0, count);
        x.addElements(x.size(), candidate.weights(), 0, count);
        offsets.add(features.size());
        labels.add(event.label());
      }
      int probe = values.feature(ad, PROBE);
      candidates.put(PROBE, new Candidate(new int[] {probe}, new float[] {1}));
      return new EncodedEvents(values, probe, candidates, offsets, features, x, labels);
    }
  }

  /** Puts the values of an event into the encoders of the two sides. */
  static void encode(Event event, List<Field> fields, Encoder context, Encoder candidate) {
    context.clear();
    candidate.clear();
    for (int field = 0; field < fields.size(); field++) {
      Encoder encoder = fields.get(field).side() == Side.CONTEXT ? context : candidate;
      for (int i = 0; i < event.values(field); i++) {
        encoder.put(field, event.value(field, i));
      }
    }
  }

  private static Candidate copy(Encoder candidate, int count) {
    return new Candidate(
        Arrays.copyOf(candidate.features(), count), Arrays.copyOf(candidate.weights(), count));
  }

  private static CandidateSet set(Map<String, Candidate> candidates, int features) {
    LongArrayList offsets = LongArrayList.of(0);
    IntArrayList ofAll = new IntArrayList();
    FloatArrayList x = new FloatArrayList();
    for (Candidate candidate : candidates.values()) {
      ofAll.addElements(ofAll.size(), candidate.features());
      x.addElements(x.size(), candidate.x());
      offsets.add(ofAll.size());
    }
    return new CandidateSet(
        FeatureRows.copyOf(offsets.toLongArray(), ofAll.toIntArray(), x.toFloatArray(), features),
        ExternalIds.ofStrings(candidates.keySet()));
  }

  int size() {
    return labels.length;
  }

  FeatureSpace space() {
    return space;
  }

  /** The feature that the candidate {@value #PROBE} alone has. */
  int probe() {
    return probe;
  }

  /** The index of the candidate {@value #PROBE}. */
  int probeCandidate() {
    return probeCandidate;
  }

  CandidateSet candidates() {
    return candidates;
  }

  /** What a command line takes by default, without a penalty. */
  LearnerOptions learnerOptions() {
    return learnerOptions(space.fields().size());
  }

  static LearnerOptions learnerOptions(int fields) {
    return new LearnerOptions(
        Loss.LOGISTIC,
        Optimizer.ADAGRAD,
        FACTORS,
        STEP,
        1,
        0.01,
        Collections.nCopies(fields, new L2(0, 0)),
        1);
  }

  /** Copies a row. */
  void copy(int row, Example into) {
    into.reset(labels[row]);
    for (int i = offsets[row]; i < offsets[row + 1]; i++) {
      into.add(features[i], x[i]);
    }
  }

  /** All rows in the order of the stream. */
  ExampleSource source() {
    return new ExampleSource() {
      private int next;

      @Override
      public long size() {
        return labels.length;
      }

      @Override
      public void start(long seed) {
        next = 0;
      }

      @Override
      public boolean next(Example into) {
        if (next == labels.length) {
          return false;
        }
        copy(next++, into);
        return true;
      }
    };
  }
}
