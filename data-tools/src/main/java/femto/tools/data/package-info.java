/**
 * Data sets: reading the raw files of the field, generating worlds with a known truth, and the
 * folder of safetensors files that everything else reads.
 *
 * <p>{@code data-tools/docs/data-set.md} is the specification of that folder. May use the engine's
 * {@code femto.file} and {@code femto.model}, nothing else.
 */
@NullMarked
package femto.tools.data;

import org.jspecify.annotations.NullMarked;
