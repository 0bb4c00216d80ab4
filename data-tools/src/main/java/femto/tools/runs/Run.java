package femto.tools.runs;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that was tried, and what came of it.
 *
 * @param time when it ended, to the millisecond
 * @param command which command it was, such as {@code train}
 * @param version Femto's
 * @param data identity of the data set
 * @param protocol what was trained on and tested on: the name of a split, or of a protocol
 * @param model what kind of model, such as {@code fm}
 * @param parameters everything else that decides what comes of it, by name
 * @param seed of everything drawn at random
 * @param metrics what came of it, by name; NaN where a figure is not defined
 * @param seconds what it took
 * @param file the model file that was written or tested, if there is one
 */
public record Run(
    Instant time,
    String command,
    String version,
    String data,
    String protocol,
    String model,
    Map<String, String> parameters,
    long seed,
    Map<String, Double> metrics,
    double seconds,
    @Nullable Path file) {
  /** Takes copies of the maps, which keep their order. */
  public Run {
    time = time.truncatedTo(ChronoUnit.MILLIS);
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }
}
