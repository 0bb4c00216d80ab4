/**
 * Learning from a stream of events while the model serves: producers put events into a ring buffer,
 * one agent takes them out, learns, and publishes what has changed.
 *
 * <p>Uses Agrona, which nothing else in the engine does: whoever uses this package adds {@code
 * org.agrona:agrona} to his dependencies and {@code --add-exports
 * java.base/jdk.internal.misc=ALL-UNNAMED} to his JVM's flags ({@code =org.agrona} on the module
 * path).
 */
@NullMarked
package femto.learn.online;

import org.jspecify.annotations.NullMarked;
