/** Tables and queries to measure with: made up, but of known shape, and the same for every seed. */
@NullMarked
package femto.bench.data;

import org.jspecify.annotations.NullMarked;
