/**
 * Learning weights from examples: losses, step rules and the training loop.
 *
 * <p>Where examples come from is behind {@link femto.learn.ExampleSource}. One thread and one seed
 * give the same weights to the last bit.
 */
@NullMarked
package femto.learn;

import org.jspecify.annotations.NullMarked;
