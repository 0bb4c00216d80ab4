package femto.tools.dictionary;

/**
 * Is told which row stands for which value, as that changes. Called by the dictionary's owner,
 * inside {@link GrowingDictionary#take}, once the change is made. Must not throw.
 */
public interface Bindings {
  /**
   * A row stands for a value from now on.
   *
   * @param row the row, which stood for none before
   * @param field index of the value's field
   * @param value the value
   */
  void bound(int row, int field, String value);

  /**
   * A row no longer stands for a value: it is about to stand for another.
   *
   * @param row the row
   */
  void unbound(int row);
}
