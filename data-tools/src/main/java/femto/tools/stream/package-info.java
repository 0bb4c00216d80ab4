/**
 * Event streams: what has happened, a line an event, read as it is written.
 *
 * <p>{@code data-tools/docs/event-stream.md} is the specification of the format.
 */
@NullMarked
package femto.tools.stream;

import org.jspecify.annotations.NullMarked;
