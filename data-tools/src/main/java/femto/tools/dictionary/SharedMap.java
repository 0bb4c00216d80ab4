package femto.tools.dictionary;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The Chronicle Map of values to rows: a file that other processes look values up in while one
 * process, its owner, changes it.
 *
 * <pre>
 *   key    text   field, ':', value
 *                 field, '#', SHA-256 of the value's UTF-8 in hexadecimal, if it is longer than
 *                             128 bytes, so that an entry of any value fits
 *   value  Long   row
 * </pre>
 *
 * A text and a {@code Long}, since a map with values changed in place came apart when keys were
 * overwritten (2026-11-24).
 *
 * <p>Beside the file lies another, its name with {@code .owner} after it: locked by the owner as
 * long as it lives, with the byte 1 while the map is open and 0 after it was closed. So an owner
 * that died is noticed.
 */
final class SharedMap implements AutoCloseable {
  /** Longest value that is a key as it is. */
  static final int LONGEST_PLAIN = 128;

  private static final int AVERAGE_KEY_BYTES = 24;

  /** Room for entries of the largest size, five times the average, in segments of uneven load. */
  private static final double BLOAT = 10;

  /** Below that a segment has no room for the largest entry. */
  private static final long LEAST_ENTRIES = 64;

  /** No map is so short. A file cut off within its first words is waited for by Chronicle Map. */
  private static final long LEAST_BYTES = 4096;

  static {
    // Chronicle Map would tell its maker about its use.
    System.setProperty("chronicle.analytics.disable", "true");
  }

  private final ChronicleMap<CharSequence, Long> map;
  private final Path path;
  private final @Nullable Owner owner;

  private SharedMap(ChronicleMap<CharSequence, Long> map, Path path, @Nullable Owner owner) {
    this.map = map;
    this.path = path;
    this.owner = owner;
  }

  /** The right to change a map, until it is closed or the process ends. */
  static final class Owner {
    private static final byte CLOSED = 0;
    private static final byte OPEN = 1;

    private final FileChannel channel;

    private final boolean foundClosed;

    private Owner(FileChannel channel, boolean foundClosed) {
      this.channel = channel;
      this.foundClosed = foundClosed;
    }

    @SuppressWarnings("MustBeClosedChecker") // the owner has the channel until it is released
    static Owner of(Path map) throws IOException {
      Path file = sibling(map, ".owner");
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        if (!lock(channel)) {
          throw new IOException(
              map + ": another dictionary has it open, expected one owner (" + file + ")");
        }
        ByteBuffer state = ByteBuffer.allocate(1);
        boolean closed = channel.read(state, 0) == 1 && state.get(0) == CLOSED;
        Owner owner = new Owner(channel, closed);
        owner.mark(OPEN);
        return owner;
      } catch (Throwable failure) {
        channel.close();
        throw failure;
      }
    }

    /** Whether the last owner left the map closed. */
    boolean foundClosed() {
      return foundClosed;
    }

    private static boolean lock(FileChannel channel) throws IOException {
      try {
        return channel.tryLock() != null;
      } catch (OverlappingFileLockException e) {
        return false; // in this process
      }
    }

    private void mark(byte state) throws IOException {
      channel.write(ByteBuffer.wrap(new byte[] {state}), 0);
      channel.force(false);
    }

    /** Ends it, and leaves the map as an owner that died does. */
    void release() throws IOException {
      channel.close();
    }

    void releaseClosed() throws IOException {
      try {
        mark(CLOSED);
      } finally {
        channel.close();
      }
    }
  }

  private static Path sibling(Path path, String suffix) {
    return path.resolveSibling(path.getFileName() + suffix);
  }

  private static ChronicleMapBuilder<CharSequence, Long> builder(long capacity) {
    return ChronicleMapBuilder.of(CharSequence.class, Long.class)
        .name("femto-dictionary")
        .averageKeySize(AVERAGE_KEY_BYTES)
        .entries(Math.max(LEAST_ENTRIES, capacity))
        .maxBloatFactor(BLOAT)
        // A process that is asked to end closes it itself, after its last checkpoint.
        .skipCloseOnExitHook(true);
  }

  /** Makes a new file. */
  static SharedMap create(Path path, long capacity, Owner owner) throws IOException {
    return new SharedMap(builder(capacity).createPersistedTo(path.toFile()), path, owner);
  }

  /** Opens the file as its last owner left it. */
  static SharedMap open(Path path, long capacity, @Nullable Owner owner) throws IOException {
    return new SharedMap(builder(capacity).createPersistedTo(whole(path)), path, owner);
  }

  /** Opens the file after what a process that died may have left in it has been put right. */
  static SharedMap recover(Path path, long capacity, Owner owner) throws IOException {
    return new SharedMap(builder(capacity).recoverPersistedTo(whole(path), true), path, owner);
  }

  private static File whole(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString(), null, "there is no such file");
    }
    if (Files.size(path) < LEAST_BYTES) {
      throw new IOException(
          path + ": has " + Files.size(path) + " bytes, expected " + LEAST_BYTES + " or more");
    }
    return path.toFile();
  }

  /** Moves a file away that is no map any more, so that a new one can be made. */
  static void moveAway(Path path) throws IOException {
    Files.move(path, sibling(path, ".broken"), StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Chronicle Map compiles classes when it is first used and reads fields of the JDK; without these
   * options of the JVM it fails far from the cause.
   */
  static void requireJvmOptions() {
    List<String> missing = new ArrayList<>();
    Module unnamed = ChronicleMap.class.getModule();
    Module base = Object.class.getModule();
    for (String name : new String[] {"java.lang", "java.lang.reflect"}) {
      if (!base.isOpen(name, unnamed)) {
        missing.add("--add-opens=java.base/" + name + "=ALL-UNNAMED");
      }
    }
    if (!base.isExported("sun.nio.ch", unnamed)) {
      missing.add("--add-exports=java.base/sun.nio.ch=ALL-UNNAMED");
    }
    Module compiler = ModuleLayer.boot().findModule("jdk.compiler").orElse(null);
    if (compiler == null) {
      missing.add("--add-modules=jdk.compiler");
    }
    if (compiler == null || !compiler.isExported("com.sun.tools.javac.file", unnamed)) {
      missing.add("--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED");
    }
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "the dictionary needs these options of the JVM: " + String.join(" ", missing));
    }
  }

  static String key(int field, EncodedValue value) {
    if (value.length() <= LONGEST_PLAIN) {
      return field + ":" + value;
    }
    MessageDigest digest = sha256();
    digest.update(value.utf8(), 0, value.length());
    return field + "#" + HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has it", e);
    }
  }

  void put(String key, int row) {
    map.put(key, (long) row);
  }

  /** Takes a row from one key for another. If that fails, the first has it still. */
  @SuppressWarnings("UndefinedEquals") // keys are compared as they lie in the file
  void replace(String former, String key, int row) {
    map.remove(former);
    try {
      map.put(key, (long) row);
    } catch (Throwable failure) {
      map.put(former, (long) row);
      throw failure;
    }
  }

  /** The row of a key, or -1. */
  @SuppressWarnings("UndefinedEquals") // as above
  long get(String key) {
    Long row = map.get(key);
    return row == null ? -1 : row;
  }

  /** Which entries are right. */
  interface Rightness {
    boolean test(CharSequence key, long row);
  }

  /** Removes all entries but those that are right; returns how many. */
  int removeUnless(Rightness right) {
    int[] removed = {0};
    map.forEachEntry(
        entry -> {
          if (!right.test(entry.key().get(), entry.value().get())) {
            entry.doRemove();
            removed[0]++;
          }
        });
    return removed[0];
  }

  long size() {
    return map.longSize();
  }

  /** Closes it after everything is on the disk. */
  @Override
  public void close() throws IOException {
    if (map.isClosed()) {
      return;
    }
    map.close();
    if (owner != null) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.force(true);
      } catch (Throwable failure) {
        owner.release();
        throw failure;
      }
      owner.releaseClosed();
    }
  }

  /** Closes it; its owner is still the owner. */
  void closeOnly() {
    map.close();
  }

  /** Closes it as if the process had died: the next owner will recover it. */
  void abandon() throws IOException {
    map.close();
    if (owner != null) {
      owner.release();
    }
  }
}
