/** Scoring, ranking and explaining with a folded model. */
@NullMarked
package femto.score;

import org.jspecify.annotations.NullMarked;
