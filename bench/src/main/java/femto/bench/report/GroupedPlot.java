package femto.bench.report;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler.LegendPosition;

/** Groups of bars on a logarithmic axis, a bar a contender in each group. */
public final class GroupedPlot {
  private static final List<Color> COLORS =
      List.of(
          new Color(0x8C, 0x8C, 0x8C),
          new Color(0x55, 0xA8, 0x68),
          new Color(0x4C, 0x72, 0xB0),
          new Color(0xC4, 0x4E, 0x52),
          new Color(0x81, 0x72, 0xB3));

  private GroupedPlot() {}

  /**
   * Draws it; nothing if there are no groups.
   *
   * @param groups the bars of each group by the contender, the same contenders in the same order
   * @param axis what the bars show
   * @param title what to write above
   * @param png where to
   * @throws IOException if it cannot be written
   */
  public static void write(
      Map<String, Map<String, Double>> groups, String axis, String title, Path png)
      throws IOException {
    if (groups.isEmpty()) {
      return;
    }
    CategoryChart chart =
        new CategoryChartBuilder().width(1200).height(800).title(title).yAxisTitle(axis).build();
    CategoryStyler styler = chart.getStyler();
    styler.setYAxisLogarithmic(true);
    // Bars begin at a power of ten below all of them: by itself the chart begins them at 0.
    double least =
        groups.values().stream()
            .flatMap(group -> group.values().stream())
            .mapToDouble(Double::doubleValue)
            .filter(bar -> bar > 0)
            .min()
            .orElse(1);
    styler.setYAxisMin(Math.pow(10, Math.floor(Math.log10(least))));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    styler.setDecimalPattern("#,##0"); // an exponent of ten beside a bar says too little
    styler.setLabelsVisible(true);
    styler.setAvailableSpaceFill(0.8);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setSeriesColors(COLORS.toArray(Color[]::new));
    List<String> names = List.copyOf(groups.keySet());
    Set<String> contenders = new LinkedHashSet<>();
    groups.values().forEach(group -> contenders.addAll(group.keySet()));
    for (String contender : contenders) {
      List<@Nullable Double> bars = new ArrayList<>();
      groups.values().forEach(group -> bars.add(group.get(contender)));
      chart.addSeries(contender, names, bars);
    }
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", png.toFile());
  }
}
