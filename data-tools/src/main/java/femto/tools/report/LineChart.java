package femto.tools.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * Lines over an axis of numbers or of names, with bands or whiskers where their values are not
 * exact.
 */
public final class LineChart {
  private final String title;
  private final String xName;
  private final String yName;
  private final List<Line> lines = new ArrayList<>();
  private @Nullable List<String> names;
  private boolean dots;

  /**
   * Starts a chart.
   *
   * @param title what it shows
   * @param xName what the horizontal axis is
   * @param yName what the vertical axis is
   */
  public LineChart(String title, String xName, String yName) {
    this.title = title;
    this.xName = xName;
    this.yName = yName;
  }

  /** A line; the arrays are as long as x, or empty where values are exact. */
  private record Line(
      String name, double[] x, double[] y, double[] low, double[] high, boolean dashed) {}

  /**
   * The horizontal axis has names instead of numbers: x is a place among them.
   *
   * @param places the names, in order
   * @return this
   */
  public LineChart names(List<String> places) {
    this.names = List.copyOf(places);
    return this;
  }

  /**
   * Points are marked.
   *
   * @return this
   */
  public LineChart dots() {
    dots = true;
    return this;
  }

  /**
   * Adds a line.
   *
   * @param name of the line
   * @param x where
   * @param y values, as many
   * @return this
   */
  public LineChart line(String name, double[] x, double[] y) {
    lines.add(new Line(name, x, y, new double[0], new double[0], false));
    return this;
  }

  /**
   * Adds a dashed line, such as what is to be compared with.
   *
   * @param name of the line
   * @param x where
   * @param y values, as many
   * @return this
   */
  public LineChart dashed(String name, double[] x, double[] y) {
    lines.add(new Line(name, x, y, new double[0], new double[0], true));
    return this;
  }

  /**
   * Adds a line with a band, or without one if an end of it is not known.
   *
   * @param name of the line
   * @param x where
   * @param y values, as many
   * @param low lower ends, as many
   * @param high upper ends, as many
   * @return this
   */
  public LineChart band(String name, double[] x, double[] y, double[] low, double[] high) {
    boolean known = DoubleStream.of(low).allMatch(Double::isFinite);
    known &= DoubleStream.of(high).allMatch(Double::isFinite);
    return known ? add(name, x, y, low, high) : line(name, x, y);
  }

  private LineChart add(String name, double[] x, double[] y, double[] low, double[] high) {
    lines.add(new Line(name, x, y, low, high, false));
    return this;
  }

  String title() {
    return title;
  }

  /** What the page's script makes a chart of. */
  Map<String, Object> data() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("title", title);
    data.put("x", xName);
    data.put("y", yName);
    data.put("dots", dots);
    if (names != null) {
      data.put("names", names);
    }
    data.put(
        "lines",
        lines.stream()
            .map(
                line -> {
                  Map<String, Object> members = new LinkedHashMap<>();
                  members.put("name", line.name());
                  members.put("x", numbers(line.x()));
                  members.put("y", numbers(line.y()));
                  members.put("low", numbers(line.low()));
                  members.put("high", numbers(line.high()));
                  members.put("dashed", line.dashed());
                  return members;
                })
            .toList());
    return data;
  }

  /** With null for what is no number, as the script and JSON have it. */
  private static List<@Nullable Double> numbers(double[] values) {
    List<@Nullable Double> numbers = new ArrayList<>();
    for (double value : values) {
      numbers.add(Double.isFinite(value) ? value : null);
    }
    return numbers;
  }

  /** The numbers, for who would rather read: a row a point. */
  List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    for (Line line : lines) {
      for (int i = 0; i < line.x().length; i++) {
        List<String> row = new ArrayList<>();
        row.add(line.name());
        row.add(names == null ? number(line.x()[i]) : names.get((int) line.x()[i]));
        row.add(number(line.y()[i]));
        row.add(line.low().length == 0 ? "" : number(line.low()[i]));
        row.add(line.high().length == 0 ? "" : number(line.high()[i]));
        rows.add(row);
      }
    }
    return rows;
  }

  List<String> header() {
    return List.of("line", xName, yName, "from", "to");
  }

  private static String number(double value) {
    return Double.isFinite(value)
        ? new java.math.BigDecimal(value)
            .round(new java.math.MathContext(5))
            .stripTrailingZeros()
            .toPlainString()
        : "-";
  }
}
