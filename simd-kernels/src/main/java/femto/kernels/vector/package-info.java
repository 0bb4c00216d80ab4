/**
 * The kernels on the JDK's Vector API: the only package that uses {@code jdk.incubator.vector}.
 * Loaded by name, and only where that module is present.
 */
@NullMarked
package femto.kernels.vector;

import org.jspecify.annotations.NullMarked;
