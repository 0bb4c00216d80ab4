package femto.bench.report;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A bar a contender on a logarithmic axis, slowest first, and the physical limit as a line. */
final class Plot {
  /** Nanoseconds of a contender. */
  record Bar(String label, double nanos, boolean isFemto) {}

  private Plot() {}

  static void write(List<Bar> contenders, double limit, String title, Path png) throws IOException {
    List<Bar> bars =
        contenders.stream().sorted(Comparator.comparingDouble(Bar::nanos).reversed()).toList();
    if (bars.isEmpty()) {
      return;
    }
    List<String> names = bars.stream().map(Bar::label).toList();
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(1200)
            .height(900)
            .title(title)
            .yAxisTitle("ns per candidate and query, logarithmic")
            .build();
    CategoryStyler styler = chart.getStyler();
    styler.setYAxisLogarithmic(true);
    // Bars begin at a power of ten below all of them: by itself the chart begins them at 0.
    double least = Math.min(bars.get(bars.size() - 1).nanos(), limit > 0 ? limit : 1);
    styler.setYAxisMin(Math.pow(10, Math.floor(Math.log10(least))));
    styler.setXAxisLabelRotation(90);
    styler.setXAxisTickMarkSpacingHint(20); // a label under every bar
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setLabelsVisible(true);
    styler.setOverlapped(true);
    styler.setAvailableSpaceFill(0.7);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setLegendPosition(LegendPosition.InsideNE);
    addBars(chart, "peers", names, bars, false, new Color(0x4C, 0x72, 0xB0));
    addBars(chart, "Femto", names, bars, true, new Color(0x55, 0xA8, 0x68));
    if (limit > 0) {
      CategorySeries line =
          chart.addSeries(
              "reading the table once, at the machine's limit",
              names,
              Collections.nCopies(names.size(), limit));
      line.setChartCategorySeriesRenderStyle(CategorySeriesRenderStyle.Line);
      line.setMarker(SeriesMarkers.NONE);
      line.setLineColor(new Color(0xC4, 0x4E, 0x52));
    }
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", png.toFile());
  }

  /** One colour's bars; a series has a place for each contender, so others' are left out. */
  private static void addBars(
      CategoryChart chart,
      String series,
      List<String> names,
      List<Bar> bars,
      boolean femto,
      Color color) {
    if (bars.stream().noneMatch(bar -> bar.isFemto() == femto)) {
      return;
    }
    List<@Nullable Double> nanos = new ArrayList<>();
    for (Bar bar : bars) {
      nanos.add(bar.isFemto() == femto ? bar.nanos() : null);
    }
    chart.addSeries(series, names, nanos).setFillColor(color);
  }
}
