package femto.bench.peer;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * FAISS, behind the few functions of {@code faiss_shim.cpp}. The shim is a library named by {@code
 * -Dfemto.bench.faiss=PATH}, or else is compiled here with g++ on first use, into the directory
 * {@code -Dfemto.bench.native=DIR} (by default one for temporary files).
 */
final class Faiss {
  static final String PATH = "femto.bench.faiss";
  static final String DIRECTORY = "femto.bench.native";

  private static final String SOURCE = "faiss_shim.cpp";
  private static final String LIBRARY = "libfaiss_shim.so";
  private static final String INSTALL =
      "; install FAISS and a compiler (Debian: apt-get install g++ libfaiss-dev"
          + " libopenblas0-pthread) or name a library made from "
          + SOURCE
          + " with -D"
          + PATH
          + "=PATH";

  private static @Nullable Faiss loaded;
  private static @Nullable String missing;

  final MethodHandle create;
  final MethodHandle add;
  final MethodHandle search;
  final MethodHandle free;
  final MethodHandle setThreads;
  private final MethodHandle getVersion;

  private Faiss(SymbolLookup library) {
    NativeCalls calls = new NativeCalls(library);
    this.create = calls.bind("femto_faiss_create", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    this.add =
        calls.bind("femto_faiss_add", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS));
    this.search =
        calls.bind(
            "femto_faiss_search",
            FunctionDescriptor.of(
                JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
    this.free = calls.bind("femto_faiss_free", FunctionDescriptor.ofVoid(ADDRESS));
    this.getVersion = calls.bind("femto_faiss_version", FunctionDescriptor.of(JAVA_INT));
    this.setThreads = calls.bind("femto_faiss_set_threads", FunctionDescriptor.ofVoid(JAVA_INT));
  }

  /** The library. Throws MissingPeerException if there is none and none can be made. */
  @SuppressWarnings("restricted") // a native peer
  static synchronized Faiss get() {
    if (loaded == null && missing == null) {
      try {
        loaded =
            new Faiss(
                SymbolLookup.libraryLookup(library(System.getProperty(PATH)), Arena.global()));
      } catch (MissingPeerException e) {
        missing = e.getMessage();
      } catch (IllegalArgumentException e) {
        missing = "FAISS does not load: " + e.getMessage();
      }
    }
    if (loaded == null) {
      throw new MissingPeerException(String.valueOf(missing));
    }
    return loaded;
  }

  String version() {
    try {
      int version = (int) getVersion.invokeExact();
      return version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    }
  }

  static Path library(@Nullable String asked) {
    if (asked != null) {
      if (!Files.exists(Path.of(asked))) {
        throw new MissingPeerException("no file " + asked + INSTALL);
      }
      return Path.of(asked);
    }
    String directory = System.getProperty(DIRECTORY);
    try {
      return compile(
          directory == null ? Files.createTempDirectory("femto-bench") : Path.of(directory));
    } catch (IOException e) {
      throw new MissingPeerException("FAISS's shim cannot be compiled: " + e.getMessage(), e);
    }
  }

  /** Compiles the shim unless that has been done, from the same source, before. */
  private static Path compile(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path library = directory.resolve(LIBRARY);
    Path source = directory.resolve(SOURCE);
    byte[] text;
    try (InputStream in = Objects.requireNonNull(Faiss.class.getResourceAsStream(SOURCE))) {
      text = in.readAllBytes();
    }
    if (Files.exists(library)
        && Files.exists(source)
        && Arrays.equals(Files.readAllBytes(source), text)) {
      return library;
    }
    Files.write(source, text);
    // OpenBLAS by name first: Debian's libblas may be the slow reference implementation.
    String said = "";
    for (List<String> blas : List.of(List.of("-l:libopenblas.so.0"), List.of("-lblas"))) {
      Path made = directory.resolve(LIBRARY + "." + ProcessHandle.current().pid());
      said = run(directory, source, made, blas);
      if (said.isEmpty()) {
        Files.move(made, library, StandardCopyOption.ATOMIC_MOVE);
        return library;
      }
    }
    throw new MissingPeerException("g++ cannot compile FAISS's shim: " + said + INSTALL);
  }

  /** Runs the compiler; returns the line that says what is wrong, or nothing. */
  private static String run(Path directory, Path source, Path library, List<String> blas)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of("g++", "-O2", "-shared", "-fPIC", "-fopenmp", "-Wl,--no-undefined", "-o"));
    command.addAll(List.of(library.toString(), source.toString(), "-lfaiss"));
    command.addAll(blas);
    if (!blas.contains("-l:libopenblas.so.0")) {
      command.add("-llapack");
    }
    Process compiler;
    try {
      compiler =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      return "there is no g++";
    }
    compiler.getOutputStream().close();
    String said;
    try (InputStream in = compiler.getInputStream()) {
      said = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    try {
      if (compiler.waitFor() == 0) {
        return "";
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
    return said.lines()
        .filter(line -> line.contains("error") || line.contains("cannot find"))
        .findFirst()
        .orElse("it failed");
  }
}
