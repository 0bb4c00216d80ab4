package femto.bench.learn;

import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.model.FeatureSpace;
import femto.tools.ads.PlantedClicks;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Rows of a table to learn from and rows to be tested on, in memory and as text. Both have the
 * features of the training rows alone.
 */
final class Clicks {
  static final int FACTORS = 16;

  private final PlantedClicks table;
  private final int rows;
  private final int end;
  private final int known;
  private final FeatureSpace space;
  private final Path train;
  private final Path test;

  /** Writes the text under a name in a folder. */
  Clicks(PlantedClicks table, int rows, int testRows, Path folder, String name) throws IOException {
    this.table = table;
    this.rows = rows;
    this.end = rows + testRows;
    this.known = table.features(rows);
    this.space = table.space(rows);
    this.train = folder.resolve(name + ".train");
    this.test = folder.resolve(name + ".test");
    write(train, 0, rows);
    write(test, rows, end);
  }

  private void write(Path file, int from, int to) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      table.write(out, from, to, known, false);
    }
  }

  int rows() {
    return rows;
  }

  FeatureSpace space() {
    return space;
  }

  Path train() {
    return train;
  }

  Path test() {
    return test;
  }

  /** In their own order. */
  ExampleSource training() {
    return table.source(0, rows, known);
  }

  /** In an order of its own for each pass, as engines learn that hold their rows in memory. */
  ExampleSource shuffled() {
    return table.shuffled(0, rows, known);
  }

  ExampleSource testing() {
    return table.source(rows, end, known);
  }

  /** Features of each training row, one after the other. */
  int[][] features() {
    int[][] all = new int[rows][PlantedClicks.FIELDS];
    for (int row = 0; row < rows; row++) {
      for (int field = 0; field < PlantedClicks.FIELDS; field++) {
        all[row][field] = table.feature(row, field);
      }
    }
    return all;
  }

  double meanLabel() {
    double sum = 0;
    for (int row = 0; row < rows; row++) {
      sum += table.label(row);
    }
    return sum / rows;
  }

  double bestLogLoss() {
    return table.bestLogLoss(rows, end);
  }

  double bestAuc() {
    return table.bestAuc(rows, end);
  }

  /** Mean log loss of predictions of the test rows, in their order. */
  double logLoss(double[] probabilities) {
    if (probabilities.length != end - rows) {
      throw new IllegalStateException(
          probabilities.length + " predictions of " + (end - rows) + " rows");
    }
    double sum = 0;
    for (int i = 0; i < probabilities.length; i++) {
      double p = Math.min(1 - 1e-12, Math.max(1e-12, probabilities[i]));
      sum -= Math.log(table.label(rows + i) == 1 ? p : 1 - p);
    }
    return sum / probabilities.length;
  }

  /** Reads all rows once, so that what follows measures no first touch. */
  static long read(ExampleSource source) {
    Example example = new Example();
    source.start(0);
    long features = 0;
    while (source.next(example)) {
      features += example.count();
    }
    return features;
  }
}
