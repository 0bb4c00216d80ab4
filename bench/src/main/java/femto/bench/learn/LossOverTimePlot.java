package femto.bench.learn;

import femto.bench.learn.LossAfterPasses.Course;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;

/** Log loss of the test rows over the seconds that learning took. */
final class LossOverTimePlot {
  private LossOverTimePlot() {}

  static void write(List<Course> courses, double best, String title, Path png) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(1200)
            .height(700)
            .title(title)
            .xAxisTitle("seconds of learning, one thread; a mark a number of passes from 1 on")
            .yAxisTitle("log loss of the test rows (best possible: %.4f)".formatted(best))
            .build();
    XYStyler styler = chart.getStyler();
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    styler.setXAxisLogarithmic(true);
    styler.setYAxisDecimalPattern("0.000");
    styler.setMarkerSize(9);
    for (Course course : courses) {
      double[] seconds =
          course.afterPasses().stream().mapToDouble(Engine.Learned::seconds).toArray();
      double[] losses =
          course.afterPasses().stream().mapToDouble(Engine.Learned::logLoss).toArray();
      XYSeries series = chart.addSeries(course.engine().name(), seconds, losses);
      series.setLineStyle(new BasicStroke(2.5f));
    }
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", png.toFile());
  }
}
