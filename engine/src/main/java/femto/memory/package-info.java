/**
 * Off-heap memory: aligned, zero-filled slabs with one owner each, on huge pages where the system
 * gives them.
 */
@NullMarked
package femto.memory;

import org.jspecify.annotations.NullMarked;
