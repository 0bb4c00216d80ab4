/**
 * Online experiments that never met a customer: policies compete on arms whose rates are known, so
 * that what each costs is known too.
 */
@NullMarked
package femto.tools.simulate;

import org.jspecify.annotations.NullMarked;
