package femto.bench.learn;

import femto.bench.learn.Engine.Learned;
import femto.bench.learn.Engine.Setting;
import femto.bench.peer.MissingPeerException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Engines beside one another after the same numbers of passes over the same rows. Each has, for
 * each number, the best of its own settings by a part of the training rows.
 */
final class LossAfterPasses {
  private LossAfterPasses() {}

  /**
   * How an engine did.
   *
   * @param engine which
   * @param settings that were chosen for 1, 2, ... passes
   * @param afterPasses what it reached after 1, 2, ... passes, each begun anew
   */
  record Course(Engine engine, List<Setting> settings, List<Learned> afterPasses) {
    Setting setting(int passes) {
      return settings.get(passes - 1);
    }

    Learned after(int passes) {
      return afterPasses.get(passes - 1);
    }

    /** Examples a second of the longest training. */
    double rate(int rows) {
      return (double) afterPasses.size() * rows / afterPasses.getLast().seconds();
    }
  }

  /**
   * What came of it.
   *
   * @param courses of the engines that are on this machine
   * @param missing why others are not
   */
  record Outcome(List<Course> courses, Map<String, String> missing) {
    Course of(String name) {
      return courses.stream()
          .filter(course -> course.engine().name().equals(name))
          .findFirst()
          .orElseThrow(
              () -> new MissingPeerException(missing.getOrDefault(name, name + " is missing")));
    }
  }

  static Outcome measure(Clicks clicks, Clicks tuning, int passes, List<Engine> engines)
      throws IOException {
    List<Course> courses = new ArrayList<>();
    Map<String, String> missing = new LinkedHashMap<>();
    for (Engine engine : engines) {
      try {
        List<Learned> after = new ArrayList<>();
        List<Setting> chosen = new ArrayList<>();
        for (int pass = 1; pass <= passes; pass++) {
          Setting setting = best(engine, tuning, pass);
          chosen.add(setting);
          after.add(engine.learn(clicks, setting, pass));
        }
        courses.add(new Course(engine, List.copyOf(chosen), List.copyOf(after)));
      } catch (MissingPeerException e) {
        missing.put(engine.name(), e.getMessage());
      }
    }
    return new Outcome(List.copyOf(courses), Map.copyOf(missing));
  }

  private static Setting best(Engine engine, Clicks tuning, int passes) throws IOException {
    double least = Double.POSITIVE_INFINITY;
    Setting chosen = engine.settings().getFirst();
    for (Setting setting : engine.settings()) {
      double loss = engine.learn(tuning, setting, passes).logLoss();
      if (loss < least) {
        least = loss;
        chosen = setting;
      }
    }
    return chosen;
  }
}
