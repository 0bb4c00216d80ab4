/**
 * What a model is: fields and their values, weights, the model file, and folding.
 *
 * <p>For a fixed context c the score of candidate i is {@code K_c + b_i + <q_c, s_i>}. Everything
 * that scores or ranks sees only these four: {@link femto.model.FoldedContext} holds K and q,
 * {@link femto.model.FoldedCandidates} holds b and s.
 */
@NullMarked
package femto.model;

import org.jspecify.annotations.NullMarked;
