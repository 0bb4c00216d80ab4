/**
 * Learning from an event stream: features, candidates and weights that grow with it, published to a
 * directory that servers follow, and a checkpoint from which a restart goes on.
 */
@NullMarked
package femto.tools.online;

import org.jspecify.annotations.NullMarked;
