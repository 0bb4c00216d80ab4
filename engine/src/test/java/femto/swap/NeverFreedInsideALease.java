package femto.swap;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A version is not given back while a lease of it is open. The lease is never released here, so
 * that it is open whenever the writer reclaims, and one outcome decides: first the version of the
 * lease, then how many versions were given back.
 */
@JCStressTest
@State
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "version 0 is leased and held")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "version 1 is leased, 0 was given back")
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "version 1 is leased under epoch 0")
@Outcome(id = "0, 1", expect = FORBIDDEN, desc = "version 0 was freed inside its lease")
public class NeverFreedInsideALease {
  private final Publication<Version> publication;
  private final ReaderSlot<Version> reader;
  private int givenBack;

  public NeverFreedInsideALease() {
    this(Publication::new);
  }

  NeverFreedInsideALease(Mutants.Factory factory) {
    publication = factory.create(new Version(0), 1, version -> givenBack++);
    reader = publication.open("reader");
  }

  @Actor
  public void reader(II_Result result) {
    result.r1 = reader.acquire().base;
  }

  @Actor
  public void writer(II_Result result) {
    publication.publish(new Version(1));
    publication.reclaim();
    result.r2 = givenBack;
  }

  @JCStressTest
  @State
  public static class WithoutFence extends NeverFreedInsideALease {
    public WithoutFence() {
      super(Mutants.WithoutFence::new);
    }

    @Override
    @Actor
    public void reader(II_Result result) {
      super.reader(result);
    }

    @Override
    @Actor
    public void writer(II_Result result) {
      super.writer(result);
    }
  }

  @JCStressTest
  @State
  public static class NotLookingAtSlots extends NeverFreedInsideALease {
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
    public void writer(II_Result result) {
      super.writer(result);
    }
  }

  @JCStressTest
  @State
  public static class EpochBeforeVersion extends NeverFreedInsideALease {
    public EpochBeforeVersion() {
      super(Mutants.EpochBeforeVersion::new);
    }

    @Override
    @Actor
    public void reader(II_Result result) {
      super.reader(result);
    }

    @Override
    @Actor
    public void writer(II_Result result) {
      super.writer(result);
    }
  }
}
