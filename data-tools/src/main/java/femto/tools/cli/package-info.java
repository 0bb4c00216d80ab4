/** The command line: one class a subcommand. Nothing else depends on it. */
@NullMarked
package femto.tools.cli;

import org.jspecify.annotations.NullMarked;
