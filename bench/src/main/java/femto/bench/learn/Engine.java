package femto.bench.learn;

import femto.learn.Optimizer;
import java.io.IOException;

/** What learns a factorization machine of rows of {@link Clicks}. */
interface Engine {
  /** Its name on the page. */
  String name();

  /** How it makes steps. */
  Optimizer optimizer();

  /** Step sizes that are tried on a part of the training rows. */
  double[] stepSizes();

  /**
   * Learns, and predicts rows that it has not learned from.
   *
   * @param clicks training rows, and test rows
   * @param stepSize one of {@link #stepSizes}
   * @param passes over the training rows
   * @throws femto.bench.peer.MissingPeerException if it is not on this machine
   */
  Learned learn(Clicks clicks, double stepSize, int passes) throws IOException;

  /**
   * What came of it.
   *
   * @param seconds that learning took, without reading and predicting
   * @param logLoss mean of the test rows
   */
  record Learned(double seconds, double logLoss) {}
}
