/**
 * Claims about speed: each says what is measured, beside what, and what the ratio should be. This
 * package runs the benchmarks that they name and prints what came out.
 */
@NullMarked
package femto.bench.report;

import org.jspecify.annotations.NullMarked;
