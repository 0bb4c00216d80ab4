package femto.swap;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The parts that a lease sees, base and overlay, are of one version. */
@JCStressTest
@State
@Outcome(
    id = {"0, 0", "1, 1"},
    expect = ACCEPTABLE,
    desc = "both parts of one version")
@Outcome(expect = FORBIDDEN, desc = "parts of two versions, or of none")
public class NeverMixesTwoVersions {
  private final Publication<Version> publication;
  private final ReaderSlot<Version> reader;

  public NeverMixesTwoVersions() {
    this(Publication::new);
  }

  NeverMixesTwoVersions(Mutants.Factory factory) {
    publication = factory.create(new Version(0), 1, version -> {});
    reader = publication.open("reader");
  }

  @Actor
  public void reader(II_Result result) {
    Version version = reader.acquire();
    result.r1 = version.base;
    result.r2 = version.overlay;
    reader.release();
  }

  @Actor
  public void writer() {
    publication.publish(new Version(1));
  }

  @JCStressTest
  @State
  public static class OverlayBeforeBase extends NeverMixesTwoVersions {
    public OverlayBeforeBase() {
      super(Mutants.OverlayBeforeBase::new);
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
