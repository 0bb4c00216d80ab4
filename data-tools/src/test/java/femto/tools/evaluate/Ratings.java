package femto.tools.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Ratings written down in a test; an example is a row, in the order of adding. */
final class Ratings implements Examples {
  private record Row(int user, int candidate, float label, long time) {}

  private final int users;
  private final int candidates;
  private final List<Row> rows = new ArrayList<>();

  Ratings(int users, int candidates) {
    this.users = users;
    this.candidates = candidates;
  }

  static Ratings random(Random random, int users, int candidates, int size) {
    Ratings ratings = new Ratings(users, candidates);
    for (int i = 0; i < size; i++) {
      // Few distinct times, so that many are equal.
      ratings.add(
          random.nextInt(users),
          random.nextInt(candidates),
          1 + random.nextInt(5),
          random.nextInt(1 + size / 2));
    }
    return ratings;
  }

  Ratings add(int user, int candidate, float label, long time) {
    rows.add(new Row(user, candidate, label, time));
    return this;
  }

  @Override
  public int size() {
    return rows.size();
  }

  @Override
  public int contexts() {
    return users;
  }

  @Override
  public int candidates() {
    return candidates;
  }

  @Override
  public int context(int example) {
    return rows.get(example).user;
  }

  @Override
  public int candidate(int example) {
    return rows.get(example).candidate;
  }

  @Override
  public float label(int example) {
    return rows.get(example).label;
  }

  @Override
  public long time(int example) {
    return rows.get(example).time;
  }

  @Override
  public Set<String> folds() {
    return Set.of("u2", "u1", "all");
  }

  /** Fold u1 tests the even rows, the others the odd ones. */
  @Override
  public boolean isTest(String fold, int example) {
    return (example % 2 == 0) == fold.equals("u1");
  }
}
