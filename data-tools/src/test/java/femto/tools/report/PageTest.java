package femto.tools.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageTest {
  @TempDir Path folder;

  private String written(Page page) throws Exception {
    Path file = folder.resolve("page.html");
    page.write(file);
    return Files.readString(file);
  }

  /** What names and values hold is text, wherever it ends up. */
  @Test
  void shouldTakeTextAsText() throws Exception {
    String evil = "</script><script>alert(1)</script><!--";
    String page =
        written(
            new Page(evil)
                .section(evil)
                .text(evil)
                .table(List.of(evil), List.of(List.of(evil)))
                .chart(
                    new LineChart(evil, evil, evil)
                        .names(List.of(evil))
                        .line(evil, new double[] {0}, new double[] {1})));
    assertThat(page).doesNotContain(evil, "<script>alert").contains("&lt;/script&gt;");
    assertThat(page.split("</script>", -1)).as("the library, and the charts").hasSize(3);
  }

  @Test
  void shouldHoldAllItNeeds() throws Exception {
    String page =
        written(
            new Page("A page")
                .chart(
                    new LineChart("Curves", "x", "y")
                        .dots()
                        .band(
                            "one",
                            new double[] {1, 2},
                            new double[] {3, Double.NaN},
                            new double[] {2, 3},
                            new double[] {4, 5})
                        .dashed("two", new double[] {1}, new double[] {0.12345678})));
    assertThat(page).startsWith("<!DOCTYPE html><html lang=\"en\">").contains("echarts");
    int library = page.indexOf("<script>");
    String own = page.substring(0, library) + page.substring(page.indexOf("</script>"));
    assertThat(own).doesNotContain("src=", "href=", "@import", "url(", "http:", "https:");
    assertThat(page)
        .contains("<td>0.12346</td>", "<td>one</td><td>1</td><td>3</td><td>2</td><td>4</td>");
    assertThat(page).contains("aria-label=\"Curves\"", "\"dashed\":true", "\"y\":[3.0,null]");
  }

  @Test
  void shouldNeedNoScriptWithoutACharts() throws Exception {
    assertThat(written(new Page("Text").text("alone"))).doesNotContain("<script");
  }
}
