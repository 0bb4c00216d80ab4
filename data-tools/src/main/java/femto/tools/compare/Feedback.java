package femto.tools.compare;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import femto.file.MalformedFileException;
import femto.tools.data.DataSet;
import it.unimi.dsi.fastutil.longs.Long2DoubleOpenHashMap;
import it.unimi.dsi.fastutil.objects.Object2IntOpenHashMap;
import java.io.IOException;
import java.nio.file.Path;

/**
 * How satisfied users say they were with items: the second step of serendipity. A CSV file with the
 * columns {@code user}, {@code item} and {@code satisfaction}, 0 to 1; of what it does not say the
 * satisfaction is 0. Immutable and safe to share.
 */
public final class Feedback {
  private final Long2DoubleOpenHashMap satisfaction = new Long2DoubleOpenHashMap();
  private long unknown;

  private Feedback() {}

  /**
   * Reads a file.
   *
   * @param file the file
   * @param data the data set whose users and items it names
   * @return what it says
   * @throws MalformedFileException if a column is missing or a number is not 0 to 1; the message
   *     names file, line and column
   * @throws IOException if it cannot be read
   */
  public static Feedback read(Path file, DataSet data) throws IOException {
    Object2IntOpenHashMap<String> users = new Object2IntOpenHashMap<>();
    for (int user = 0; user < data.contexts().rows(); user++) {
      users.put(data.contextId(user), user);
    }
    Object2IntOpenHashMap<String> items = new Object2IntOpenHashMap<>();
    for (int item = 0; item < data.candidates().rows(); item++) {
      items.put(data.candidateId(item), item);
    }
    Feedback feedback = new Feedback();
    try (CsvReader<NamedCsvRecord> rows = CsvReader.builder().ofNamedCsvRecord(file)) {
      for (NamedCsvRecord row : rows) {
        double number = number(file, row);
        String user = field(file, row, "user");
        String item = field(file, row, "item");
        if (users.containsKey(user) && items.containsKey(item)) {
          feedback.satisfaction.put(key(users.getInt(user), items.getInt(item)), number);
        } else {
          feedback.unknown++;
        }
      }
    } catch (CsvParseException e) {
      throw new MalformedFileException(file, "", String.valueOf(e.getMessage()));
    }
    return feedback;
  }

  private static String field(Path file, NamedCsvRecord row, String name)
      throws MalformedFileException {
    return row.findField(name)
        .orElseThrow(
            () ->
                new MalformedFileException(
                    file,
                    row.getStartingLineNumber(),
                    "has no column "
                        + name
                        + ", expected a header with user,item,satisfaction and a value of each"));
  }

  private static double number(Path file, NamedCsvRecord row) throws MalformedFileException {
    String text = field(file, row, "satisfaction");
    try {
      double number = Double.parseDouble(text.strip());
      if (number >= 0 && number <= 1) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new MalformedFileException(
        file,
        row.getStartingLineNumber(),
        "has the satisfaction \"" + text + "\", expected a number from 0 to 1");
  }

  private static long key(int user, int item) {
    return ((long) user << Integer.SIZE) | item;
  }

  double satisfaction(int user, int item) {
    return satisfaction.get(key(user, item));
  }

  /**
   * Rows of users or items that the data set does not have.
   *
   * @return how many
   */
  public long unknown() {
    return unknown;
  }
}
