package femto.tools.stream;

import femto.model.Field;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The columns of an event stream, as its header names them. Immutable.
 *
 * <pre>time,label,probability,user:context:one_hot,genre:candidate:multi_hot</pre>
 */
public final class EventSchema {
  /** What a column holds. */
  enum Column {
    TIME,
    LABEL,
    WEIGHT,
    EVENT,
    ID,
    PROBABILITY,
    FIELD
  }

  private final List<String> cells;
  private final List<Column> columns;
  private final List<Field> fields;

  private EventSchema(List<String> cells, List<Column> columns, List<Field> fields) {
    this.cells = List.copyOf(cells);
    this.columns = List.copyOf(columns);
    this.fields = List.copyOf(fields);
  }

  /**
   * Reads a header.
   *
   * @param header the line
   * @return the columns
   * @throws IllegalArgumentException if it is not the header of an event stream
   */
  public static EventSchema parse(String header) {
    List<String> cells = new ArrayList<>();
    List<Column> columns = new ArrayList<>();
    List<String> fields = new ArrayList<>();
    for (String raw : header.split(",", -1)) {
      String cell = raw.matches("\"[^\"]*\"") ? raw.substring(1, raw.length() - 1) : raw;
      cells.add(cell);
      if (cell.indexOf(':') >= 0) {
        columns.add(Column.FIELD);
        fields.add(cell);
      } else {
        Column column = named(cell);
        if (columns.contains(column)) {
          throw new IllegalArgumentException("column \"" + cell + "\" stands twice");
        }
        columns.add(column);
      }
    }
    checkTogether(columns);
    return new EventSchema(cells, columns, Field.parse(String.join(",", fields)));
  }

  private static Column named(String cell) {
    for (Column column : Column.values()) {
      if (column != Column.FIELD && name(column).equals(cell)) {
        return column;
      }
    }
    throw new IllegalArgumentException(
        "column "
            + Texts.quote(cell)
            + ", expected time, label, weight, event, id, probability, or a field such as"
            + " user:context:one_hot");
  }

  private static String name(Column column) {
    return column.name().toLowerCase(Locale.ROOT);
  }

  private static void checkTogether(List<Column> columns) {
    Set<Column> present = EnumSet.copyOf(columns);
    if (!present.contains(Column.TIME)) {
      throw new IllegalArgumentException("there is no column time");
    }
    if (!present.contains(Column.FIELD)) {
      throw new IllegalArgumentException(
          "there is no field, expected a column such as user:context:one_hot");
    }
    boolean labelled = present.contains(Column.LABEL);
    boolean apart = present.contains(Column.EVENT);
    if (labelled == apart || present.contains(Column.ID) != apart) {
      throw new IllegalArgumentException(
          "expected either the column label, or the columns event and id");
    }
  }

  /**
   * The fields in the order of their columns.
   *
   * @return immutable list, not empty
   */
  public List<Field> fields() {
    return fields;
  }

  /**
   * Whether impressions and their clicks are rows of their own.
   *
   * @return true with the columns event and id, false with the column label
   */
  public boolean hasClicksApart() {
    return columns.contains(Column.EVENT);
  }

  /**
   * Whether the rows tell the true probability of a click.
   *
   * @return true with the column probability
   */
  public boolean hasProbability() {
    return columns.contains(Column.PROBABILITY);
  }

  List<Column> columns() {
    return columns;
  }

  /**
   * The header's line.
   *
   * @return what {@link #parse} reads, without a line end
   */
  @Override
  public String toString() {
    return String.join(",", cells);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EventSchema schema && schema.cells.equals(cells);
  }

  @Override
  public int hashCode() {
    return cells.hashCode();
  }
}
