/**
 * Multi-armed bandits: which of a few arms (recommenders, models, layouts) serves a request,
 * learned from how those that they served have answered.
 *
 * <p>A {@link femto.policy.Bandit} has what is known of the arms; each thread asks a {@link
 * femto.policy.Chooser} of its own; a {@link femto.policy.Policy} says how to choose.
 */
@NullMarked
package femto.policy;

import org.jspecify.annotations.NullMarked;
