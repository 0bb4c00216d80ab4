package femto.tools.cli;

import femto.learn.DivergedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** Entry point of the command line. Exit codes: 0 done, 1 failed, 2 used wrongly. */
@Command(
    name = "femto",
    description = {
      "Femto trains, evaluates and serves factorization machines.",
      "",
      "Start with 'femto demo': it does everything once, on a small generated world or on your data.",
      "",
      "The usual way: import raw files into a data set, train a model on it, evaluate it, rank.",
      "  femto import --format movielens ml-100k --out ml.data",
      "  femto train ml.data --split temporal-user --out ml.femto",
      "  femto evaluate ml.femto --data ml.data",
      "  femto rank ml.femto --data ml.data --exclude-seen --out top.csv",
      ""
    },
    footer = {"", "'femto COMMAND --help' explains a command."},
    mixinStandardHelpOptions = true,
    version = "femto " + Femto.VERSION,
    synopsisSubcommandLabel = "COMMAND")
public final class Femto {
  static final String VERSION = "0.1.0";

  private Femto() {}

  /**
   * Runs a command and exits.
   *
   * @param arguments command and options; {@code --help} lists them
   */
  public static void main(String[] arguments) {
    Locale.setDefault(Locale.ROOT); // numbers look the same everywhere
    EndOfProcess.exit(run(arguments));
  }

  private static final List<Class<? extends BaseCommand>> COMMANDS =
      List.of(
          DemoCommand.class,
          GenerateCommand.class,
          ImportCommand.class,
          TrainCommand.class,
          EvaluateCommand.class,
          CrossvalCommand.class,
          CompareCommand.class,
          RunsCommand.class,
          RankCommand.class,
          ExplainCommand.class,
          InspectCommand.class,
          SimulateCommand.class,
          OffPolicyCommand.class,
          AbTestCommand.class,
          TrafficCommand.class);

  /** Runs a command in this process; returns the exit code. */
  static int run(String... arguments) {
    return newCommandLine(new HashSet<>(List.of(arguments))::contains).execute(arguments);
  }

  /** With every command in full. */
  static CommandLine newCommandLine() {
    return newCommandLine(name -> true);
  }

  /**
   * Reading all options of all commands takes most of the time of {@code femto --help}, so a
   * command that is not named on the command line gets no more than its name and its description.
   */
  private static CommandLine newCommandLine(Predicate<String> isNeeded) {
    CommandLine femto = new CommandLine(new Femto());
    for (Class<? extends BaseCommand> command : COMMANDS) {
      Command about = command.getAnnotation(Command.class);
      if (isNeeded.test(about.name())) {
        femto.addSubcommand(command);
      } else {
        CommandSpec outline = CommandSpec.create().name(about.name());
        outline.usageMessage().description(about.description());
        femto.addSubcommand(about.name(), outline);
      }
    }
    femto.setCaseInsensitiveEnumValuesAllowed(true);
    femto.setAbbreviatedOptionsAllowed(false);
    femto.setExpandAtFiles(false); // which commands are needed is read before they would be
    femto.setExecutionExceptionHandler(Femto::explain);
    femto.setParameterExceptionHandler(Femto::explainUsage);
    return femto;
  }

  /** What the input or the system did wrong is said in a line; what we did wrong shows where. */
  private static int explain(
      Exception thrown, CommandLine command, CommandLine.ParseResult result) {
    PrintWriter err = command.getErr();
    Exception failure =
        thrown instanceof UncheckedIOException e && e.getCause() != null ? e.getCause() : thrown;
    if (failure instanceof FileSystemException e) {
      err.println("femto: " + e.getFile() + ": " + reasonOf(e));
    } else if (failure instanceof IOException
        || failure instanceof IllegalArgumentException
        || failure instanceof DivergedException) {
      err.println("femto: " + failure.getMessage());
    } else {
      err.println("femto: this should not happen, please report it:");
      failure.printStackTrace(err);
    }
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }

  /** The system's words, or the class's: AccessDeniedException is "access denied". */
  static String reasonOf(FileSystemException e) {
    if (e.getReason() != null) {
      return e.getReason();
    }
    String words = e.getClass().getSimpleName().replace("Exception", "");
    return words.replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
  }

  private static int explainUsage(CommandLine.ParameterException failure, String[] arguments) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("femto: " + String.valueOf(failure.getMessage()).replaceFirst("^Error: ", ""));
    CommandLine.UnmatchedArgumentException.printSuggestions(failure, err);
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }
}
