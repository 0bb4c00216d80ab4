/**
 * Recommenders that know nothing but who liked what: what a factorization machine has to be better
 * than.
 */
@NullMarked
package femto.tools.baseline;

import org.jspecify.annotations.NullMarked;
