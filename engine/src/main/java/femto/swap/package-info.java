/**
 * Handing versions from one writer to any number of wait-free readers, and knowing when the last of
 * them has let go of one.
 */
@NullMarked
package femto.swap;

import org.jspecify.annotations.NullMarked;
