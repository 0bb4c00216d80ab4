package femto.tools.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Prints results: tables for people, one JSON object for machines. */
public final class Report {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final Pattern ABBREVIATION = Pattern.compile("\\b(ndcg|map|mrr|auc|rmse|mae)\\b");

  private Report() {}

  /**
   * Prints one JSON object; a NaN (a figure that is not defined here) is written as null.
   *
   * @param out where to
   * @param object its members, in order
   */
  public static void json(PrintWriter out, Map<String, ?> object) {
    try {
      out.println(JSON.writeValueAsString(withoutNaN(object)));
      out.flush();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON", e);
    }
  }

  private static Object withoutNaN(Object value) {
    if (value instanceof Double number && !Double.isFinite(number)) {
      return JSON.nullNode();
    }
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> copy = new LinkedHashMap<>();
      map.forEach((key, inner) -> copy.put(key, withoutNaN(inner)));
      return copy;
    }
    if (value instanceof List<?> list) {
      return list.stream().map(Report::withoutNaN).toList();
    }
    return value;
  }

  /** Wider cells are wrapped: enough for a recipe. */
  private static final int MAX_WIDTH = 200;

  /** A table in the making: the first column is left-aligned, the others right-aligned. */
  public static final class Table {
    private final String[] header;
    private final List<String[]> rows = new ArrayList<>();

    /**
     * Starts a table.
     *
     * @param header a title a column
     */
    public Table(String... header) {
      this.header = header;
    }

    /**
     * Adds a row.
     *
     * @param cells a text a column
     * @return this
     */
    public Table row(String... cells) {
      rows.add(cells);
      return this;
    }

    /**
     * Prints the table.
     *
     * @param out where to
     */
    public void print(PrintWriter out) {
      Column[] columns = new Column[header.length];
      for (int i = 0; i < header.length; i++) {
        HorizontalAlign align = i == 0 ? HorizontalAlign.LEFT : HorizontalAlign.RIGHT;
        columns[i] =
            new Column().header(header[i]).headerAlign(align).dataAlign(align).maxWidth(MAX_WIDTH);
      }
      String table =
          AsciiTable.getTable(AsciiTable.NO_BORDERS, columns, rows.toArray(new String[0][]));
      table.lines().map(String::stripTrailing).forEach(out::println);
      out.flush();
    }
  }

  /** A figure with four digits behind the point; a dash where it is not defined. */
  static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4f", value) : "-";
  }

  /** A figure as people write it: ndcg_at_10 is NDCG@10. */
  static String title(String name) {
    return ABBREVIATION
        .matcher(name.replace("_at_", "@").replace('_', ' '))
        .replaceAll(found -> found.group().toUpperCase(Locale.ROOT));
  }

  /** A p-value: small ones by their size. */
  static String pValue(double value) {
    return value >= 0.0001 || Double.isNaN(value)
        ? number(value)
        : String.format(Locale.ROOT, "%.0e", value);
  }

  /** A whole number with separators, such as 1,880,423. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
