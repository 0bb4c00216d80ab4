/**
 * How good a model is: splits of a data set, metrics, and evaluation under a protocol that is said
 * in words with every result.
 *
 * <p>A user is a context of the data set, a rating an example. Uses {@code femto.tools.data} for
 * what is measured and knows models only as {@link femto.tools.evaluate.Ranker}s or as arrays of
 * predictions.
 */
@NullMarked
package femto.tools.evaluate;

import org.jspecify.annotations.NullMarked;
