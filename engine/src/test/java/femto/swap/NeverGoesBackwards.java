package femto.swap;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * No lease sees a version older than one that a lease before it has seen, whether of the same
 * reader or of another: here one reader, then another, then the first again.
 */
@JCStressTest
@State
@Outcome(
    id = {
      "0, 0, 0", "0, 0, 1", "0, 0, 2", "0, 1, 1", "0, 1, 2", "0, 2, 2", "1, 1, 1", "1, 1, 2",
      "1, 2, 2", "2, 2, 2"
    },
    expect = ACCEPTABLE,
    desc = "ascending")
@Outcome(expect = FORBIDDEN, desc = "a lease saw an older version than the one before it")
public class NeverGoesBackwards {
  private final Publication<Version> publication;
  private final ReaderSlot<Version> one;
  private final ReaderSlot<Version> other;

  public NeverGoesBackwards() {
    this(Publication::new);
  }

  NeverGoesBackwards(Mutants.Factory factory) {
    publication = factory.create(new Version(0), 2, version -> {});
    one = publication.open("one");
    other = publication.open("other");
  }

  @Actor
  public void readers(III_Result result) {
    result.r1 = one.acquire().base;
    one.release();
    result.r2 = other.acquire().base;
    other.release();
    result.r3 = one.acquire().base;
    one.release();
  }

  @Actor
  public void writer() {
    publication.publish(new Version(1));
    publication.publish(new Version(2));
  }

  @JCStressTest
  @State
  public static class TwoCopies extends NeverGoesBackwards {
    public TwoCopies() {
      super(Mutants.TwoCopies::new);
    }

    @Override
    @Actor
    public void readers(III_Result result) {
      super.readers(result);
    }

    @Override
    @Actor
    public void writer() {
      super.writer();
    }
  }
}
