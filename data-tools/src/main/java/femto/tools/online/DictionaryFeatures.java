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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Features of a dictionary: a value gets one when it is looked up often enough. */
final class DictionaryFeatures implements StreamFeatures {
  private final List<Field> fields;
  private final int[] others;
  private final GrowingDictionary dictionary;
  private final Changes changes;
  private long time;

  /** Tells the learner of changes, once there is one. */
  private static final class Changes implements Bindings {
    private final int[] others;
    private @Nullable OnlineLearner learner;

    Changes(int fields) {
      others = new int[fields];
      Arrays.fill(others, FeatureSpace.UNKNOWN);
    }

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

    @Override
    public void outOfVocabulary(int row, int field) {
      others[field] = row;
    }
  }

  private DictionaryFeatures(GrowingDictionary dictionary, Changes changes) {
    this.fields = dictionary.fields();
    this.others = changes.others;
    this.dictionary = dictionary;
    this.changes = changes;
  }

  static DictionaryFeatures create(Path map, List<Field> fields, DictionaryOptions options)
      throws IOException {
    Changes changes = new Changes(fields.size());
    return new DictionaryFeatures(GrowingDictionary.create(map, fields, options, changes), changes);
  }

  static DictionaryFeatures resume(
      Path map,
      List<Field> fields,
      SafetensorsFile checkpoint,
      DictionaryOptions options,
      Notes notes)
      throws IOException {
    Changes changes = new Changes(fields.size());
    GrowingDictionary.Resumed resumed = GrowingDictionary.resume(map, checkpoint, options, changes);
    if (options.outOfVocabulary()) {
      Arrays.setAll(changes.others, field -> field);
    }
    switch (resumed.state()) {
      case CLOSED -> {}
      case RECOVERED -> notes.add(map + " had been left open and was recovered");
      case REBUILT -> notes.add(map + " was made anew from the checkpoint");
    }
    if (resumed.undone() > 0) {
      notes.add(resumed.undone() + " entries of " + map + " were newer than the checkpoint");
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
    return fields;
  }

  @Override
  public int requireField(String name) {
    for (int field = 0; field < fields.size(); field++) {
      if (fields.get(field).name().equals(name)) {
        return field;
      }
    }
    throw new IllegalArgumentException(
        "there is no field \"" + name + "\", expected one of " + Field.format(fields));
  }

  @Override
  public int find(int field, byte[] utf8, int length) {
    int row = dictionary.take(field, utf8, length, time);
    return row == others[field] ? FeatureSpace.UNKNOWN : row;
  }

  @Override
  public int others(int field) {
    return others[field];
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
