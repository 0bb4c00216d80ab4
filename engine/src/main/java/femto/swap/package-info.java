/**
 * Handing versions from one writer to any number of wait-free readers, and knowing when the last of
 * them has let go of one. The external ids of a catalogue, and sets of its candidates, which are
 * bound to one numbering of them.
 */
@NullMarked
package femto.swap;

import org.jspecify.annotations.NullMarked;
