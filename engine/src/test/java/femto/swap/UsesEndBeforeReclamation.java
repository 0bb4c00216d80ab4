package femto.swap;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * What a lease reads by plain loads, it has read before the version is given back: the reclaimer
 * overwrites the version by plain stores, and no lease sees it.
 */
@JCStressTest
@State
@Outcome(
    id = {"0, 0", "1, 1"},
    expect = ACCEPTABLE,
    desc = "a version in use")
@Outcome(expect = FORBIDDEN, desc = "a lease saw what its version became after it was given back")
public class UsesEndBeforeReclamation {
  private final Publication<Version> publication;
  private final ReaderSlot<Version> reader;

  public UsesEndBeforeReclamation() {
    this(Publication::new);
  }

  UsesEndBeforeReclamation(Mutants.Factory factory) {
    publication = factory.create(new Version(0), 1, Version::poison);
    reader = publication.open("reader");
  }

  @Actor
  public void reader(II_Result result) {
    Version version = reader.acquire();
    result.r1 = version.base;
    for (int i = 0; i < 3; i++) {
      Thread.onSpinWait(); // so that the writer often meets an open lease
    }
    result.r2 = version.overlay;
    reader.release();
  }

  @Actor
  public void writer() {
    publication.publish(new Version(1));
    publication.reclaim();
  }

  @JCStressTest
  @State
  public static class NotLookingAtSlots extends UsesEndBeforeReclamation {
    public NotLookingAtSlots() {
      super(Mutants.NotLookingAtSlots::new);
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
  }
}
