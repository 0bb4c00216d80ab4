/** Claims about learning: speed beside the machine's limit, and loss and speed beside peers. */
@NullMarked
package femto.bench.learn;

import org.jspecify.annotations.NullMarked;
