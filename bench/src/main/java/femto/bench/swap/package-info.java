/**
 * The measuring set of the hot swap: what a lease costs, what requests notice of a trainer that
 * publishes, what publishing costs, how much memory it takes, and whether reads are torn. Beside
 * it, in the same run, other ways of giving the same service ({@link
 * femto.bench.swap.LockedReplacement}, {@link femto.bench.swap.SynchronizedInPlace}, {@link
 * femto.bench.swap.FreshMemory}).
 */
@NullMarked
package femto.bench.swap;

import org.jspecify.annotations.NullMarked;
