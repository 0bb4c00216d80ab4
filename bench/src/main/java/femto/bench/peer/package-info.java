/**
 * What Femto is measured beside: other ways of finding the K best inner products exactly. Each
 * stands in a class of its own and gets the same rows: the bias is one more column of the matrix,
 * at which every query has a one.
 */
@NullMarked
package femto.bench.peer;

import org.jspecify.annotations.NullMarked;
