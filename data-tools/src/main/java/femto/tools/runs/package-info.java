/**
 * The log of what was tried: a line for each model that was trained or tested, with its data, its
 * parameters and what came of it.
 */
@NullMarked
package femto.tools.runs;

import org.jspecify.annotations.NullMarked;
