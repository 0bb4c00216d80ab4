package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProjectionTest {
  private static final Field USER = Field.oneHot("user", Side.CONTEXT);
  private static final Field TAG = Field.multiHot("tag", Side.CONTEXT);
  private static final Field GONE = Field.oneHot("gone", Side.CONTEXT);

  @Test
  void shouldDropUnknownFeaturesKeepWeightsAndSortByTheNewNumbers() {
    FeatureSpace from =
        space(List.of(USER, TAG, GONE), List.of("u1", "u2"), List.of("a", "b", "c"), List.of("x"));
    // Fields and values in another order, without "b" and without the field "gone".
    FeatureSpace to = space(List.of(TAG, USER), List.of("c", "a", "new"), List.of("u2", "u1"));
    FeatureRows rows =
        FeatureRows.copyOf(
            new long[] {0, 5, 5, 7},
            new int[] {0, 2, 3, 4, 5, 1, 3},
            new float[] {1, 0.25f, 0.5f, 0.75f, 2, 3, 4},
            from.size());

    FeatureRows projected = new Projection(from, to).apply(rows);

    assertThat(projected.rows()).isEqualTo(3);
    assertThat(row(projected, 0, to)).containsExactly("tag=c*0.75", "tag=a*0.25", "user=u1*1.0");
    assertThat(row(projected, 1, to)).isEmpty();
    assertThat(row(projected, 2, to)).containsExactly("user=u2*3.0");
  }

  @Test
  void shouldMatchByFieldAndValueNotByValueAlone() {
    FeatureSpace from = space(List.of(USER, GONE), List.of("same"), List.of("same"));
    FeatureSpace to = space(List.of(GONE), List.of("same"));
    FeatureRows rows =
        FeatureRows.copyOf(
            new long[] {0, 2}, new int[] {0, 1}, new float[] {0.5f, 0.25f}, from.size());
    assertThat(row(new Projection(from, to).apply(rows), 0, to)).containsExactly("gone=same*0.25");
  }

  @SafeVarargs
  private static FeatureSpace space(List<Field> fields, List<String>... values) {
    FeatureSpace.Builder builder = new FeatureSpace.Builder(fields);
    for (int field = 0; field < values.length; field++) {
      for (String value : values[field]) {
        builder.add(field, value);
      }
    }
    return builder.build();
  }

  private static List<String> row(FeatureRows rows, int row, FeatureSpace space) {
    List<String> found = new ArrayList<>();
    for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
      int feature = rows.feature(entry);
      String field = space.fields().get(space.fieldOf(feature)).name();
      found.add(field + "=" + space.value(feature) + "*" + rows.weight(entry));
    }
    return found;
  }
}
