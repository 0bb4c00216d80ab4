package femto.swap;

import java.util.function.Consumer;

/** Publications of live versions with one step done wrong, which the soak must notice. */
final class LiveMutants {
  private LiveMutants() {}

  /**
   * Retired versions are given back without a look at the slots: slabs are used again too early.
   */
  static final class NotLookingAtSlots extends Publication<LiveVersion> {
    NotLookingAtSlots(LiveVersion first, int maxReaders, Consumer<LiveVersion> reclaimer) {
      super(first, maxReaders, reclaimer);
    }

    @Override
    long oldestAnnounced() {
      return IDLE;
    }
  }

  /** What a version consists of is stored piece by piece. */
  abstract static class InPieces extends Publication<LiveVersion> {
    private volatile LiveVersion first;
    private volatile LiveVersion second;

    InPieces(LiveVersion start, int maxReaders, Consumer<LiveVersion> reclaimer) {
      super(start, maxReaders, reclaimer);
      first = start;
      second = start;
    }

    abstract LiveVersion together(LiveVersion first, LiveVersion second);

    @Override
    void show(LiveVersion next) {
      first = next;
      for (int i = 0; i < 30; i++) {
        Thread.onSpinWait();
      }
      second = next;
      super.show(next);
    }

    @Override
    LiveVersion current() {
      LiveVersion late = second;
      LiveVersion early = first;
      return early == late || early.isEnd() ? late : together(early, late);
    }
  }

  /** What has changed is there before the base that it lies over. */
  static final class OverlayBeforeBase extends InPieces {
    OverlayBeforeBase(LiveVersion start, int maxReaders, Consumer<LiveVersion> reclaimer) {
      super(start, maxReaders, reclaimer);
    }

    @Override
    LiveVersion together(LiveVersion first, LiveVersion second) {
      return first.on(second.base(), first.content());
    }
  }

  /** The weights are there before the candidates that were folded by them. */
  static final class WeightsBeforeRows extends InPieces {
    WeightsBeforeRows(LiveVersion start, int maxReaders, Consumer<LiveVersion> reclaimer) {
      super(start, maxReaders, reclaimer);
    }

    @Override
    LiveVersion together(LiveVersion first, LiveVersion second) {
      LiveVersion.Content late = second.content();
      return second.on(
          second.base(),
          new LiveVersion.Content(
              late.dictionary(),
              first.snapshot().bias(),
              first.weights(),
              late.rows(),
              late.features(),
              late.ids(),
              late.checksum(),
              0));
    }
  }
}
