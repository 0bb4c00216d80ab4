package femto.bench.learn;

import femto.learn.Optimizer;
import java.io.IOException;
import java.util.Arrays;
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
   *     AdaGrad begin at
   */
  record Setting(double stepSize, double damping) {
    /** With 1, or for optimizers that have no damping. */
    static List<Setting> steps(double... stepSizes) {
      return Arrays.stream(stepSizes).mapToObj(stepSize -> new Setting(stepSize, 1)).toList();
    }

    /** The same for every engine's FTRL. */
    static List<Setting> ofFtrl() {
      return List.of(
          new Setting(0.01, 1),
          new Setting(0.02, 1),
          new Setting(0.03, 1),
          new Setting(0.05, 1),
          new Setting(0.02, 3),
          new Setting(0.03, 3),
          new Setting(0.04, 5),
          new Setting(0.03, 10),
          new Setting(0.05, 10));
    }

    @Override
    public String toString() {
      return "step " + stepSize + (damping == 1 ? "" : ", damping " + damping);
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
