package femto.bench.online;

import femto.bench.online.DriftGain.Block;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Log loss over the time of the stream: frozen, following, and the best possible. */
final class LossPlot {
  private static final Color FROZEN = new Color(0x4C, 0x72, 0xB0);
  private static final Color FOLLOWING = new Color(0x55, 0xA8, 0x68);
  private static final Color BEST = new Color(0x8C, 0x8C, 0x8C);

  private LossPlot() {}

  static void write(List<Block> blocks, String title, Path png) throws IOException {
    if (blocks.isEmpty()) {
      return;
    }
    XYChart chart =
        new XYChartBuilder()
            .width(1200)
            .height(700)
            .title(title)
            .xAxisTitle("days of the stream since the one model was frozen")
            .yAxisTitle("log loss of a block of events")
            .build();
    XYStyler styler = chart.getStyler();
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    styler.setXAxisDecimalPattern("0.00");
    styler.setYAxisDecimalPattern("0.000");
    double[] days = values(blocks, Block::days);
    add(chart, "frozen", days, values(blocks, Block::frozen), FROZEN);
    add(chart, "following", days, values(blocks, Block::following), FOLLOWING);
    add(chart, "best possible", days, values(blocks, Block::best), BEST);
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", png.toFile());
  }

  private static double[] values(List<Block> blocks, ToDoubleFunction<Block> value) {
    return blocks.stream().mapToDouble(value).toArray();
  }

  private static void add(XYChart chart, String name, double[] days, double[] loss, Color color) {
    XYSeries series = chart.addSeries(name, days, loss);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(2.5f));
  }
}
