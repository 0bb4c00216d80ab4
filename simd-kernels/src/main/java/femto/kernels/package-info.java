/**
 * Table layouts, scoring loops and top-K selection over plain floats and byte offsets.
 *
 * <p>Nothing here knows what a model, a feature or a user is: a row is a bias and a run of factors,
 * a query is a run of factors, and a score is one chain of fused multiply-adds (see {@link
 * femto.kernels.RowScores}). The package uses {@code java.base} alone.
 */
@NullMarked
package femto.kernels;

import org.jspecify.annotations.NullMarked;
