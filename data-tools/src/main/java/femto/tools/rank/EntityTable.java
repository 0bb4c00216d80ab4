package femto.tools.rank;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import femto.file.MalformedFileException;
import femto.model.Encoder;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import femto.tools.data.DataSet;
import femto.tools.train.DerivedFields;
import femto.tools.train.Projection;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Contexts or candidates with their ids and their features, as one model sees them.
 *
 * @param ids what each row is called in the output
 * @param rows features of the model, one row each
 * @param unknownValues how many values the model did not know; they count for nothing
 */
public record EntityTable(List<String> ids, FeatureRows rows, long unknownValues) {
  private static final String ID_COLUMN = "id";
  private static final int LINES_A_REPORT = 1 << 12;
  private static final char BYTE_ORDER_MARK = '\ufeff';

  /** Lines of another length are refused here, where the message can say which. */
  private static final CsvReader.CsvReaderBuilder CSV =
      CsvReader.builder()
          .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
          .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
          .allowUnclosedQuote(false);

  /**
   * Takes the contexts or the candidates of a data set.
   *
   * @param data the data set
   * @param side which of them
   * @param space the model's features
   * @return the table
   */
  public static EntityTable of(DataSet data, Side side, FeatureSpace space) {
    FeatureRows rows = side == Side.CONTEXT ? data.contexts() : data.candidates();
    List<String> ids = new ArrayList<>(rows.rows());
    for (int row = 0; row < rows.rows(); row++) {
      ids.add(side == Side.CONTEXT ? data.contextId(row) : data.candidateId(row));
    }
    FeatureRows projected = new Projection(data.features(), space).apply(rows);
    long unknown = rows.offset(rows.rows()) - projected.offset(projected.rows());
    return new EntityTable(ids, projected, unknown);
  }

  /**
   * Takes the contexts or the candidates of a data set with what their derived fields hold.
   *
   * @param data the data set
   * @param side which of them
   * @param derived the rows of the data set as a model's features
   * @return the table
   */
  public static EntityTable of(DataSet data, Side side, DerivedFields derived) {
    EntityTable own = of(data, side, derived.features());
    FeatureRows rows = side == Side.CONTEXT ? derived.contexts() : derived.candidates();
    return new EntityTable(own.ids, rows, own.unknownValues);
  }

  /**
   * Reads a CSV file (UTF-8, comma, RFC 4180 quotes) whose first line names the columns: fields of
   * the model on one side, and perhaps {@code id}. A row is called by its {@code id}, otherwise by
   * its first column. The values of a multi-hot field are separated by {@code |}; an empty value is
   * missing.
   *
   * @param file the file
   * @param side whose fields the columns are
   * @param space the model's features
   * @param progress is told now and then how many bytes of the file have been read
   * @return the table
   * @throws MalformedFileException if a column is no such field or a line has another number of
   *     values
   * @throws IOException if the file cannot be read
   */
  public static EntityTable readCsv(Path file, Side side, FeatureSpace space, LongConsumer progress)
      throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new MalformedFileException(
          file, "", "there is no such file, expected CSV with a header");
    }
    Encoder encoder = new Encoder(space, side);
    List<String> ids = new ArrayList<>();
    LongArrayList offsets = new LongArrayList(new long[] {0});
    IntArrayList features = new IntArrayList();
    FloatArrayList weights = new FloatArrayList();
    int[] columns = null;
    try (FileChannel bytes = FileChannel.open(file);
        BufferedReader text =
            new BufferedReader(Channels.newReader(bytes, StandardCharsets.UTF_8.newDecoder(), -1));
        CsvReader<CsvRecord> reader = CSV.ofCsvRecord(skipByteOrderMark(text))) {
      for (CsvRecord line : reader) {
        if (columns == null) {
          columns = columns(file, line, side, space);
          continue;
        }
        if (line.getFieldCount() != columns.length) {
          throw new MalformedFileException(
              file,
              line.getStartingLineNumber(),
              "has " + line.getFieldCount() + " values, expected " + columns.length);
        }
        ids.add(encode(encoder, columns, line, space));
        int count = encoder.finish();
        features.addElements(features.size(), encoder.features(), 0, count);
        weights.addElements(weights.size(), encoder.weights(), 0, count);
        offsets.add(features.size());
        if (ids.size() % LINES_A_REPORT == 0) {
          progress.accept(bytes.position());
        }
      }
    } catch (CsvParseException e) {
      throw new MalformedFileException(file, "", "is not CSV: " + e.getMessage());
    } catch (UncheckedIOException e) {
      throw notUtf8(file, e.getCause() == null ? new IOException(e) : e.getCause());
    } catch (CharacterCodingException e) {
      throw notUtf8(file, e);
    }
    if (columns == null) {
      throw new MalformedFileException(file, "", "is empty, expected a line of column names");
    }
    FeatureRows rows =
        FeatureRows.copyOf(
            offsets.toLongArray(), features.toIntArray(), weights.toFloatArray(), space.size());
    return new EntityTable(ids, rows, encoder.unknownValues());
  }

  private static Reader skipByteOrderMark(BufferedReader text) throws IOException {
    text.mark(1);
    if (text.read() != BYTE_ORDER_MARK) {
      text.reset();
    }
    return text;
  }

  private static IOException notUtf8(Path file, IOException cause) {
    return cause instanceof CharacterCodingException
        ? new MalformedFileException(file, "", "is not UTF-8 text")
        : cause;
  }

  private static int[] columns(Path file, CsvRecord header, Side side, FeatureSpace space)
      throws MalformedFileException {
    int[] columns = new int[header.getFieldCount()];
    for (int column = 0; column < columns.length; column++) {
      String name = header.getField(column);
      int field = space.fieldIndex(name);
      columns[column] = field;
      if (header.getFields().indexOf(name) != column) {
        throw new MalformedFileException(
            file, header.getStartingLineNumber(), "column \"" + name + "\" stands twice");
      }
      if (name.equals(ID_COLUMN)) {
        continue;
      }
      if (field == FeatureSpace.UNKNOWN || space.fields().get(field).side() != side) {
        List<String> names =
            space.fields().stream().filter(f -> f.side() == side).map(Field::name).toList();
        throw new MalformedFileException(
            file,
            header.getStartingLineNumber(),
            "column \"" + name + "\", expected " + ID_COLUMN + " or one of " + names);
      }
    }
    return columns;
  }

  private static String encode(Encoder encoder, int[] columns, CsvRecord line, FeatureSpace space) {
    encoder.clear();
    String id = line.getField(0);
    for (int column = 0; column < columns.length; column++) {
      String value = line.getField(column);
      int field = columns[column];
      if (field == FeatureSpace.UNKNOWN) {
        id = value;
      } else {
        putAll(encoder, space, field, value);
      }
    }
    return id;
  }

  /**
   * Puts the values of one field into an encoder: several, separated by {@code |}, for a field of
   * several.
   *
   * @param encoder receives them
   * @param space the features
   * @param field index of the field
   * @param text the text; if empty, nothing is put
   */
  public static void putAll(Encoder encoder, FeatureSpace space, int field, String text) {
    if (text.isEmpty()) {
      return;
    }
    if (space.fields().get(field).takesSeveral()) {
      for (String value : text.split("\\|", -1)) {
        encoder.put(field, value);
      }
    } else {
      encoder.put(field, text);
    }
  }
}
