package femto.swap;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * An id that was appended before a version was published is found by whoever sees this version, and
 * an index that is found, or is below the size, has its id.
 */
@JCStressTest
@State
@Outcome(
    id = {"0, -1, -1", "0, 1, 42", "1, 1, 42"},
    expect = ACCEPTABLE,
    desc = "the version is not out yet, and its id is there or not; or both are there")
@Outcome(expect = FORBIDDEN, desc = "a version without its id, or an index without its id")
public class FindsTheIdsOfAVersion {
  private final LongIds ids;
  private volatile int version;

  public FindsTheIdsOfAVersion() {
    this(new LongIds(new long[] {7}, new IdHash(1, 3)));
  }

  FindsTheIdsOfAVersion(LongIds ids) {
    this.ids = ids;
  }

  @Actor
  public void reader(III_Result result) {
    result.r1 = version;
    result.r2 = ids.index(42);
    result.r3 = result.r2 == ExternalIds.NONE ? -1 : (int) ids.longId(result.r2);
  }

  @Actor
  public void writer() {
    ids.indexOfOrAppend(42);
    version = 1;
  }

  /** The size is stored one too low, so the version comes without its newest id. */
  @JCStressTest
  @State
  public static class ShownLate extends FindsTheIdsOfAVersion {
    public ShownLate() {
      super(
          new LongIds(new long[] {7}, new IdHash(1, 3)) {
            @Override
            void show(int size) {
              super.show(size - 1);
            }
          });
    }

    @Override
    @Actor
    public void reader(III_Result result) {
      super.reader(result);
    }

    @Override
    @Actor
    public void writer() {
      super.writer();
    }
  }
}
