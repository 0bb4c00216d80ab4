/**
 * Metrics from event logs: what was shown, clicked, watched and bought, what that comes to, and
 * what is broken in the log.
 *
 * <p>{@code data-tools/docs/traffic.md} is the specification of the log, of every metric and of
 * every kind of broken row.
 */
@NullMarked
package femto.tools.traffic;

import org.jspecify.annotations.NullMarked;
