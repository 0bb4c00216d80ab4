/** Benchmarks. */
@NullMarked
package femto.bench;

import org.jspecify.annotations.NullMarked;
