/**
 * The dictionary of a model that learns from a stream: values get rows as they come.
 *
 * <p>Uses {@code femto.file}, {@code femto.memory} and {@code femto.model} of the engine, and
 * Chronicle Map, which nothing else uses.
 */
@NullMarked
package femto.tools.dictionary;

import org.jspecify.annotations.NullMarked;
