/** A world of advertising whose truth is known and moves, and the stream of its events. */
@NullMarked
package femto.tools.ads;

import org.jspecify.annotations.NullMarked;
