package femto.tools.stream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Streams as text, and events as text. */
final class Streams {
  static final String HEADER =
      "time,label,weight,user:context:one_hot,age:context:bucket:10,genre:candidate:multi_hot";

  private Streams() {}

  static Path file(Path folder, String text) throws IOException {
    return Files.writeString(folder.resolve("events.csv"), text);
  }

  static void append(Path file, String text) throws IOException {
    Files.write(file, text.getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND);
  }

  /** An event with its values, such as {@code LABELLED 17 1.0 w1.0 [u1][25][a, b]}. */
  static String text(Event event, EventSchema schema) {
    StringBuilder text = new StringBuilder();
    text.append(event.kind()).append(' ').append(event.time()).append(' ');
    text.append(schema.hasClicksApart() ? "#" + event.id() : String.valueOf(event.label()));
    text.append(" w").append(event.weight()).append(' ');
    for (int field = 0; field < schema.fields().size(); field++) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < event.values(field); i++) {
        values.add(event.value(field, i).toString());
      }
      text.append(values);
    }
    return text.toString();
  }

  /** What there is now. */
  static List<String> readAll(EventReader reader) throws IOException {
    Event event = new Event();
    List<String> events = new ArrayList<>();
    while (reader.next(event, Duration.ZERO)) {
      events.add(text(event, reader.schema()));
    }
    return events;
  }
}
