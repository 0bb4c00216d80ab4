/** Serving while a trainer publishes: requests on a schedule, answers checked, times taken. */
@NullMarked
package femto.tools.live;

import org.jspecify.annotations.NullMarked;
