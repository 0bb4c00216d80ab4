package com.example.ads;

import femto.score.Scorer;
import femto.swap.Lease;
import femto.swap.LiveModel;
import femto.swap.LiveScorer;

/** Ranks ads for one owner at a time: a thread, an entry of a pool, an event loop. */
final class AdRanker implements AutoCloseable {
  static final int TOP = 3;

  /** The best ad for a user, its score and that of the next, and the version they are of. */
  record Answer(long version, String ad, float score, float nextScore) {}

  private final LiveScorer reader;
  private final int[] indexes = new int[TOP];
  private final float[] scores = new float[TOP];

  AdRanker(LiveModel live, String name) {
    reader = live.newScorer(name);
  }

  Answer best(String user) {
    try (Lease lease = reader.lease()) { // one version until it is closed; waits for nobody
      Scorer scorer = lease.scorer();
      scorer.context().clear().put("user", user);
      scorer.fold();
      int found = scorer.top(TOP, null, indexes, scores);
      if (found < TOP) {
        throw new IllegalStateException("found " + found + " ads, expected " + TOP);
      }
      String ad = lease.catalogue().id(indexes[0]);
      return new Answer(lease.version(), ad, scores[0], scores[1]);
    }
  }

  @Override
  public void close() {
    reader.close();
  }
}
