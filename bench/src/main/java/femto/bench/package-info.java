/**
 * JMH benchmarks. Each measures what it does beside the plainest way of doing the same, and a test
 * holds its answers against the other's. Nothing depends on this module.
 */
@NullMarked
package femto.bench;

import org.jspecify.annotations.NullMarked;
