package femto.bench.peer;

import java.util.Optional;

/** What a report says of the peers beside their figures. */
public final class Peers {
  private Peers() {}

  /**
   * The processor whose kernels OpenBLAS uses: it knows fewer processors than there are.
   *
   * @return such as Haswell; empty if there is no OpenBLAS
   */
  public static Optional<String> openBlasCore() {
    try {
      return Optional.of(OpenBlas.get().core());
    } catch (MissingPeerException e) {
      return Optional.empty();
    }
  }
}
