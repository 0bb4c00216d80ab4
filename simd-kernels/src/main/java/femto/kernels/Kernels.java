package femto.kernels;

import femto.kernels.impl.KernelChoice;
import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import femto.kernels.impl.ScalarSteps;
import femto.kernels.impl.StepSupport;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Which implementation of the kernels this JVM uses. It is chosen once: vectors of the processor's
 * full width where the module {@code jdk.incubator.vector} is present, otherwise scalar code. All
 * give the same answers, bit for bit.
 *
 * <p>{@code -Dfemto.kernels=scalar|128|256|512|auto} forces it. What was chosen is logged once by
 * the logger {@code femto.kernels}: at level DEBUG, or at level INFO with what to do about it where
 * the fast one was wanted and is not there.
 */
public final class Kernels {
  private static final Logger LOGGER = System.getLogger("femto.kernels");
  private static final String VECTOR_CLASS = "femto.kernels.vector.VectorKernels";
  private static final String VECTOR_STEPS_CLASS = "femto.kernels.vector.VectorSteps";

  /** The implementation in use. */
  static final KernelSupport SUPPORT = choose(KernelChoice.ASKED);

  /** Steps of the same kind. */
  static final StepSupport STEPS = steps(SUPPORT instanceof ScalarKernels);

  private Kernels() {}

  /**
   * The implementation in use.
   *
   * @return {@code scalar}, or {@code vector} and the width in bits
   */
  public static String implementation() {
    return SUPPORT.name();
  }

  private static StepSupport steps(boolean scalar) {
    if (scalar) {
      return new ScalarSteps();
    }
    try {
      return Class.forName(VECTOR_STEPS_CLASS)
          .asSubclass(StepSupport.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException absent) {
      throw new IllegalStateException(
          VECTOR_STEPS_CLASS + " is not beside " + VECTOR_CLASS, absent);
    }
  }

  private static KernelSupport choose(KernelChoice choice) {
    if (choice.isScalar()) {
      return chosen(new ScalarKernels());
    }
    try {
      return chosen(
          Class.forName(VECTOR_CLASS)
              .asSubclass(KernelSupport.class)
              .getDeclaredConstructor()
              .newInstance());
    } catch (ReflectiveOperationException | LinkageError absent) {
      if (!choice.isAuto()) {
        throw new IllegalStateException(
            "-D"
                + KernelChoice.PROPERTY
                + "="
                + choice.value()
                + " needs the Vector API; start the JVM with --add-modules jdk.incubator.vector",
            absent);
      }
      LOGGER.log(
          Level.INFO,
          "scalar kernels, several times slower than vectors;"
              + " start the JVM with --add-modules jdk.incubator.vector to have the fast ones");
      return new ScalarKernels();
    }
  }

  private static KernelSupport chosen(KernelSupport support) {
    LOGGER.log(Level.DEBUG, "{0} kernels", support.name());
    return support;
  }
}
