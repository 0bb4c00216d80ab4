package femto.bench;

import femto.bench.learn.LearnBenchmarks;
import femto.bench.learn.LearnSize;
import femto.bench.online.OnlineBenchmarks;
import femto.bench.online.OnlineSize;
import femto.bench.report.RunSize;
import femto.bench.report.SetReport;
import femto.bench.report.WrongAnswerException;
import femto.bench.swap.SwapBenchmarks;
import femto.bench.swap.SwapSize;
import femto.tools.cli.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Entry point of the measuring command line. Exit codes: 0 done, 1 failed, 2 used wrongly. */
@Command(
    name = "femto-bench",
    description = {
      "Measures Femto beside its peers and beside what the machine allows, in one run.",
      "",
      "Prints a row a claim: what was measured, the limit, the best peer, the ratio, the aim, and"
          + " whether it was reached. A peer that isn't on this machine is named with the reason."
          + " All ratios are of this run; figures of two machines don't compare.",
      "",
      "The peers from packages, on Debian:",
      "  apt-get install g++ libfaiss-dev libopenblas0-pthread",
      ""
    },
    footer = {
      "",
      "Sets:",
      "  kernels    exact top-K, scores of lists; peers: ONNX Runtime, Lucene, JVector,",
      "             OpenBLAS, FAISS",
      "  swap       leases, requests under publishing, deltas, memory, torn reads; peers: a read-write",
      "             lock, synchronized, memory that the garbage collector frees",
      "  online     learning while serving: events a second, how soon readers see them, a truth that",
      "             drifts, dictionaries, followers, kills; peers: the training loop, a frozen model,",
      "             fastutil, a Chronicle Map alone",
      "  learn      learning from a table of clicks: examples a second, threads, log loss after as",
      "             many passes, how time and memory grow, data larger than the heap; peers: xLearn,",
      "             libFM, cache lines touched",
      "",
      "Examples:",
      "  femto-bench kernels --quick",
      "  femto-bench kernels --json > kernels.json",
      "  femto-bench swap --quick",
      "  femto-bench online --quick",
      "  femto-bench learn --quick",
      "",
      "Exit codes: 0 measured (whether or not the aims were reached), 1 failed or an answer",
      "was wrong (answers are checked on the tables that are measured), 2 used wrongly.",
      "",
      "FEMTO_JAVA_OPTS holds options for the JVM; for peers in unusual places:",
      "  -Dfemto.bench.openblas=PATH   libopenblas.so",
      "  -Dfemto.bench.faiss=PATH      a library made from faiss_shim.cpp",
      "  -Dfemto.bench.xlearn=PATH     xlearn_train, with xlearn_predict beside it",
      "  -Dfemto.bench.libfm=PATH      libFM",
      "OpenBLAS chooses its kernels by the processor; FEMTO_OPENBLAS_CORETYPE, such as",
      "Haswell, makes it take others."
    },
    mixinStandardHelpOptions = true,
    version = "femto-bench 0.1.0",
    sortOptions = false,
    usageHelpAutoWidth = true)
public final class FemtoBench implements Callable<Integer> {
  /** Where the launcher wants the page of results. */
  private static final String RESULTS = "femto.bench.results";

  /** Held, since the log manager drops what nobody holds, with its level. */
  private static final List<Logger> PEER_LOGGERS = new ArrayList<>();

  /** The sets there are. */
  enum Set {
    KERNELS {
      @Override
      SetReport measure(Sizes sizes) {
        return SetReport.measure(KernelClaims.set(), sizes.kernels());
      }
    },
    SWAP {
      @Override
      SetReport measure(Sizes sizes) {
        return SwapBenchmarks.measure(sizes.swap());
      }
    },
    ONLINE {
      @Override
      SetReport measure(Sizes sizes) throws IOException {
        return OnlineBenchmarks.measure(sizes.online());
      }
    },
    LEARN {
      @Override
      SetReport measure(Sizes sizes) throws IOException {
        return LearnBenchmarks.measure(sizes.learn());
      }
    };

    abstract SetReport measure(Sizes sizes) throws IOException;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How long and on how much each set measures. */
  record Sizes(RunSize kernels, SwapSize swap, OnlineSize online, LearnSize learn) {
    static final Sizes QUICK =
        new Sizes(RunSize.QUICK, SwapSize.QUICK, OnlineSize.QUICK, LearnSize.QUICK);
    static final Sizes FULL =
        new Sizes(RunSize.FULL, SwapSize.FULL, OnlineSize.FULL, LearnSize.FULL);
  }

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "SET", description = "What to measure: ${COMPLETION-CANDIDATES}.")
  Set set;

  @Option(
      names = "--quick",
      description =
          "End within a minute or so: one JVM, fewer candidates, short iterations. Without it,"
              + " 10,000,000 candidates take about half an hour (swap: a quarter;"
              + " online: 25 minutes; learn: 20 minutes) and a page of results is written.")
  boolean quick;

  @Option(names = "--json", description = "Print one JSON object for machines instead of text.")
  boolean json;

  @Option(
      names = "--results",
      paramLabel = "DIR",
      description = "Where a full run writes its page and its plot (bench/results by default).")
  Path results = Path.of(System.getProperty(RESULTS, "results"));

  private final Sizes quickSizes;

  @SuppressWarnings("NullAway.Init") // picocli sets the others before it runs the command
  FemtoBench(Sizes quickSizes) {
    this.quickSizes = quickSizes;
  }

  /**
   * Measures a set and exits.
   *
   * @param arguments {@code --help} lists them
   */
  public static void main(String[] arguments) {
    Locale.setDefault(Locale.ROOT); // numbers look the same everywhere
    System.setProperty("java.awt.headless", "true"); // the plot needs no screen
    // Peers announce what they use; warnings still come through.
    for (String peer : List.of("org.apache.lucene", "io.github.jbellis.jvector")) {
      Logger logger = Logger.getLogger(peer);
      logger.setLevel(Level.WARNING);
      PEER_LOGGERS.add(logger);
    }
    System.exit(commandLine(Sizes.QUICK).execute(arguments));
  }

  static CommandLine commandLine(Sizes quickSizes) {
    CommandLine command = new CommandLine(new FemtoBench(quickSizes));
    command.setCaseInsensitiveEnumValuesAllowed(true);
    command.setAbbreviatedOptionsAllowed(false);
    command.setExecutionExceptionHandler(FemtoBench::explain);
    command.setParameterExceptionHandler(FemtoBench::explainUsage);
    return command;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    SetReport report = set.measure(quick ? quickSizes : Sizes.FULL);
    if (json) {
      Report.json(out, report.json());
    } else {
      report.print(out);
    }
    if (!quick) {
      Path page = report.writePage(results, "bench/bin/femto-bench " + set);
      if (!json) {
        out.println();
        out.println("Wrote " + page);
        out.flush();
      }
    }
    return 0;
  }

  private static int explain(
      Exception failure, CommandLine command, CommandLine.ParseResult result) {
    PrintWriter err = command.getErr();
    if (failure instanceof WrongAnswerException) {
      err.println("femto-bench: wrong answer, nothing is reported: " + failure.getMessage());
    } else if (failure instanceof IOException) {
      err.println("femto-bench: " + failure.getMessage());
    } else {
      err.println("femto-bench: this should not happen, please report it:");
      failure.printStackTrace(err);
    }
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }

  private static int explainUsage(CommandLine.ParameterException failure, String[] arguments) {
    PrintWriter err = failure.getCommandLine().getErr();
    err.println("femto-bench: " + failure.getMessage());
    CommandLine.UnmatchedArgumentException.printSuggestions(failure, err);
    err.println("Try 'femto-bench --help'.");
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }
}
