package femto.tools.report;

import static j2html.TagCreator.body;
import static j2html.TagCreator.details;
import static j2html.TagCreator.div;
import static j2html.TagCreator.document;
import static j2html.TagCreator.each;
import static j2html.TagCreator.figure;
import static j2html.TagCreator.h1;
import static j2html.TagCreator.h2;
import static j2html.TagCreator.head;
import static j2html.TagCreator.html;
import static j2html.TagCreator.main;
import static j2html.TagCreator.meta;
import static j2html.TagCreator.p;
import static j2html.TagCreator.rawHtml;
import static j2html.TagCreator.script;
import static j2html.TagCreator.style;
import static j2html.TagCreator.summary;
import static j2html.TagCreator.tbody;
import static j2html.TagCreator.td;
import static j2html.TagCreator.th;
import static j2html.TagCreator.thead;
import static j2html.TagCreator.title;
import static j2html.TagCreator.tr;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import femto.file.DurableFile;
import j2html.TagCreator;
import j2html.tags.DomContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page in the making. It holds all it needs, the library that draws its plots included (Apache
 * ECharts, of which it carries a copy), and asks no network for anything.
 */
public final class Page {
  private static final String ECHARTS = "/META-INF/resources/webjars/echarts/5.5.0/echarts.min.js";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String heading;
  private final List<DomContent> content = new ArrayList<>();
  private final List<Object> charts = new ArrayList<>();

  /**
   * Starts a page.
   *
   * @param heading what it is about
   */
  public Page(String heading) {
    this.heading = heading;
  }

  /**
   * Adds a heading of a section.
   *
   * @param text the heading
   * @return this
   */
  public Page section(String text) {
    content.add(h2(text));
    return this;
  }

  /**
   * Adds a paragraph.
   *
   * @param text the text
   * @return this
   */
  public Page text(String text) {
    content.add(p(text));
    return this;
  }

  /**
   * Adds a table: the first column is text, the others are numbers.
   *
   * @param header a title a column
   * @param rows a text a column each
   * @return this
   */
  public Page table(List<String> header, List<List<String>> rows) {
    content.add(div(tableOf(header, rows)).withClass("wide"));
    return this;
  }

  private static DomContent tableOf(List<String> header, List<List<String>> rows) {
    return TagCreator.table(
        thead(tr(each(header.stream().map(cell -> th(cell))))),
        tbody(each(rows.stream().map(Page::row))));
  }

  private static DomContent row(List<String> cells) {
    return tr(each(cells.stream().map(cell -> td(cell))));
  }

  /**
   * Adds a plot, with its numbers folded away below it.
   *
   * @param chart the plot
   * @return this
   */
  public Page chart(LineChart chart) {
    content.add(
        figure(
            div()
                .withClass("chart")
                .attr("role", "img")
                .attr("aria-label", chart.title())
                .attr("data-chart", charts.size()),
            details(
                summary("The numbers"),
                div(tableOf(chart.header(), chart.rows())).withClass("wide"))));
    charts.add(chart.data());
    return this;
  }

  /**
   * Writes the page; a file that is there is replaced once the new one is whole.
   *
   * @param file where to
   * @throws IOException if it cannot be written
   */
  public void write(Path file) throws IOException {
    String page =
        document(
            html(
                    head(
                        meta().withCharset("utf-8"),
                        meta()
                            .withName("viewport")
                            .withContent("width=device-width, initial-scale=1"),
                        title(heading),
                        style(rawHtml(resource("page.css")))),
                    body(
                        main(h1(heading), each(content.stream())),
                        charts.isEmpty() ? null : scripts()))
                .withLang("en"));
    ByteBuffer bytes = ByteBuffer.wrap(page.getBytes(UTF_8));
    DurableFile.write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  private @Nullable DomContent scripts() throws IOException {
    return each(
        script(rawHtml(resource(ECHARTS))),
        script(rawHtml("const charts = " + json(charts) + ";\n" + resource("page.js"))));
  }

  /** A text that ends a script, or begins a comment, must not stand in it. */
  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON", e);
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is missing: the installation is not whole");
      }
      return new String(in.readAllBytes(), UTF_8);
    }
  }
}
