package femto.swap;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lincheck runs random short programs of one writer and two readers under systematically chosen
 * interleavings of the protocol's steps, and looks for results that no order of the same operations
 * gives on {@link Sequential}.
 *
 * <p>It explores sequentially consistent executions alone, so a missing fence is beyond it: that is
 * what {@link NeverFreedInsideALease} is for.
 */
@Tag("once")
class PublicationLincheckTest {
  /** The operations on the real publication. */
  public static class Real {
    private final Publication<Version> publication;
    private final List<ReaderSlot<Version>> readers = new ArrayList<>();
    private final @Nullable Version[] leased = new @Nullable Version[2];
    private int published;

    public Real() {
      this(Publication::new);
    }

    Real(Mutants.Factory factory) {
      publication = factory.create(new Version(0), 2, Version::poison);
      readers.add(publication.open("first"));
      readers.add(publication.open("second"));
    }

    @Operation(nonParallelGroup = "writer")
    public long publishAndReclaim() {
      long number = publication.publish(new Version(++published));
      publication.reclaim();
      return number;
    }

    @Operation(nonParallelGroup = "first reader")
    public String leaseFirst() {
      return lease(0);
    }

    @Operation(nonParallelGroup = "first reader")
    public String readFirst() {
      return String.valueOf(leased[0]);
    }

    @Operation(nonParallelGroup = "second reader")
    public String leaseSecond() {
      return lease(1);
    }

    @Operation(nonParallelGroup = "second reader")
    public String readSecond() {
      return String.valueOf(leased[1]);
    }

    /** Ends the reader's lease, if it has one, and begins another. */
    private String lease(int reader) {
      if (leased[reader] != null) {
        readers.get(reader).release();
      }
      leased[reader] = readers.get(reader).acquire();
      return String.valueOf(leased[reader]);
    }
  }

  /** What the operations give one after the other: a variable, and what each reader read of it. */
  public static class Sequential {
    private int current;
    private final String[] leased = {"null", "null"};

    public long publishAndReclaim() {
      return ++current;
    }

    public String leaseFirst() {
      return lease(0);
    }

    public String readFirst() {
      return leased[0];
    }

    public String leaseSecond() {
      return lease(1);
    }

    public String readSecond() {
      return leased[1];
    }

    private String lease(int reader) {
      leased[reader] = "Version(" + current + ", " + current + ")";
      return leased[reader];
    }
  }

  public static class LookingBeforeAnnouncing extends Real {
    public LookingBeforeAnnouncing() {
      super(Mutants.LookingBeforeAnnouncing::new);
    }
  }

  public static class NotLookingAtSlots extends Real {
    public NotLookingAtSlots() {
      super(Mutants.NotLookingAtSlots::new);
    }
  }

  public static class EpochBeforeVersion extends Real {
    public EpochBeforeVersion() {
      super(Mutants.EpochBeforeVersion::new);
    }
  }

  public static class OverlayBeforeBase extends Real {
    public OverlayBeforeBase() {
      super(Mutants.OverlayBeforeBase::new);
    }
  }

  public static class TwoCopies extends Real {
    public TwoCopies() {
      super(Mutants.TwoCopies::new);
    }
  }

  public static class PuttingOffUnderALease extends Real {
    public PuttingOffUnderALease() {
      super(Mutants.PuttingOffUnderALease::new);
    }
  }

  private static void check(Class<?> implementation) {
    new ModelCheckingOptions()
        .sequentialSpecification(Sequential.class)
        .threads(3)
        .actorsBefore(0)
        .actorsPerThread(3)
        .actorsAfter(0)
        .iterations(10)
        .invocationsPerIteration(1_000)
        .checkObstructionFreedom(true)
        // Looks at the slots for the report only, so where it is interrupted makes no difference.
        .addGuarantee(
            forClasses(Publication.class.getName()).methods("noteStalledReaders").ignore())
        .minimizeFailedScenario(false)
        .check(implementation);
  }

  @Test
  void shouldGiveOnlyResultsThatAnOrderOfTheSameOperationsGives() {
    check(Real.class);
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        LookingBeforeAnnouncing.class,
        NotLookingAtSlots.class,
        EpochBeforeVersion.class,
        OverlayBeforeBase.class,
        TwoCopies.class,
        PuttingOffUnderALease.class
      })
  void shouldFindWhatAMutantDoesWrong(Class<?> mutant) {
    assertThatThrownBy(() -> check(mutant)).isInstanceOf(LincheckAssertionError.class);
  }
}
