/**
 * Claims about learning while serving: how many events a second are learned, how soon a reader sees
 * what was learned, what following a truth that drifts is worth, and what becomes of it all when
 * processes are killed.
 */
@NullMarked
package femto.bench.online;

import org.jspecify.annotations.NullMarked;
