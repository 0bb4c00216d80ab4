package femto.bench.report;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A bar a contender on a logarithmic axis, slowest first, and the physical limit as a line. */
final class Plot {
  private Plot() {}

  static void write(Map<String, Double> nanos, double limit, String title, Path png)
      throws IOException {
    List<Map.Entry<String, Double>> bars =
        nanos.entrySet().stream()
            .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
            .toList();
    if (bars.isEmpty()) {
      return;
    }
    List<String> names = bars.stream().map(Map.Entry::getKey).toList();
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(1200)
            .height(800)
            .title(title)
            .yAxisTitle("ns per candidate and query, logarithmic")
            .build();
    chart.getStyler().setYAxisLogarithmic(true);
    // Bars begin at a power of ten below all of them: by itself the chart begins them at 0.
    double least = Math.min(bars.get(bars.size() - 1).getValue(), limit > 0 ? limit : 1);
    chart.getStyler().setYAxisMin(Math.pow(10, Math.floor(Math.log10(least))));
    chart.getStyler().setXAxisLabelRotation(30);
    chart.getStyler().setLabelsVisible(true);
    chart.getStyler().setAvailableSpaceFill(0.7);
    chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
    CategorySeries contenders =
        chart.addSeries("measured", names, bars.stream().map(Map.Entry::getValue).toList());
    contenders.setFillColor(new Color(0x4C, 0x72, 0xB0));
    if (!Double.isNaN(limit)) {
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
}
