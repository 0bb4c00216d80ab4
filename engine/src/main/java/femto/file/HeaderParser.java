package femto.file;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON header of a safetensors file: one object of tensor entries and an optional {@code
 * __metadata__} object of strings. That is a small part of JSON with no nesting beyond it, so this
 * strict reader stands in for a JSON library, which an embedding server would otherwise have to
 * carry along. The tests hold it against a JSON library on random and damaged headers.
 */
final class HeaderParser {
  static final String METADATA = "__metadata__";

  private final Path file;
  private final String text;
  private int position;

  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  private HeaderParser(Path file, String text) {
    this.file = file;
    this.text = text;
  }

  record Header(Map<String, String> metadata, Map<String, TensorInfo> tensors) {}

  static Header parse(Path file, byte[] utf8) throws MalformedFileException {
    String text;
    try {
      text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(utf8))
              .toString();
    } catch (CharacterCodingException e) {
      throw new MalformedFileException(file, "header", "is not UTF-8 text");
    }
    HeaderParser parser = new HeaderParser(file, text);
    parser.parseHeader();
    return new Header(parser.metadata, parser.tensors);
  }

  private void parseHeader() throws MalformedFileException {
    if (text.isEmpty() || text.charAt(0) != '{') {
      throw error("the header does not begin with '{'");
    }
    parseObject(
        key -> {
          if (key.equals(METADATA)) {
            parseObject(
                name -> {
                  if (metadata.put(name, parseString()) != null) {
                    throw error("the metadata key \"" + name + "\" stands twice");
                  }
                });
          } else if (tensors.put(key, parseTensor(key)) != null) {
            throw error("the tensor \"" + key + "\" stands twice");
          }
        });
    skipSpace();
    if (position != text.length()) {
      throw error("found more behind the closing '}'");
    }
  }

  @FunctionalInterface
  private interface Member {
    void parse(String key) throws MalformedFileException;
  }

  private void parseObject(Member member) throws MalformedFileException {
    expect('{');
    if (accept('}')) {
      return;
    }
    boolean sawMetadata = false;
    do {
      String key = parseString();
      if (key.equals(METADATA)) {
        if (sawMetadata) {
          throw error("the key \"" + METADATA + "\" stands twice");
        }
        sawMetadata = true;
      }
      expect(':');
      member.parse(key);
    } while (accept(','));
    expect('}');
  }

  private TensorInfo parseTensor(String name) throws MalformedFileException {
    @Nullable Dtype[] dtype = new Dtype[1];
    @Nullable List<?>[] shape = new List<?>[1];
    @Nullable List<?>[] offsets = new List<?>[1];
    parseObject(
        key -> {
          switch (key) {
            case "dtype" -> {
              require(dtype[0] == null, "dtype of tensor \"" + name + "\" stands twice");
              dtype[0] = parseDtype(name);
            }
            case "shape" -> {
              require(shape[0] == null, "shape of tensor \"" + name + "\" stands twice");
              shape[0] = parseNumbers();
            }
            case "data_offsets" -> {
              require(offsets[0] == null, "data_offsets of tensor \"" + name + "\" stand twice");
              offsets[0] = parseNumbers();
            }
            default ->
                throw error(
                    "tensor \""
                        + name
                        + "\" has a member \""
                        + key
                        + "\", expected dtype, shape and data_offsets");
          }
        });
    Dtype type = dtype[0];
    List<?> dimensions = shape[0];
    List<?> range = offsets[0];
    if (type == null || dimensions == null || range == null || range.size() != 2) {
      throw error("tensor \"" + name + "\" lacks dtype, shape or two data_offsets");
    }
    List<Long> sizes = dimensions.stream().map(Long.class::cast).toList();
    return new TensorInfo(name, type, sizes, (Long) range.get(0), (Long) range.get(1));
  }

  private Dtype parseDtype(String tensor) throws MalformedFileException {
    String dtype = parseString();
    for (Dtype known : Dtype.values()) {
      if (known.name().equals(dtype)) {
        return known;
      }
    }
    throw error("tensor \"" + tensor + "\" has the unknown dtype \"" + dtype + "\"");
  }

  private List<Long> parseNumbers() throws MalformedFileException {
    List<Long> numbers = new ArrayList<>();
    expect('[');
    if (accept(']')) {
      return numbers;
    }
    do {
      require(
          numbers.size() < Safetensors.MAX_DIMENSIONS,
          "a list of more than " + Safetensors.MAX_DIMENSIONS + " numbers");
      numbers.add(parseNumber());
    } while (accept(','));
    expect(']');
    return numbers;
  }

  private long parseNumber() throws MalformedFileException {
    skipSpace();
    int start = position;
    while (position < text.length()
        && text.charAt(position) >= '0'
        && text.charAt(position) <= '9') {
      position++;
    }
    String digits = text.substring(start, position);
    require(!digits.isEmpty(), "expected a whole number of 0 or more");
    require(digits.length() == 1 || digits.charAt(0) != '0', "a number begins with 0");
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw error("the number " + digits + " is out of range");
    }
  }

  private String parseString() throws MalformedFileException {
    expect('"');
    StringBuilder value = new StringBuilder();
    while (true) {
      require(position < text.length(), "a string that does not end");
      char c = text.charAt(position++);
      if (c == '"') {
        require(Safetensors.isUtf16(value), "half of a surrogate pair");
        return value.toString();
      }
      require(c >= ' ', "a control character inside a string");
      value.append(c == '\\' ? parseEscape() : c);
    }
  }

  private char parseEscape() throws MalformedFileException {
    require(position < text.length(), "a string that does not end");
    char c = text.charAt(position++);
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int code = 0;
        for (int i = 0; i < 4; i++) {
          // HexFormat takes ASCII digits only, as JSON does.
          boolean isDigit = position < text.length() && HexFormat.isHexDigit(text.charAt(position));
          int digit = isDigit ? HexFormat.fromHexDigit(text.charAt(position++)) : -1;
          require(isDigit, "\\u without four hexadecimal digits");
          code = (code << 4) | digit;
        }
        yield (char) code;
      }
      default -> throw error("the unknown escape \\" + c);
    };
  }

  private void expect(char c) throws MalformedFileException {
    if (!accept(c)) {
      String found =
          position < text.length() ? "'" + text.charAt(position) + "'" : "the end of the header";
      throw error("found " + found + ", expected '" + c + "'");
    }
  }

  private boolean accept(char c) {
    skipSpace();
    if (position < text.length() && text.charAt(position) == c) {
      position++;
      return true;
    }
    return false;
  }

  private void skipSpace() {
    while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
      position++;
    }
  }

  private void require(boolean holds, String problem) throws MalformedFileException {
    if (!holds) {
      throw error(problem);
    }
  }

  private MalformedFileException error(String problem) {
    return new MalformedFileException(file, "header, character " + position, problem);
  }
}
