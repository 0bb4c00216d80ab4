/**
 * Ways of scanning that lost against what the product does, kept so that they can be run again. The
 * note {@code bench/docs/alternatives.md} has their figures and says what bounds them.
 */
@NullMarked
package femto.bench.alternatives;

import org.jspecify.annotations.NullMarked;
