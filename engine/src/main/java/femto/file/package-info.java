/**
 * Files that can be trusted: the safetensors container that models and data sets share, and writing
 * a file so that it is whole or not there.
 *
 * <p>{@code engine/docs/model-file.md} is the specification.
 */
@NullMarked
package femto.file;

import org.jspecify.annotations.NullMarked;
