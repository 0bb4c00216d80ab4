/**
 * Reports that people look at: one HTML page each that needs nothing but itself, with tables,
 * plots, and the numbers behind each plot.
 */
@NullMarked
package femto.tools.report;

import org.jspecify.annotations.NullMarked;
