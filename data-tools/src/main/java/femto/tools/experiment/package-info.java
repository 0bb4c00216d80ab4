/**
 * A/B tests: who sees which variant, how many it takes, whether they differ, and whether the
 * numbers can be believed.
 */
@NullMarked
package femto.tools.experiment;

import org.jspecify.annotations.NullMarked;
