package femto.tools.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What every command has: {@code --help}, {@code --json}, and where to print. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, usageHelpAutoWidth = true)
abstract class BaseCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Option(names = "--json", description = "Print one JSON object for machines instead of text.")
  boolean json;

  @SuppressWarnings("NullAway.Init") // picocli sets the spec before it runs a command
  BaseCommand() {}

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Prints a line for people; nothing with --json. */
  void say(String line) {
    if (!json) {
      out().println(line);
      out().flush();
    }
  }

  /** Prints a long text in lines of up to 90 characters. */
  void sayWrapped(String text) {
    say(text.replaceAll("(.{1,90})( |$)", "$1%n".formatted()).stripTrailing());
  }

  /** Ends the command with exit code 2 unless the options make sense. */
  void require(boolean holds, String problem) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), problem);
    }
  }

  /** Ends a command: prints the object with --json. */
  int done(Map<String, ?> result) {
    if (json) {
      Report.json(out(), new LinkedHashMap<>(result));
    }
    return 0;
  }
}
