/**
 * The contract of the kernels and its plain implementation. Not exported: callers use the classes
 * of {@link femto.kernels}, which check arguments.
 */
@NullMarked
package femto.kernels.impl;

import org.jspecify.annotations.NullMarked;
