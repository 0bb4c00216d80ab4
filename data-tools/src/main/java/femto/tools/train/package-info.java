/**
 * From a data set to a model: which features a model gets, the examples it learns from, the
 * settings that are known to work, cross-validation and the search that found them.
 */
@NullMarked
package femto.tools.train;

import org.jspecify.annotations.NullMarked;
