/**
 * Factorization machines learned one weight at a time, over relational blocks: alternating least
 * squares, and Gibbs sampling, which learns how much to regularise and averages many models instead
 * of settling for one.
 *
 * <p>A feature that many examples share is stored, and stepped on, once a row of its block and not
 * once an example (Rendle, "Scaling Factorization Machines to Relational Data", VLDB 2013). One
 * seed gives one chain to the last bit; nothing here starts a thread.
 */
@NullMarked
package femto.learn.blocks;

import org.jspecify.annotations.NullMarked;
