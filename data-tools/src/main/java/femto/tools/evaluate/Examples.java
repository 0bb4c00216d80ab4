package femto.tools.evaluate;

import femto.tools.data.DataSet;
import java.util.Set;

/** What splits and evaluation read of a data set: small enough to be written down in a test. */
interface Examples {
  int size();

  int contexts();

  int candidates();

  int context(int example);

  int candidate(int example);

  float label(int example);

  long time(int example);

  Set<String> folds();

  boolean isTest(String fold, int example);

  static Examples of(DataSet data) {
    return new Examples() {
      @Override
      public int size() {
        return data.examples();
      }

      @Override
      public int contexts() {
        return data.contexts().rows();
      }

      @Override
      public int candidates() {
        return data.candidates().rows();
      }

      @Override
      public int context(int example) {
        return data.context(example);
      }

      @Override
      public int candidate(int example) {
        return data.candidate(example);
      }

      @Override
      public float label(int example) {
        return data.label(example);
      }

      @Override
      public long time(int example) {
        return data.time(example);
      }

      @Override
      public Set<String> folds() {
        return data.folds();
      }

      @Override
      public boolean isTest(String fold, int example) {
        return data.isTest(fold, example);
      }
    };
  }
}
