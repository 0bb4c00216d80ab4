package femto.bench.learn;

import femto.learn.Optimizer;
import java.io.IOException;
import java.util.List;

/** What learns a factorization machine of rows of {@link Clicks}. */
interface Engine {
  /** Its name on the page. */
  String name();

  /** How it makes steps. */
  Optimizer optimizer();

  /** What is tried on a part of the training rows. */
  List<Setting> settings();

  /**
   * Learns, and predicts rows that it has not learned from.
   *
   * @param clicks training rows, and test rows
   * @param setting one of {@link #settings}
   * @param passes over the training rows
   * @throws femto.bench.peer.MissingPeerException if it is not on this machine
   */
  Learned learn(Clicks clicks, Setting setting, int passes) throws IOException;

  /**
   * How large steps are.
   *
   * @param stepSize step size, the alpha of FTRL
   * @param damping what keeps the first steps small: FTRL's beta, or what the sums of Femto's
   *     AdaGrad begin at; 1 where there is none
   * @param l2 strength of the L2 penalty on all weights of features
   */
  record Setting(double stepSize, double damping, double l2) {
    /** The same for every engine's SGD. */
    static List<Setting> ofSgd() {
      return List.of(
          new Setting(0.001, 1, 0),
          new Setting(0.002, 1, 0),
          new Setting(0.003, 1, 0),
          new Setting(0.005, 1, 0),
          new Setting(0.002, 1, 0.01),
          new Setting(0.003, 1, 0.003),
          new Setting(0.003, 1, 0.01),
          new Setting(0.005, 1, 0.01));
    }

    /** The same for every engine's FTRL. */
    static List<Setting> ofFtrl() {
      return List.of(
          new Setting(0.01, 1, 0),
          new Setting(0.02, 1, 0),
          new Setting(0.03, 1, 0),
          new Setting(0.05, 1, 0),
          new Setting(0.02, 3, 0),
          new Setting(0.03, 3, 0),
          new Setting(0.04, 5, 0),
          new Setting(0.03, 10, 0),
          new Setting(0.05, 10, 0));
    }

    @Override
    public String toString() {
      return "step "
          + stepSize
          + (damping == 1 ? "" : ", damping " + damping)
          + (l2 == 0 ? "" : ", L2 " + l2);
    }
  }

  /**
   * What came of it.
   *
   * @param seconds that learning took, without reading and predicting
   * @param logLoss mean of the test rows
   */
  record Learned(double seconds, double logLoss) {}
}
