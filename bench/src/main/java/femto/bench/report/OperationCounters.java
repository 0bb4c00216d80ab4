package femto.bench.report;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What the calls of a benchmark did besides taking time. A benchmark has them as a parameter and
 * counts call by call; the report takes them from JMH's results, so that they come from the JVM and
 * the calls that were measured. Starts at 0 in every iteration.
 *
 * <p>Bytes are those between {@link #begin} and {@link #end}, as the JVM counts them for the
 * thread: {@code -prof gc} counts the same for a whole iteration with what JMH itself allocates in
 * it, which for calls of milliseconds is hundreds of bytes a call.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class OperationCounters {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Calls. */
  public long calls;

  /** Bytes that they allocated. */
  public long allocatedBytes;

  /** Searches that had a screen. */
  public long searches;

  /** How many of them used it to the end. */
  public long screenedSearches;

  /** Rows of the tables that they searched, each search counted. */
  public long searchedRows;

  /** Rows that they looked at in the screen's codes. */
  public long scannedRows;

  /** Rows that they scored by the chain. */
  public long scoredRows;

  /** Searches whose answers were checked in this JVM before it measured. */
  public long checkedSearches;

  /** Scores that were held against doubles in this JVM before it measured. */
  public long checkedScores;

  /**
   * Least nanoseconds in which this JVM gets to see all that a call has to see, on the same memory
   * and just before; 0 if nobody looked.
   */
  public long limitNanos;

  private long bytesBefore;

  /** Makes counters at 0. */
  public OperationCounters() {}

  /** Begins a call that works on this thread alone. */
  public final void begin() {
    bytesBefore = THREADS.getCurrentThreadAllocatedBytes();
  }

  /** Ends a call that works on this thread alone. */
  public final void end() {
    allocatedBytes += THREADS.getCurrentThreadAllocatedBytes() - bytesBefore;
    calls++;
  }

  /** Begins a call that has other threads work too; what all threads allocate counts. */
  public final void beginOnAllThreads() {
    bytesBefore = THREADS.getTotalThreadAllocatedBytes();
  }

  /** Ends a call that has other threads work too. */
  public final void endOnAllThreads() {
    allocatedBytes += THREADS.getTotalThreadAllocatedBytes() - bytesBefore;
    calls++;
  }

  /**
   * Counts a search that had a screen.
   *
   * @param rows rows of the table
   * @param usedScreen whether it used the screen to the end
   * @param scanned rows looked at in codes
   * @param scored rows scored by the chain
   */
  public final void searched(long rows, boolean usedScreen, long scanned, long scored) {
    searches++;
    screenedSearches += usedScreen ? 1 : 0;
    searchedRows += rows;
    scannedRows += scanned;
    scoredRows += scored;
  }

  /**
   * Takes over the searches that other counters have counted.
   *
   * @param others counters of another thread, which has finished; their searches are set to 0
   */
  public final void takeSearchesOf(OperationCounters others) {
    searches += others.searches;
    screenedSearches += others.screenedSearches;
    searchedRows += others.searchedRows;
    scannedRows += others.scannedRows;
    scoredRows += others.scoredRows;
    others.searches = 0;
    others.screenedSearches = 0;
    others.searchedRows = 0;
    others.scannedRows = 0;
    others.scoredRows = 0;
  }
}
