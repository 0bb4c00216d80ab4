package femto.tools.stream;

import java.util.Arrays;

/**
 * One event, in buffers that a reader fills again and again. One owner at a time; allocates nothing
 * once its buffers have grown to the longest row.
 */
public final class Event {
  /** What a row says. */
  public enum Kind {
    /** Features and their label. */
    LABELLED,
    /** Features that wait for their click. */
    IMPRESSION,
    /** A click on an earlier impression: it has a time and an id, no features. */
    CLICK
  }

  private static final float COUNTS_ONCE = 1;

  Kind kind = Kind.LABELLED;
  long time;
  long id;
  float label;
  float weight;
  double probability;

  /** The row; values are pieces of it. */
  char[] text = {};

  private int[] begins = new int[16];
  private int[] ends = new int[16];

  /** Where the values of each field begin in the two above, and where those of the last end. */
  private int[] firsts = new int[16];

  private int fields;
  private int values;
  private final Value view = new Value();

  /** Makes an event that nothing has been read into. */
  public Event() {}

  void reset() {
    kind = Kind.LABELLED;
    time = 0;
    id = 0;
    label = 0;
    weight = COUNTS_ONCE;
    probability = Double.NaN;
    fields = 0;
    values = 0;
  }

  void addValue(int begin, int end) {
    if (values == begins.length) {
      begins = Arrays.copyOf(begins, 2 * values);
      ends = Arrays.copyOf(ends, 2 * values);
    }
    begins[values] = begin;
    ends[values++] = end;
  }

  /** Ends the values of a field. */
  void endField() {
    fields++;
    if (fields == firsts.length) {
      firsts = Arrays.copyOf(firsts, 2 * fields);
    }
    firsts[fields] = values;
  }

  /**
   * What the row says.
   *
   * @return its kind
   */
  public Kind kind() {
    return kind;
  }

  /**
   * When it was.
   *
   * @return milliseconds
   */
  public long time() {
    return time;
  }

  /**
   * The impression's name.
   *
   * @return the id of an impression or of the one that was clicked; 0 for labelled rows
   */
  public long id() {
    return id;
  }

  /**
   * The label.
   *
   * @return any finite number; 0 unless the row is labelled
   */
  public float label() {
    return label;
  }

  /**
   * How much the event counts.
   *
   * @return 0 or more; 1 unless the row says something else
   */
  public float weight() {
    return weight;
  }

  /**
   * The true probability of a click, which only those who report may look at.
   *
   * @return 0 to 1, or NaN if the row does not tell
   */
  public double probability() {
    return probability;
  }

  /**
   * How many values a field has.
   *
   * @param field its index in {@link EventSchema#fields()}
   * @return 0 if it is missing; more than 1 for multi-hot fields only; 0 for clicks
   */
  public int values(int field) {
    return kind == Kind.CLICK ? 0 : firsts[field + 1] - firsts[field];
  }

  /**
   * A value of a field, as an {@link femto.model.Encoder} takes it.
   *
   * @param field its index in {@link EventSchema#fields()}
   * @param i which of its values, 0 to {@link #values} - 1
   * @return the value, until this is called again or the next event is read; {@code toString} keeps
   *     it
   */
  public CharSequence value(int field, int i) {
    int value = firsts[field] + i;
    view.begin = begins[value];
    view.length = ends[value] - begins[value];
    return view;
  }

  /** A piece of the row. */
  private final class Value implements CharSequence {
    private int begin;
    private int length;

    @Override
    public int length() {
      return length;
    }

    @Override
    public char charAt(int index) {
      return text[begin + index];
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return toString().substring(start, end);
    }

    @Override
    public String toString() {
      return new String(text, begin, length);
    }
  }
}
