/**
 * Recommenders side by side under the protocols of the field, each exactly as its project has it,
 * since a figure without its protocol says nothing.
 */
@NullMarked
package femto.tools.compare;

import org.jspecify.annotations.NullMarked;
