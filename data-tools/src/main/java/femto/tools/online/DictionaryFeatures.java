package femto.tools.online;

import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.learn.online.OnlineLearner;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.tools.dictionary.Bindings;
import femto.tools.dictionary.Counts;
import femto.tools.dictionary.DictionaryOptions;
import femto.tools.dictionary.GrowingDictionary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Features of a dictionary: a value gets one when it is looked up often enough. */
final class DictionaryFeatures implements StreamFeatures {
  private final GrowingDictionary dictionary;
  private final Changes changes;
  private long time;

  /** Tells the learner of changes, once there is one. */
  private static final class Changes implements Bindings {
    private @Nullable OnlineLearner learner;

    @Override
    public void bound(int row, int field, String value) {
      if (learner != null) {
        learner.bind(row, field, value);
      }
    }

    @Override
    public void unbound(int row) {
      if (learner != null) {
        learner.unbind(row);
      }
    }
  }

  private DictionaryFeatures(GrowingDictionary dictionary, Changes changes) {
    this.dictionary = dictionary;
    this.changes = changes;
  }

  static DictionaryFeatures create(Path map, List<Field> fields, DictionaryOptions options)
      throws IOException {
    Changes changes = new Changes();
    return new DictionaryFeatures(GrowingDictionary.create(map, fields, options, changes), changes);
  }

  static DictionaryFeatures resume(
      Path map, SafetensorsFile checkpoint, DictionaryOptions options, Consumer<String> notes)
      throws IOException {
    Changes changes = new Changes();
    GrowingDictionary.Resumed resumed = GrowingDictionary.resume(map, checkpoint, options, changes);
    switch (resumed.state()) {
      case CLOSED -> {}
      case RECOVERED -> notes.accept(map + " had been left open and was recovered");
      case REBUILT -> notes.accept(map + " was made anew from the checkpoint");
    }
    if (resumed.undone() > 0) {
      notes.accept(resumed.undone() + " entries of " + map + " were newer than the checkpoint");
    }
    return new DictionaryFeatures(resumed.dictionary(), changes);
  }

  /** Has a learner begin and end the features that change hands. */
  void tell(OnlineLearner learner) {
    changes.learner = learner;
  }

  @Override
  public void at(long now) {
    time = now;
  }

  @Override
  public List<Field> fields() {
    return dictionary.fields();
  }

  @Override
  public int find(int field, byte[] utf8, int length) {
    int row = dictionary.take(field, utf8, length, time);
    return row == dictionary.others(field) ? FeatureSpace.UNKNOWN : row;
  }

  @Override
  public int others(int field) {
    return dictionary.others(field);
  }

  @Override
  public void pin(int feature) {
    dictionary.pin(feature);
  }

  @Override
  public void unpin(int feature) {
    dictionary.unpin(feature);
  }

  @Override
  public FeatureSpace freeze() {
    return dictionary.freeze();
  }

  @Override
  public void writeTo(SafetensorsWriter writer, Arena arena) {
    dictionary.writeTo(writer, arena);
  }

  @Override
  public Map<String, Object> counts() {
    Counts counts = dictionary.counts();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("values", counts.values());
    all.put("capacity", dictionary.options().capacity());
    all.put("admitted", counts.admitted());
    all.put("admitted_early", counts.admittedEarly());
    all.put("below_minimum", counts.belowMinimum());
    all.put("refused_full", counts.refused());
    all.put("too_long", counts.tooLong());
    all.put("recycled", counts.recycled());
    return all;
  }

  @Override
  public void close() throws IOException {
    dictionary.close();
  }
}
