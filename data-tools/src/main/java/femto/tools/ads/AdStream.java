package femto.tools.ads;

import femto.model.Field;
import femto.tools.stream.EventSchema;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The endless stream of a world of ads: the format is that of {@link EventSchema}, with the true
 * probability of each click. It begins at 2026-01-01T00:00Z, and a million impressions are a day.
 *
 * <p>The same options give the same bytes on every machine and JVM, however fast they are asked
 * for.
 *
 * <p>With clicks apart, a click comes two minutes after its impression on average, exponentially;
 * the probability is that of a click ever. One owner at a time.
 */
public final class AdStream {
  /** A reader sees a row no later than that after it was made. */
  private static final long FLUSH_NANOS = 50_000_000;

  /** What sleeps longer does not see soon that it shall end. */
  private static final long LONGEST_SLEEP_NANOS = 50_000_000;

  private final AdWorld world;
  private final EventSchema schema;
  private final boolean clicksApart;
  private final AsciiRow row = new AsciiRow();
  private final PriorityQueue<Click> clicks =
      new PriorityQueue<>(Comparator.comparingLong(Click::time).thenComparingLong(Click::id));
  private long impressions;
  private boolean pending;

  /** A click to come. */
  private record Click(long time, long id) {}

  /**
   * Begins a stream.
   *
   * @param options which one
   */
  public AdStream(AdOptions options) {
    this.world = new AdWorld(options);
    this.clicksApart = options.clicksApart();
    String columns = clicksApart ? "time,event,id,probability," : "time,label,probability,";
    this.schema = EventSchema.parse(columns + Field.format(world.fields()));
  }

  /**
   * The columns.
   *
   * @return what the header says
   */
  public EventSchema schema() {
    return schema;
  }

  /**
   * Writes the header.
   *
   * @param out receives the line
   * @throws IOException if writing fails
   */
  public void writeHeader(OutputStream out) throws IOException {
    row.put(schema.toString()).end(out);
  }

  /**
   * Writes the next row.
   *
   * @param out receives the line
   * @throws IOException if writing fails
   */
  public void writeRow(OutputStream out) throws IOException {
    if (!pending) {
      world.next();
      pending = true;
    }
    Click click = clicks.peek();
    if (click != null && click.time < world.time()) {
      clicks.remove();
      row.put(click.time).put(",click,").put(click.id).comma();
      for (int i = 0; i < schema.fields().size(); i++) {
        row.comma();
      }
    } else {
      pending = false;
      writeImpression();
    }
    row.end(out);
  }

  private void writeImpression() {
    row.put(world.time());
    if (clicksApart) {
      impressions++;
      row.put(",impression,").put(impressions);
      if (world.isClicked()) {
        clicks.add(new Click(world.clickTime(), impressions));
      }
    } else {
      row.put(world.isClicked() ? ",1" : ",0");
    }
    row.comma().putMillionths(world.probability());
    world.writeFields(row);
  }

  /**
   * Writes the header and rows, and flushes at least ten times a second: whole lines, so that one
   * who reads along sees them soon.
   *
   * @param out receives them; not closed
   * @param rows how many, or 0 for ever more
   * @param rowsASecond how many a second at most, or 0 for as many as can be
   * @param stop asked between rows
   * @return how many rows were written: fewer if it was stopped
   * @throws IOException if writing fails
   */
  public long write(OutputStream out, long rows, double rowsASecond, BooleanSupplier stop)
      throws IOException {
    BufferedOutputStream lines = new WholeLines(out);
    writeHeader(lines);
    lines.flush();
    long start = System.nanoTime();
    long flushed = start;
    long written = 0;
    for (; (rows == 0 || written < rows) && !stop.getAsBoolean(); written++) {
      long now = System.nanoTime();
      long due = rowsASecond > 0 ? start + (long) (written / rowsASecond * 1e9) : now;
      if (due > now || now - flushed >= FLUSH_NANOS) {
        lines.flush();
        flushed = now;
      }
      while (due > now && !stop.getAsBoolean()) {
        LockSupport.parkNanos(this, Math.min(due - now, LONGEST_SLEEP_NANOS));
        now = System.nanoTime();
      }
      writeRow(lines);
    }
    lines.flush();
    return written;
  }

  /** Hands on whole lines only: each write is one. */
  private static final class WholeLines extends BufferedOutputStream {
    WholeLines(OutputStream out) {
      super(out, 1 << 16);
    }

    @Override
    public synchronized void write(byte[] line, int from, int length) throws IOException {
      if (length > buf.length - count) {
        flush();
      }
      super.write(line, from, length);
    }
  }
}
