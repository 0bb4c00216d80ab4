/**
 * A model and its candidates, replaced in whole or in part under full load: {@link
 * femto.swap.LiveModel} publishes, {@link femto.swap.LiveScorer} reads. Versions go from one writer
 * to any number of wait-free readers, and their memory is used again when the last of them has let
 * go. The external ids of a catalogue, and sets of its candidates, which are bound to one numbering
 * of them. The file of a whole version.
 */
@NullMarked
package femto.swap;

import org.jspecify.annotations.NullMarked;
