package femto.file;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.ProviderMismatchException;
import java.nio.file.StandardOpenOption;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The files of the machine, seen through a file system that counts what changes something, and at
 * one of these steps fails as a full disk does, or as a process that is killed there: then the step
 * is not done, or half of it if it is a write, and nothing after it. Locks are given up by {@link
 * #bury}, as the system does it for the dead; and if the power went, it also takes away what had
 * not been synced: the content of files, and new names in directories.
 */
public final class FaultyFiles extends FileSystem {
  /** What happens at the step. */
  public enum Fault {
    /** It fails, and what comes after does not. */
    DISK_FULL,
    /** From it on everything fails, until {@link #heal}. */
    DISK_STAYS_FULL,
    /** It is the last thing that happens. */
    DEATH,
    /** The same, and what is not synced is lost. */
    POWER_LOSS
  }

  /** Thrown by a process that has been killed. */
  public static final class Killed extends Error {
    private static final long serialVersionUID = 1L;

    Killed() {
      super("killed");
    }
  }

  private final FileSystem files = FileSystems.getDefault();
  private final Provider provider = new Provider();
  private final AtomicInteger steps = new AtomicInteger();
  private final List<FileChannel> open = new ArrayList<>();

  /** Files with content, and the former names of files, that would be lost with the power. */
  private final Set<Path> unsynced = ConcurrentHashMap.newKeySet();

  private final Map<Path, Path> renames = new ConcurrentHashMap<>();

  /** What files had that others took the names of. */
  private final Map<Path, byte[]> replaced = new ConcurrentHashMap<>();

  private volatile int faultAt = Integer.MAX_VALUE;
  private volatile Fault fault = Fault.DISK_FULL;
  private volatile boolean failing;
  private volatile boolean dead;

  /** Makes one that never fails. */
  public FaultyFiles() {}

  /** The same file, seen through this. */
  public Path at(Path file) {
    return new Seen(file);
  }

  /** Lets a step fail, counted from 1. */
  public void fail(int step, Fault how) {
    faultAt = step;
    fault = how;
  }

  /** How many steps there have been. */
  public int steps() {
    return steps.get();
  }

  /** Whether the step has come. */
  public boolean hasFailed() {
    return steps.get() >= faultAt;
  }

  /** Whether the process has been killed. */
  public boolean isDead() {
    return dead;
  }

  /** Ends a disk's being full. */
  public void heal() {
    failing = false;
  }

  /** Closes what a dead process has open, and loses what goes with the power. */
  public void bury() throws IOException {
    for (FileChannel channel : open) {
      channel.close();
    }
    if (dead && fault == Fault.POWER_LOSS) {
      for (Path file : unsynced) {
        if (Files.exists(file)) {
          Files.write(file, new byte[0]);
        }
      }
      for (Map.Entry<Path, Path> renamed : renames.entrySet()) {
        Files.move(renamed.getKey(), renamed.getValue());
      }
      for (Map.Entry<Path, byte[]> former : replaced.entrySet()) {
        Files.write(former.getKey(), former.getValue());
      }
    }
  }

  private void synced(Path path) {
    unsynced.remove(path);
    renames.keySet().removeIf(target -> path.equals(target.getParent()));
    replaced.keySet().removeIf(target -> path.equals(target.getParent()));
  }

  private void renamed(Path source, Path target) {
    if (unsynced.remove(source)) {
      unsynced.add(target);
    }
    renames.put(target, source);
  }

  /** Counts a step; true if it must fail now, half done. */
  private boolean step() {
    if (dead) {
      throw new Killed();
    }
    boolean now = steps.incrementAndGet() == faultAt;
    if (now && fault == Fault.DISK_STAYS_FULL) {
      failing = true;
    }
    return now || failing;
  }

  private void requireAlive() {
    if (dead) {
      throw new Killed();
    }
  }

  private IOException failure() {
    if (isDeadly()) {
      dead = true;
      throw new Killed();
    }
    return new IOException("No space left on device");
  }

  private boolean isDeadly() {
    return fault == Fault.DEATH || fault == Fault.POWER_LOSS;
  }

  private void change() throws IOException {
    if (step()) {
      throw failure();
    }
  }

  /** A path of the machine, as one of this file system. */
  private final class Seen implements Path {
    final Path path;

    Seen(Path path) {
      this.path = path;
    }

    private @Nullable Path wrap(@Nullable Path other) {
      return other == null ? null : new Seen(other);
    }

    @Override
    public FileSystem getFileSystem() {
      return FaultyFiles.this;
    }

    @Override
    public boolean isAbsolute() {
      return path.isAbsolute();
    }

    @Override
    public @Nullable Path getRoot() {
      return wrap(path.getRoot());
    }

    @Override
    public @Nullable Path getFileName() {
      return wrap(path.getFileName());
    }

    @Override
    public @Nullable Path getParent() {
      return wrap(path.getParent());
    }

    @Override
    public int getNameCount() {
      return path.getNameCount();
    }

    @Override
    public Path getName(int index) {
      return new Seen(path.getName(index));
    }

    @Override
    public Path subpath(int begin, int end) {
      return new Seen(path.subpath(begin, end));
    }

    @Override
    public boolean startsWith(Path other) {
      return path.startsWith(plain(other));
    }

    @Override
    public boolean endsWith(Path other) {
      return path.endsWith(plain(other));
    }

    @Override
    public Path normalize() {
      return new Seen(path.normalize());
    }

    @Override
    public Path resolve(Path other) {
      return new Seen(path.resolve(plain(other)));
    }

    @Override
    public Path relativize(Path other) {
      return new Seen(path.relativize(plain(other)));
    }

    @Override
    public URI toUri() {
      return path.toUri();
    }

    @Override
    public Path toAbsolutePath() {
      return new Seen(path.toAbsolutePath());
    }

    @Override
    public Path toRealPath(LinkOption... options) throws IOException {
      return new Seen(path.toRealPath(options));
    }

    @Override
    public WatchKey register(
        WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
      throw new ProviderMismatchException();
    }

    @Override
    public int compareTo(Path other) {
      return path.compareTo(plain(other));
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Seen seen && path.equals(seen.path);
    }

    @Override
    public int hashCode() {
      return path.hashCode();
    }

    @Override
    public String toString() {
      return path.toString();
    }
  }

  private static Path plain(Path path) {
    if (path instanceof Seen seen) {
      return seen.path;
    }
    throw new ProviderMismatchException();
  }

  /** Files, through the counter. */
  private final class Provider extends FileSystemProvider {
    private final FileSystemProvider machine = files.provider();

    @Override
    public String getScheme() {
      return "faulty";
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> env) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
      return FaultyFiles.this;
    }

    @Override
    public Path getPath(URI uri) {
      return at(machine.getPath(uri));
    }

    @Override
    public FileChannel newFileChannel(
        Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
        throws IOException {
      requireAlive();
      if (options.contains(StandardOpenOption.WRITE)) {
        change();
      }
      FileChannel channel = machine.newFileChannel(plain(path), options, attributes);
      synchronized (open) {
        open.add(channel);
      }
      return new Channel(channel, plain(path).toAbsolutePath());
    }

    @Override
    public SeekableByteChannel newByteChannel(
        Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
        throws IOException {
      return newFileChannel(path, options, attributes);
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(
        Path directory, DirectoryStream.Filter<? super Path> filter) throws IOException {
      requireAlive();
      DirectoryStream<Path> stream =
          machine.newDirectoryStream(plain(directory), path -> filter.accept(at(path)));
      return new DirectoryStream<>() {
        @Override
        public Iterator<Path> iterator() {
          Iterator<Path> paths = stream.iterator();
          return new Iterator<>() {
            @Override
            public boolean hasNext() {
              return paths.hasNext();
            }

            @Override
            public Path next() {
              return at(paths.next());
            }
          };
        }

        @Override
        public void close() throws IOException {
          stream.close();
        }
      };
    }

    @Override
    public void createDirectory(Path directory, FileAttribute<?>... attributes) throws IOException {
      change();
      machine.createDirectory(plain(directory), attributes);
    }

    @Override
    public void delete(Path path) throws IOException {
      if (step() && isDeadly()) { // a full disk lets files be removed
        throw failure();
      }
      machine.delete(plain(path));
    }

    @Override
    public void copy(Path source, Path target, CopyOption... options) throws IOException {
      change();
      machine.copy(plain(source), plain(target), options);
    }

    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
      change();
      Path former = plain(target).toAbsolutePath();
      if (Files.exists(former) && !renames.containsKey(former)) {
        replaced.put(former, Files.readAllBytes(former));
      }
      machine.move(plain(source), plain(target), options);
      renamed(plain(source).toAbsolutePath(), plain(target).toAbsolutePath());
    }

    @Override
    public boolean isSameFile(Path path, Path other) throws IOException {
      return machine.isSameFile(plain(path), plain(other));
    }

    @Override
    public boolean isHidden(Path path) throws IOException {
      return machine.isHidden(plain(path));
    }

    @Override
    public FileStore getFileStore(Path path) throws IOException {
      return machine.getFileStore(plain(path));
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
      requireAlive();
      machine.checkAccess(plain(path), modes);
    }

    @Override
    public <V extends FileAttributeView> V getFileAttributeView(
        Path path, Class<V> type, LinkOption... options) {
      return machine.getFileAttributeView(plain(path), type, options);
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(
        Path path, Class<A> type, LinkOption... options) throws IOException {
      requireAlive();
      return machine.readAttributes(plain(path), type, options);
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
        throws IOException {
      requireAlive();
      return machine.readAttributes(plain(path), attributes, options);
    }

    @Override
    public void setAttribute(Path path, String attribute, Object value, LinkOption... options)
        throws IOException {
      change();
      machine.setAttribute(plain(path), attribute, value, options);
    }
  }

  /** A channel, through the counter. */
  private final class Channel extends FileChannel {
    private final FileChannel channel;
    private final Path path;

    Channel(FileChannel channel, Path path) {
      this.channel = channel;
      this.path = path;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      requireAlive();
      return channel.read(into);
    }

    @Override
    public long read(ByteBuffer[] into, int offset, int length) throws IOException {
      requireAlive();
      return channel.read(into, offset, length);
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      requireAlive();
      return channel.read(into, position);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      unsynced.add(path);
      if (step()) {
        channel.write(bytes.slice(bytes.position(), bytes.remaining() / 2));
        throw failure();
      }
      return channel.write(bytes);
    }

    @Override
    public long write(ByteBuffer[] bytes, int offset, int length) throws IOException {
      change();
      return channel.write(bytes, offset, length);
    }

    @Override
    public int write(ByteBuffer bytes, long position) throws IOException {
      change();
      return channel.write(bytes, position);
    }

    @Override
    public long position() throws IOException {
      return channel.position();
    }

    @Override
    public FileChannel position(long position) throws IOException {
      channel.position(position);
      return this;
    }

    @Override
    public long size() throws IOException {
      requireAlive();
      return channel.size();
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
      change();
      channel.truncate(size);
      return this;
    }

    @Override
    public void force(boolean metadata) throws IOException {
      change(); // and no more: what is written outlives a process that is killed
      synced(path);
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target)
        throws IOException {
      return channel.transferTo(position, count, target);
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count)
        throws IOException {
      change();
      return channel.transferFrom(source, position, count);
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
      return channel.map(mode, position, size);
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) throws IOException {
      change();
      return channel.lock(position, size, shared);
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
      change();
      return channel.tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
      if (!dead) { // the system closes what the dead had open, when they are buried
        channel.close();
      }
    }
  }

  @Override
  public FileSystemProvider provider() {
    return provider;
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public boolean isReadOnly() {
    return false;
  }

  @Override
  public String getSeparator() {
    return files.getSeparator();
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    List<Path> roots = new ArrayList<>();
    files.getRootDirectories().forEach(root -> roots.add(at(root)));
    return roots;
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return files.getFileStores();
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return files.supportedFileAttributeViews();
  }

  @Override
  public Path getPath(String first, String... more) {
    return at(files.getPath(first, more));
  }

  @Override
  public PathMatcher getPathMatcher(String pattern) {
    PathMatcher matcher = files.getPathMatcher(pattern);
    return path -> matcher.matches(plain(path));
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    return files.getUserPrincipalLookupService();
  }

  @Override
  public WatchService newWatchService() {
    throw new UnsupportedOperationException();
  }
}
