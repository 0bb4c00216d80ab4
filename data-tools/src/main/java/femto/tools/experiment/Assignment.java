package femto.tools.experiment;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Which variant of an experiment a user sees: by a hash of the experiment's name and the user's id,
 * so that it is the same each time, on every machine, without a table; and so that two experiments
 * have nothing to do with one another.
 *
 * <p>The hash is SHA-256 of the name, a zero byte and the id, in UTF-8; its first 53 bits make a
 * number from 0 to 1, and the shares cut that into pieces, in their order. Immutable and
 * thread-safe.
 */
public final class Assignment {
  private static final int BITS = 53;
  private static final double TOLERANCE = 1e-9;

  private final byte[] salt;

  /** Upper ends of the pieces. */
  private final double[] ends;

  /**
   * Makes an experiment.
   *
   * @param experiment its name; another name is another assignment
   * @param shares part of the users that see each variant; they sum to 1 at most, and who is left
   *     over is in none
   * @throws IllegalArgumentException if a share is negative or they sum to more than 1
   */
  public Assignment(String experiment, double... shares) {
    this.salt = (experiment + '\0').getBytes(StandardCharsets.UTF_8);
    this.ends = new double[shares.length];
    double end = 0;
    for (int variant = 0; variant < shares.length; variant++) {
      if (!(shares[variant] >= 0)) {
        throw new IllegalArgumentException("share " + shares[variant] + ", expected 0 or more");
      }
      end += shares[variant];
      ends[variant] = end;
    }
    if (end > 1 + TOLERANCE) {
      throw new IllegalArgumentException(
          "shares " + Arrays.toString(shares) + ", expected to sum to at most 1");
    }
    if (end > 1 - TOLERANCE) {
      ends[ends.length - 1] = 1; // a rounding error leaves nobody out
    }
  }

  /**
   * The variant that a user sees.
   *
   * @param id the user's id
   * @return its number, from 0; -1 if the user is in none
   */
  public int variant(String id) {
    double place = place(id);
    for (int variant = 0; variant < ends.length; variant++) {
      if (place < ends[variant]) {
        return variant;
      }
    }
    return -1;
  }

  /** A number from 0 to below 1. */
  private double place(String id) {
    MessageDigest digest = sha256();
    digest.update(salt);
    digest.update(id.getBytes(StandardCharsets.UTF_8));
    long bits = ByteBuffer.wrap(digest.digest()).getLong() >>> (Long.SIZE - BITS);
    return bits / (double) (1L << BITS);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has it", e);
    }
  }
}
