package femto.swap;

/**
 * Events for JDK Flight Recorder. The module {@code jdk.jfr} need not be there: nothing is recorded
 * then.
 */
final class SwapEvents {
  private static final boolean AVAILABLE =
      ModuleLayer.boot().findModule("jdk.jfr").isPresent() && isReadable();

  private SwapEvents() {}

  /** On the module path the engine reads the module only if something else brings it in. */
  private static boolean isReadable() {
    Module own = SwapEvents.class.getModule();
    return !own.isNamed()
        || ModuleLayer.boot().findModule("jdk.jfr").map(own::canRead).orElse(false);
  }

  static void published(VersionInfo version, PublishResult result) {
    if (AVAILABLE) {
      JfrEvents.published(version, result);
    }
  }

  static void refused(VersionKind kind, String reason) {
    if (AVAILABLE) {
      JfrEvents.refused(kind, reason);
    }
  }

  static void coalesced(int deltas, String reason) {
    if (AVAILABLE) {
      JfrEvents.coalesced(deltas, reason);
    }
  }

  static void merged(long version, int candidates, long bytes, long nanos, boolean used) {
    if (AVAILABLE) {
      JfrEvents.merged(version, candidates, bytes, nanos, used);
    }
  }

  static void stalled(String reader, long version, long nanos) {
    if (AVAILABLE) {
      JfrEvents.stalled(reader, version, nanos);
    }
  }
}
