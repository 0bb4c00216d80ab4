package femto.model;

/**
 * MurmurHash3, the 32-bit variant for x86 by Austin Appleby (public domain), whose values other
 * programs can compute too.
 */
final class Murmur3 {
  private static final int C1 = 0xcc9e2d51;
  private static final int C2 = 0x1b873593;

  private Murmur3() {}

  static int hash(int seed, byte[] data, int length) {
    int hash = seed;
    int blocks = length & ~3;
    for (int i = 0; i < blocks; i += 4) {
      int block =
          (data[i] & 0xff)
              | ((data[i + 1] & 0xff) << 8)
              | ((data[i + 2] & 0xff) << 16)
              | (data[i + 3] << 24);
      hash = Integer.rotateLeft(hash ^ scramble(block), 13) * 5 + 0xe6546b64;
    }
    int tail = 0;
    for (int i = length - 1; i >= blocks; i--) {
      tail = (tail << 8) | (data[i] & 0xff);
    }
    return mix(hash ^ scramble(tail) ^ length);
  }

  private static int scramble(int block) {
    return Integer.rotateLeft(block * C1, 15) * C2;
  }

  private static int mix(int hash) {
    int mixed = (hash ^ (hash >>> 16)) * 0x85ebca6b;
    mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2ae35;
    return mixed ^ (mixed >>> 16);
  }
}
