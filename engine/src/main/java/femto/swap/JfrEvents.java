package femto.swap;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The event types. Loaded only where the module {@code jdk.jfr} is. */
final class JfrEvents {
  private JfrEvents() {}

  /** A version that readers see. */
  @Name("femto.Publish")
  @Label("Publish")
  @Category("Femto")
  @StackTrace(false)
  static final class Publish extends Event {
    @Label("Version")
    long version;

    @Label("Generation")
    long generation;

    @Label("Kind")
    String kind = "";

    @Label("Candidates Folded")
    int refolded;

    @Label("Waiting Features")
    int waitingFeatures;

    @Label("Fold Time")
    @Timespan(Timespan.NANOSECONDS)
    long foldTime;

    @Label("Check Time")
    @Timespan(Timespan.NANOSECONDS)
    long checkTime;

    @Label("Publish Time")
    @Timespan(Timespan.NANOSECONDS)
    long publishTime;
  }

  /** A publish that was refused. */
  @Name("femto.Refusal")
  @Label("Refusal")
  @Category("Femto")
  @StackTrace(false)
  static final class Refusal extends Event {
    @Label("Kind")
    String kind = "";

    @Label("Reason")
    String reason = "";
  }

  /** A delta that was put off. */
  @Name("femto.Coalesced")
  @Label("Coalesced Delta")
  @Category("Femto")
  @StackTrace(false)
  static final class Coalesced extends Event {
    @Label("Deltas Waiting")
    int deltas;

    @Label("Reason")
    String reason = "";
  }

  /** A new base. */
  @Name("femto.Merge")
  @Label("Merge")
  @Category("Femto")
  @StackTrace(false)
  static final class Merge extends Event {
    @Label("Version Copied")
    long version;

    @Label("Candidates")
    int candidates;

    @Label("Bytes")
    @DataAmount
    long bytes;

    @Label("Merge Time Without Pauses")
    @Timespan(Timespan.NANOSECONDS)
    long mergeTime;

    @Label("Taken Into Use")
    boolean used;
  }

  /** A reader that keeps memory. */
  @Name("femto.StalledReader")
  @Label("Stalled Reader")
  @Category("Femto")
  @StackTrace(false)
  static final class Stalled extends Event {
    @Label("Reader")
    String reader = "";

    @Label("Version")
    long version;

    @Label("Stalled For")
    @Timespan(Timespan.NANOSECONDS)
    long stalledFor;
  }

  static void published(VersionInfo version, PublishResult result) {
    Publish event = new Publish();
    event.version = version.number();
    event.generation = version.generation();
    event.kind = version.kind().name();
    event.refolded = result.refolded();
    event.waitingFeatures = result.waitingFeatures();
    event.foldTime = result.foldNanos();
    event.checkTime = result.checkNanos();
    event.publishTime = result.publishNanos();
    event.commit();
  }

  static void refused(VersionKind kind, String reason) {
    Refusal event = new Refusal();
    event.kind = kind.name();
    event.reason = reason;
    event.commit();
  }

  static void coalesced(int deltas, String reason) {
    Coalesced event = new Coalesced();
    event.deltas = deltas;
    event.reason = reason;
    event.commit();
  }

  static void merged(long version, int candidates, long bytes, long nanos, boolean used) {
    Merge event = new Merge();
    event.version = version;
    event.candidates = candidates;
    event.bytes = bytes;
    event.mergeTime = nanos;
    event.used = used;
    event.commit();
  }

  static void stalled(String reader, long version, long nanos) {
    Stalled event = new Stalled();
    event.reader = reader;
    event.version = version;
    event.stalledFor = nanos;
    event.commit();
  }
}
