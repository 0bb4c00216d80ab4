package com.example.ads;

import com.example.ads.AdRanker.Answer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Checks every answer that one kind of callers gets. */
final class Checks {
  private static final int LEAST_VERSIONS = 10;

  private final String callers;
  private final Set<Long> versions = ConcurrentHashMap.newKeySet();
  private final AtomicInteger requests = new AtomicInteger();

  Checks(String callers) {
    this.callers = callers;
  }

  /** One user after another. */
  String nextUser() {
    return Trainer.user(Math.floorMod(requests.incrementAndGet(), Trainer.USERS));
  }

  /** Checks an answer; returns whether it is of the last version. */
  boolean isLast(Answer answer) {
    Answer expected = Trainer.expected(answer.version());
    if (!answer.equals(expected)) {
      throw new IllegalStateException("got " + answer + ", expected " + expected);
    }
    versions.add(answer.version());
    return answer.version() == Trainer.LAST_VERSION;
  }

  /** Checks that versions have come meanwhile. */
  void done() {
    if (versions.size() < LEAST_VERSIONS) {
      throw new IllegalStateException(callers + " have seen versions " + versions + " only");
    }
    System.out.println(callers + ": right answers, up to version " + Trainer.LAST_VERSION);
  }
}
