package femto.swap;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Whatever readers do meanwhile, a lease after publish has returned sees what was published: first
 * what a lease at the same time saw, then what one afterwards saw.
 */
@JCStressTest
@State
@Outcome(
    id = {"0, 1", "1, 1"},
    expect = ACCEPTABLE,
    desc = "seen in the end")
@Outcome(expect = FORBIDDEN, desc = "a publish was lost")
public class NeverLosesAPublish {
  private final Publication<Version> publication;
  private final ReaderSlot<Version> reader;

  public NeverLosesAPublish() {
    this(Publication::new);
  }

  NeverLosesAPublish(Mutants.Factory factory) {
    publication = factory.create(new Version(0), 1, version -> {});
    reader = publication.open("reader");
  }

  @Actor
  public void reader(II_Result result) {
    result.r1 = reader.acquire().base;
    reader.release();
  }

  @Actor
  public void writer() {
    publication.publish(new Version(1));
    publication.reclaim();
  }

  @Arbiter
  public void afterwards(II_Result result) {
    result.r2 = reader.acquire().base;
    reader.release();
  }

  @JCStressTest
  @State
  public static class PuttingOffUnderALease extends NeverLosesAPublish {
    public PuttingOffUnderALease() {
      super(Mutants.PuttingOffUnderALease::new);
    }

    @Override
    @Actor
    public void reader(II_Result result) {
      super.reader(result);
    }

    @Override
    @Actor
    public void writer() {
      super.writer();
    }

    @Override
    @Arbiter
    public void afterwards(II_Result result) {
      super.afterwards(result);
    }
  }
}
