package femto.tools.train;

import femto.learn.LearnerOptions.L2;
import femto.tools.evaluate.Split;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** What a {@link RecipeSearch} has to know of a kind of recipe. Safe to use by several threads. */
interface SearchedRecipes<R> {
  MathContext DIGITS = new MathContext(3);

  /** The same recipe with other numbers. */
  R vary(R from, double deviation, RandomGenerator random);

  /**
   * Trains on a cut and tests on what was cut off.
   *
   * @param repeat is added to the recipe's seed
   * @return the figure; NaN if learning diverged
   */
  double measure(R recipe, int repeat, Split cut);

  /** The numbers that are varied, as options of the command line. */
  String describe(R recipe);

  /** A factor whose logarithm is Gaussian. */
  static double factor(double deviation, RandomGenerator random) {
    return Math.exp(random.nextGaussian() * deviation);
  }

  /** Each penalty times a factor. */
  static Map<String, L2> vary(Map<String, L2> from, double deviation, RandomGenerator random) {
    Map<String, L2> varied = new TreeMap<>();
    from.forEach(
        (field, penalty) ->
            varied.put(
                field,
                new L2(
                    penalty.linear() * factor(deviation, random),
                    penalty.factors() * factor(deviation, random))));
    return varied;
  }

  static String describe(Map<String, L2> penalties, ToDoubleFunction<L2> part) {
    return penalties.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + digits(part.applyAsDouble(entry.getValue())))
        .collect(Collectors.joining(","));
  }

  /** Three of them, as people write them. */
  static String digits(double value) {
    return new BigDecimal(value).round(DIGITS).stripTrailingZeros().toPlainString();
  }
}
