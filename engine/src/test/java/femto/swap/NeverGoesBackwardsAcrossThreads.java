package femto.swap;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A reader that has been told of a version by another reader gets that version or a newer one:
 * first what it was told, then what it got. Three threads, so it runs where there are three
 * processors; {@link NeverGoesBackwards} has the same on two.
 */
@JCStressTest
@State
@Outcome(
    id = {"0, 0", "0, 1", "1, 1"},
    expect = ACCEPTABLE,
    desc = "what was told or newer")
@Outcome(expect = FORBIDDEN, desc = "an older version than the other reader's")
public class NeverGoesBackwardsAcrossThreads {
  private final Publication<Version> publication;
  private final ReaderSlot<Version> teller;
  private final ReaderSlot<Version> told;
  private volatile int message;

  public NeverGoesBackwardsAcrossThreads() {
    this(Publication::new);
  }

  NeverGoesBackwardsAcrossThreads(Mutants.Factory factory) {
    publication = factory.create(new Version(0), 2, version -> {});
    teller = publication.open("teller");
    told = publication.open("told");
  }

  @Actor
  public void writer() {
    publication.publish(new Version(1));
  }

  @Actor
  public void teller() {
    message = teller.acquire().base;
    teller.release();
  }

  @Actor
  public void told(II_Result result) {
    for (int i = 0; i < 20 && message == 0; i++) {
      Thread.onSpinWait(); // so that it is often told
    }
    result.r1 = message;
    result.r2 = told.acquire().base;
    told.release();
  }

  @JCStressTest
  @State
  public static class TwoCopies extends NeverGoesBackwardsAcrossThreads {
    public TwoCopies() {
      super(Mutants.TwoCopies::new);
    }

    @Override
    @Actor
    public void writer() {
      super.writer();
    }

    @Override
    @Actor
    public void teller() {
      super.teller();
    }

    @Override
    @Actor
    public void told(II_Result result) {
      super.told(result);
    }
  }
}
