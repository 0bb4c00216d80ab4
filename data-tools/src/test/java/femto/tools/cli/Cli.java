package femto.tools.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;

/** Runs commands in this process. */
final class Cli {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final Set<String> LOG_HERE = Set.of("crossval", "compare");

  private Cli() {}

  /** What a command printed, and its exit code. */
  record Result(int exit, String out, String err) {
    /** Requires that it went well, with nothing said on standard error. */
    Result ok() {
      assertThat(err).isEmpty();
      assertThat(exit).isZero();
      return this;
    }

    /** Requires a failure that says each of some things in one line on standard error. */
    void failed(int code, String... words) {
      assertThat(err).startsWith("femto: ");
      for (String word : words) {
        assertThat(err).contains(word);
      }
      assertThat(err).doesNotContain("should not happen", "\tat ", "Exception", "null");
      assertThat(exit).isEqualTo(code);
      if (code == 1) {
        assertThat(err.lines().filter(line -> !line.startsWith("femto: warning:"))).hasSize(1);
      } else {
        assertThat(err).contains("Try 'femto");
      }
    }

    JsonNode json() {
      assertThat(exit).isZero();
      try {
        JsonNode object = JSON.readTree(out);
        assertThat(object.isObject()).isTrue();
        return object;
      } catch (JsonProcessingException e) {
        throw new AssertionError("not one JSON object: " + out, e);
      }
    }
  }

  /** Runs a command; arguments may be of any type. */
  static Result femto(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine femto = Femto.newCommandLine();
    femto.setOut(new PrintWriter(out));
    femto.setErr(new PrintWriter(err));
    int exit = femto.execute(withoutRunLog(arguments));
    femto.getOut().flush();
    femto.getErr().flush();
    return new Result(exit, out.toString(), err.toString());
  }

  /** Commands that write no model would log their runs where the tests run. */
  private static String[] withoutRunLog(Object... arguments) {
    List<String> all = new ArrayList<>(Arrays.stream(arguments).map(String::valueOf).toList());
    boolean logsHere = !all.isEmpty() && LOG_HERE.contains(all.get(0));
    if (logsHere && !all.contains("--runs")) {
      all.addAll(1, List.of("--runs", "none"));
    }
    return all.toArray(String[]::new);
  }

  static List<String> keys(JsonNode object) {
    List<String> keys = new ArrayList<>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }
}
