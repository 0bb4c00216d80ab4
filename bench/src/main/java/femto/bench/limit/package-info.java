/**
 * What the machine itself allows: the fastest of several ways of touching the bytes that a search
 * has to touch, with next to no work on them.
 */
@NullMarked
package femto.bench.limit;

import org.jspecify.annotations.NullMarked;
