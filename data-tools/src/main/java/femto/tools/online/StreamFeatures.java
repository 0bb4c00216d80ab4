package femto.tools.online;

import femto.file.SafetensorsWriter;
import femto.model.FeatureIndex;
import femto.model.FeatureSpace;
import java.io.Closeable;
import java.lang.foreign.Arena;
import java.util.Map;

/** Which feature a raw value of the stream is: by a dictionary that grows, or by a hash. */
interface StreamFeatures extends FeatureIndex, Closeable {
  /** Says what time it is for the values that are looked up next. */
  void at(long time);

  /** Keeps a feature that a candidate has from being given to another value. */
  void pin(int feature);

  /** Takes one pin back. */
  void unpin(int feature);

  /** Features as they are now, which do not change. */
  FeatureSpace freeze();

  /** Adds everything from which a restart goes on. */
  void writeTo(SafetensorsWriter writer, Arena arena);

  /** What it has seen, for people and machines. */
  Map<String, Object> counts();
}
