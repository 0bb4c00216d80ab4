package femto.tools.ads;

import femto.model.Field;
import femto.model.Side;
import femto.tools.data.Draws;
import java.util.ArrayList;
import java.util.List;

/**
 * Further fields of the context, which make 39 with those of {@link AdWorld}: 13 numbers and 16
 * categories, of between 10 and 30,000 values, some of them missing. Each has a linear weight; none
 * drifts or has factors.
 */
final class WideFields {
  private static final int NUMBERS = 13;
  private static final int CATEGORIES = 16;
  private static final int BUCKETS = 40;
  private static final int BUCKET_WIDTH = 5;
  private static final double DEVIATION = 0.07;
  private static final double MOST_MISSING = 0.4;
  private static final int MISSING = -1;

  /** A column: how its values are drawn, what they weigh, and the one drawn. */
  private static final class Column {
    final Field field;
    final Zipf ranks;
    final double missing;
    final double[] weights;
    int rank;
    int number;

    Column(Field field, int count, double missing, Draws draws) {
      this.field = field;
      this.ranks = new Zipf(count, 1);
      this.missing = missing;
      this.weights = new double[count];
      for (int i = 0; i < count; i++) {
        weights[i] = DEVIATION * draws.gaussian();
      }
    }
  }

  private final List<Column> columns = new ArrayList<>();

  WideFields(boolean present, Draws draws) {
    if (!present) {
      return;
    }
    for (int i = 0; i < NUMBERS; i++) {
      Field field = Field.bucket("n" + (i + 1), Side.CONTEXT, BUCKET_WIDTH);
      columns.add(
          new Column(field, BUCKETS, i % 3 == 0 ? MOST_MISSING * draws.uniform() : 0, draws));
    }
    for (int i = 0; i < CATEGORIES; i++) {
      Field field = Field.oneHot("c" + (i + 1), Side.CONTEXT);
      int count = (int) (10 * StrictMath.pow(3000, i / (CATEGORIES - 1.0)));
      columns.add(new Column(field, count, i % 4 == 0 ? MOST_MISSING * draws.uniform() : 0, draws));
    }
  }

  List<Field> fields() {
    return columns.stream().map(column -> column.field).toList();
  }

  void next(Draws draws) {
    for (Column column : columns) {
      boolean missing = column.missing > 0 && draws.uniform() < column.missing;
      column.rank = missing ? MISSING : column.ranks.draw(draws);
      if (column.field.encoding() == Field.Encoding.BUCKET && !missing) {
        column.number = BUCKET_WIDTH * column.rank + draws.below(BUCKET_WIDTH);
      }
    }
  }

  double score() {
    double score = 0;
    for (Column column : columns) {
      score += column.rank == MISSING ? 0 : column.weights[column.rank];
    }
    return score;
  }

  void write(AsciiRow row) {
    for (Column column : columns) {
      row.comma();
      if (column.rank == MISSING) {
        continue;
      }
      if (column.field.encoding() == Field.Encoding.BUCKET) {
        row.put(column.number);
      } else {
        row.put("v").put(column.rank + 1L);
      }
    }
  }
}
