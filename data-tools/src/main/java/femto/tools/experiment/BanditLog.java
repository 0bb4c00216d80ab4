package femto.tools.experiment;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import femto.file.MalformedFileException;
import femto.tools.experiment.OffPolicy.Estimate;
import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decisions among a few arms, each with the probability that it had and the reward that came of it,
 * and what they say of policies that choose each arm with a fixed probability.
 *
 * @param arms how many there are
 * @param chosen the arm of each decision, from 0
 * @param propensities with which it was chosen, above 0, at most 1
 * @param rewards what came of it
 */
public record BanditLog(int arms, int[] chosen, double[] propensities, double[] rewards) {
  /** As many as a bandit has. */
  private static final int MOST_ARMS = 1000;

  private static final int FOLDS = 2;

  /** Lines of another length are refused here, where the message can say which. */
  private static final CsvReader.CsvReaderBuilder CSV =
      CsvReader.builder()
          .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
          .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
          .allowUnclosedQuote(false);

  /**
   * Checks the numbers; takes no copies.
   *
   * @throws IllegalArgumentException if there are fewer than two arms or decisions, not as many of
   *     each, or one is out of its range
   */
  public BanditLog {
    require(arms >= 2 && arms <= MOST_ARMS, "arms=" + arms + ", expected 2 to " + MOST_ARMS);
    int n = chosen.length;
    require(
        n >= 2 && propensities.length == n && rewards.length == n,
        "%d arms, %d propensities and %d rewards, expected as many, and two or more"
            .formatted(n, propensities.length, rewards.length));
    for (int i = 0; i < n; i++) {
      require(
          chosen[i] >= 0 && chosen[i] < arms,
          "decision " + i + " has the arm " + chosen[i] + ", expected 0 to " + (arms - 1));
      require(
          propensities[i] > 0 && propensities[i] <= 1,
          "decision %d has the propensity %s, expected above 0, at most 1"
              .formatted(i, propensities[i]));
      require(
          Double.isFinite(rewards[i]),
          "decision " + i + " has the reward " + rewards[i] + ", expected a number");
    }
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }

  /**
   * Number of decisions.
   *
   * @return two or more
   */
  public int size() {
    return chosen.length;
  }

  /**
   * How often each arm was chosen: what the log supports.
   *
   * @return one number for each arm
   */
  public long[] counts() {
    long[] counts = new long[arms];
    for (int arm : chosen) {
      counts[arm]++;
    }
    return counts;
  }

  // ---- Fixed policies ----

  /**
   * Inverse propensity scores of a policy that chooses each arm with a fixed probability.
   *
   * @param mix the probabilities
   * @param clip largest weight; infinity cuts none
   * @return the estimate
   */
  public Estimate ips(double[] mix, double clip) {
    return OffPolicy.ips(rewards, propensities, probabilities(mix), clip);
  }

  /**
   * The same, self-normalised.
   *
   * @param mix the probabilities
   * @param clip largest weight; infinity cuts none
   * @return the estimate; NaN if the log has no decision of the policy
   */
  public Estimate selfNormalised(double[] mix, double clip) {
    return OffPolicy.selfNormalised(rewards, propensities, probabilities(mix), clip);
  }

  /**
   * The doubly robust estimate, with the mean reward of each arm as the model. It is cross-fitted:
   * the model of the decisions of even numbers is fitted on those of odd numbers, and the other way
   * round. An arm that the other half has not has the mean of all of that half. So a log whose arms
   * take turns, which no random policy writes, is none for this estimate.
   *
   * @param mix the probabilities
   * @param clip largest weight; infinity cuts none
   * @return the estimate
   */
  public Estimate doublyRobust(double[] mix, double clip) {
    double[] probabilities = probabilities(mix);
    double[] predictions = new double[size()];
    double[] means = new double[size()];
    for (int fold = 0; fold < FOLDS; fold++) {
      double[] model = meanRewards(fold ^ 1);
      double mean = 0;
      for (int arm = 0; arm < arms; arm++) {
        mean += mix[arm] * model[arm];
      }
      for (int i = fold; i < size(); i += FOLDS) {
        predictions[i] = model[chosen[i]];
        means[i] = mean;
      }
    }
    return OffPolicy.doublyRobust(rewards, propensities, probabilities, predictions, means, clip);
  }

  /** Of every other decision, from one of them on. */
  private double[] meanRewards(int first) {
    double[] sums = new double[arms];
    long[] counts = new long[arms];
    for (int i = first; i < size(); i += FOLDS) {
      sums[chosen[i]] += rewards[i];
      counts[chosen[i]]++;
    }
    double mean = Arrays.stream(sums).sum() / Arrays.stream(counts).sum();
    double[] means = new double[arms];
    Arrays.setAll(means, arm -> counts[arm] == 0 ? mean : sums[arm] / counts[arm]);
    return means;
  }

  /** Of what was chosen, under another policy. */
  private double[] probabilities(double[] mix) {
    require(mix.length == arms, mix.length + " probabilities, expected one for each arm: " + arms);
    double[] probabilities = new double[size()];
    Arrays.setAll(probabilities, i -> mix[chosen[i]]);
    return probabilities;
  }

  // ---- Reading ----

  /** Where the columns stand; -1 for no policy. */
  private record Columns(int count, int policy, int arm, int propensity, int reward) {
    static Columns of(Path file, CsvRecord header) throws MalformedFileException {
      List<String> names = header.getFields();
      for (int i = 0; i < names.size(); i++) {
        if (names.indexOf(names.get(i)) != i) {
          throw malformed(file, header, "column \"" + names.get(i) + "\" stands twice");
        }
      }
      for (String name : List.of("arm", "propensity", "reward")) {
        if (!names.contains(name)) {
          throw malformed(
              file,
              header,
              "no column \"" + name + "\" in " + names + ", expected arm, propensity and reward");
        }
      }
      return new Columns(
          names.size(),
          names.indexOf("policy"),
          names.indexOf("arm"),
          names.indexOf("propensity"),
          names.indexOf("reward"));
    }
  }

  /**
   * Reads a CSV file (UTF-8, comma, RFC 4180 quotes) whose first line names the columns {@code
   * arm}, {@code propensity} and {@code reward}, in any order and among others; a column {@code
   * policy} says whose decision a line is. Decisions are in the order of the lines.
   *
   * @param file the file
   * @param policy whose decisions are taken; null takes all, if they are one policy's
   * @param arms how many there are; 0 takes the highest that was chosen, and those before it
   * @return the decisions
   * @throws MalformedFileException if a column is missing, a number is out of its range, or it is
   *     not plain whose decisions are meant
   * @throws IOException if the file cannot be read
   */
  public static BanditLog readCsv(Path file, @Nullable String policy, int arms) throws IOException {
    IntArrayList chosen = new IntArrayList();
    DoubleArrayList propensities = new DoubleArrayList();
    DoubleArrayList rewards = new DoubleArrayList();
    Set<String> policies = new LinkedHashSet<>();
    Columns columns = null;
    int highest = (arms == 0 ? MOST_ARMS : arms) - 1;
    try (BufferedReader text = Files.newBufferedReader(file);
        CsvReader<CsvRecord> reader = CSV.ofCsvRecord(text)) {
      for (CsvRecord line : reader) {
        if (columns == null) {
          columns = Columns.of(file, line);
          continue;
        }
        if (line.getFieldCount() != columns.count()) {
          throw malformed(
              file, line, "has " + line.getFieldCount() + " values, expected " + columns.count());
        }
        if (columns.policy() >= 0) {
          policies.add(line.getField(columns.policy()));
          if (policy != null && !line.getField(columns.policy()).equals(policy)) {
            continue;
          }
        }
        chosen.add(arm(file, line, columns.arm(), highest));
        propensities.add(
            number(file, line, "propensity", columns.propensity(), true, "above 0, at most 1"));
        rewards.add(number(file, line, "reward", columns.reward(), false, "a number"));
      }
    } catch (CsvParseException e) {
      throw new MalformedFileException(file, "", "is not CSV: " + e.getMessage());
    } catch (UncheckedIOException e) {
      throw explained(file, e.getCause() == null ? new IOException(e) : e.getCause());
    } catch (CharacterCodingException e) {
      throw explained(file, e);
    }
    requireOnePolicy(file, policy, policies);
    if (chosen.size() < 2) {
      throw new MalformedFileException(
          file, "", "has " + chosen.size() + " decisions, expected two or more");
    }
    int found = chosen.intStream().max().orElseThrow() + 1;
    return new BanditLog(
        arms == 0 ? Math.max(2, found) : arms,
        chosen.toIntArray(),
        propensities.toDoubleArray(),
        rewards.toDoubleArray());
  }

  private static IOException explained(Path file, IOException failure) {
    return failure instanceof CharacterCodingException
        ? new MalformedFileException(file, "", "is not UTF-8 text")
        : failure;
  }

  private static void requireOnePolicy(Path file, @Nullable String policy, Set<String> policies)
      throws MalformedFileException {
    boolean isKnown = policy == null ? policies.size() <= 1 : policies.contains(policy);
    if (!isKnown) {
      throw new MalformedFileException(
          file,
          "column policy",
          (policy == null ? "not said whose decisions are meant" : "no \"" + policy + "\"")
              + ", expected one of "
              + policies);
    }
  }

  private static int arm(Path file, CsvRecord line, int column, int highest)
      throws MalformedFileException {
    String text = line.getField(column);
    // Nine digits always fit an int.
    if (text.matches("[0-9]{1,9}") && Integer.parseInt(text) <= highest) {
      return Integer.parseInt(text);
    }
    throw malformed(file, line, "arm \"" + text + "\", expected a whole number, 0 to " + highest);
  }

  private static double number(
      Path file, CsvRecord line, String name, int column, boolean isPropensity, String expected)
      throws MalformedFileException {
    String text = line.getField(column);
    double value;
    try {
      value = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      value = Double.NaN;
    }
    if (isPropensity ? value > 0 && value <= 1 : Double.isFinite(value)) {
      return value;
    }
    throw malformed(file, line, name + " \"" + text + "\", expected " + expected);
  }

  private static MalformedFileException malformed(Path file, CsvRecord line, String problem) {
    return new MalformedFileException(file, line.getStartingLineNumber(), problem);
  }
}
