/**
 * Ranking in batch: the best candidates of a whole catalogue for every context, written to a file.
 */
@NullMarked
package femto.tools.rank;

import org.jspecify.annotations.NullMarked;
