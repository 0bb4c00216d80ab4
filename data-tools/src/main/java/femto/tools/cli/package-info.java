/**
 * The command line: one class a subcommand. Nothing else in this module depends on it; the command
 * line of the benchmarks prints its tables and its progress in the same way.
 */
@NullMarked
package femto.tools.cli;

import org.jspecify.annotations.NullMarked;
