package femto.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the header reader against a JSON library. */
class HeaderParserTest {
  private static final Path FILE = Path.of("some.safetensors");
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final List<String> DTYPES =
      List.of(
          "BOOL", "U8", "I8", "U16", "I16", "F16", "BF16", "U32", "I32", "F32", "U64", "I64",
          "F64");
  private static final String[] SNIPPETS = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "\\u0041",
    "\\u00e9",
    "\\ud83d\\ude80",
    "\\n",
    "\\/",
    "\\x",
    "0",
    "1",
    "-1",
    "1.5",
    "1e3",
    "00",
    "9223372036854775807",
    "9223372036854775808",
    "null",
    "true",
    " ",
    "\t",
    "\r\n",
    "\f",
    "\u000b",
    "\u00a0",
    "\ufeff",
    "\u0000",
    "\u001f",
    "\uff11",
    "\u0661",
    "\uff21",
    "\u00e9",
    "//",
    "/**/",
    "NaN",
    "'",
    "\"dtype\"",
    "\"shape\"",
    "\"data_offsets\"",
    "\"__metadata__\"",
    "{}",
    "[]",
    "\"\"",
    "\"a\":",
    "\"F32\"",
    "\"U8\""
  };

  private static HeaderParser.@Nullable Header accepted(String text) {
    try {
      return HeaderParser.parse(FILE, text.getBytes(StandardCharsets.UTF_8));
    } catch (MalformedFileException e) {
      assertThat(e).hasMessageStartingWith(FILE + ": header");
      return null;
    }
  }

  /** What the reader accepts must be JSON of the same content. */
  private static boolean requireJsonWhereAccepted(String candidate) {
    // Half of a surrogate pair cannot be encoded: both get the text that the bytes stand for.
    String text = new String(candidate.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    HeaderParser.Header header = accepted(text);
    if (header == null) {
      return false;
    }
    JsonNode json;
    try {
      json = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("accepted what is no JSON: " + text, e);
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> member : json.properties()) {
      JsonNode value = member.getValue();
      if (member.getKey().equals("__metadata__")) {
        for (Map.Entry<String, JsonNode> entry : value.properties()) {
          assertThat(entry.getValue().isTextual()).isTrue();
          metadata.put(entry.getKey(), entry.getValue().textValue());
        }
      } else {
        assertThat(value.size()).isEqualTo(3);
        assertThat(value.get("data_offsets").size()).isEqualTo(2);
        List<Long> shape = new ArrayList<>();
        for (JsonNode dimension : value.get("shape")) {
          shape.add(whole(dimension));
        }
        tensors.put(
            member.getKey(),
            new TensorInfo(
                member.getKey(),
                Dtype.valueOf(value.get("dtype").textValue()),
                shape,
                whole(value.get("data_offsets").get(0)),
                whole(value.get("data_offsets").get(1))));
      }
    }
    assertThat(header.metadata()).as(text).isEqualTo(metadata);
    assertThat(header.tensors()).as(text).isEqualTo(tensors);
    assertThat(new ArrayList<>(header.tensors().keySet()))
        .isEqualTo(new ArrayList<>(tensors.keySet()));
    return true;
  }

  private static long whole(JsonNode number) {
    assertThat(number.isIntegralNumber() && number.canConvertToLong()).isTrue();
    return number.longValue();
  }

  /** Random headers in all the ways JSON allows one to be written. */
  private static final class Generator {
    private final Random random;

    Generator(long seed) {
      random = new Random(seed);
    }

    String space() {
      return random.nextInt(4) > 0
          ? ""
          : List.of(" ", "\n", "\t \r\n", "  ").get(random.nextInt(4));
    }

    String string(String plain) {
      StringBuilder json = new StringBuilder("\"");
      boolean escapesSurrogates = random.nextBoolean(); // both halves of a pair or none
      for (int i = 0; i < plain.length(); i++) {
        char c = plain.charAt(i);
        boolean escapes = Character.isSurrogate(c) ? escapesSurrogates : random.nextInt(6) == 0;
        if (escapes || c < ' ' || c == '"' || c == '\\') {
          String hex = String.format("%04x", (int) c);
          json.append("\\u")
              .append(random.nextBoolean() ? hex : hex.toUpperCase(java.util.Locale.ROOT));
        } else {
          json.append(c);
        }
      }
      return json.append('"').toString();
    }

    String text() {
      String alphabet = "abcXYZ 019_.-\"\\/\n\u0001\u00e9\u4e16\u2028{}[]:,";
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(6); i > 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      return random.nextInt(8) == 0 ? text.append("\ud83d\ude80").toString() : text.toString();
    }

    String numbers(int count) {
      List<String> numbers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        long number =
            random.nextInt(5) == 0 ? random.nextLong() & Long.MAX_VALUE : random.nextInt(12);
        numbers.add(space() + number + space());
      }
      return "[" + String.join(",", numbers) + (count == 0 ? space() : "") + "]";
    }

    String object(List<String> members) {
      return "{" + (members.isEmpty() ? space() : String.join(",", members)) + "}" + space();
    }

    String member(String key, String value) {
      return space() + string(key) + space() + ":" + space() + value + space();
    }

    List<String> tensorMembers() {
      List<String> members = new ArrayList<>();
      members.add(member("dtype", string(DTYPES.get(random.nextInt(DTYPES.size())))));
      members.add(member("shape", numbers(random.nextInt(5))));
      members.add(member("data_offsets", numbers(2)));
      java.util.Collections.shuffle(members, random);
      return members;
    }

    List<String> metadataMembers() {
      List<String> members = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        members.add(member(i + text(), string(text())));
      }
      return members;
    }

    List<String> headerMembers() {
      List<String> members = new ArrayList<>();
      if (random.nextBoolean()) {
        members.add(member("__metadata__", object(metadataMembers())));
      }
      for (int i = random.nextInt(4); i > 0; i--) {
        members.add(member(i + text(), object(tensorMembers())));
      }
      java.util.Collections.shuffle(members, random);
      return members;
    }

    String mutated(String text, int mutations) {
      StringBuilder mutant = new StringBuilder(text);
      for (int i = 0; i < mutations; i++) {
        int at = random.nextInt(mutant.length() + 1);
        int to = Math.min(mutant.length(), at + random.nextInt(4));
        switch (random.nextInt(4)) {
          case 0 -> mutant.delete(at, to);
          case 1 -> mutant.insert(at, mutant.substring(at, to));
          case 2 -> mutant.replace(at, to, SNIPPETS[random.nextInt(SNIPPETS.length)]);
          default -> mutant.insert(at, SNIPPETS[random.nextInt(SNIPPETS.length)]);
        }
      }
      return mutant.toString();
    }
  }

  @Property(tries = 3000)
  void shouldAcceptEveryValidHeaderWithTheContentThatAJsonLibraryFinds(@ForAll long seed) {
    Generator generator = new Generator(seed);
    String header = generator.object(generator.headerMembers());
    assertThat(requireJsonWhereAccepted(header)).as(header).isTrue();
  }

  @Property(tries = 20_000)
  void shouldAcceptOnlyWhatAJsonLibraryAcceptsWithEqualContent(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int mutations) {
    Generator generator = new Generator(seed);
    String header = generator.object(generator.headerMembers());
    requireJsonWhereAccepted(generator.mutated(header, mutations));
  }

  @Property(tries = 2000)
  void shouldRefuseDuplicatesWhereverTheyStandAndHoweverTheyAreWritten(@ForAll long seed) {
    Generator generator = new Generator(seed);
    List<String> tensor = generator.tensorMembers();
    List<String> metadata = generator.metadataMembers();
    List<String> header = generator.headerMembers();
    switch (generator.random.nextInt(4)) {
      case 0 -> tensor.add(generator.member("shape", "[1]"));
      case 1 -> {
        metadata.add(generator.member("twice", "\"1\""));
        metadata.add(generator.member("twice", "\"2\""));
      }
      case 2 -> header.add(generator.member("t", generator.object(tensor)));
      default -> header.add(generator.member("__metadata__", "{}"));
    }
    header.add(generator.member("t", generator.object(tensor)));
    String text =
        generator.object(
            List.of(
                String.join(",", header),
                generator.member("__metadata__", generator.object(metadata))));
    boolean isJson;
    try {
      JSON.readTree(text);
      isJson = true;
    } catch (JsonProcessingException e) {
      isJson = false;
    }
    assertThat(accepted(text) != null).as(text).isEqualTo(isJson);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\uff10\uff10\uff14\uff11", "004\u0661", "00\u096a1", "\uff21\uff22CD"})
  void shouldRefuseEscapesWithDigitsThatAreNotAscii(String digits) {
    String header = "{\"__metadata__\":{\"k\":\"\\u" + digits + "\"}}";
    assertThatThrownBy(() -> JSON.readTree(header)).isInstanceOf(JsonProcessingException.class);
    assertThat(accepted(header)).as(header).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\ud83d", "\\ude80", "\\ud83d?", "?\\ude80", "\\ud83d\\ud83d"})
  void shouldRefuseHalfOfASurrogatePairInANameAsAJsonLibraryDoes(String half) {
    String tensor = ContainerBytes.entry(half, "U8", "[1]", 0, 1);
    for (String header :
        List.of("{" + tensor + "}", "{\"__metadata__\":{\"" + half + "\":\"\"}}")) {
      assertThatThrownBy(() -> JSON.readTree(header)).isInstanceOf(JsonProcessingException.class);
      assertThat(accepted(header)).as(header).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " {}",
        "\ufeff{}",
        "{}x",
        "{}{}",
        "{} \u00a0",
        "{}\u0000",
        "{",
        "{,}",
        "{\"__metadata__\":{\"a\":\"b\",}}",
        "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":{\"a\":null}}",
        "{\"__metadata__\":[]}",
        "{\"__metadata__\":{\"a\":{}}}",
        "{\"__metadata__\":{a:\"b\"}}",
        "{\"__metadata__\":{'a':\"b\"}}",
        "{\"__metadata__\":{\"a\":\"b}}",
        "{\"__metadata__\":{\"a\":\"\\",
        "{\"__metadata__\":{\"a\":\"\\u12",
        "{\"__metadata__\":{\"a\":\"\\u12G4\"}}",
        "{\"__metadata__\":{\"a\":\"\\U0041\"}}",
        "{\"__metadata__\":{\"a\":\"\\a\"}}",
        "{\"__metadata__\":{\"a\":\"\t\"}}",
        "{\"t\":[]}",
        "{\"t\":\"\"}",
        "[]",
        "null"
      })
  void shouldRefuseWhatIsNoHeader(String text) {
    assertThat(accepted(text)).isNull();
  }

  @Test
  void shouldUnderstandEveryEscape() {
    HeaderParser.Header header =
        accepted(
            "{\"__metadata__\":{\"k\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\uD83d\\uDe80\"}} \n");
    assertThat(header).isNotNull();
    assertThat(java.util.Objects.requireNonNull(header).metadata())
        .containsEntry("k", "\"\\/\b\f\n\r\t\u00e9\ud83d\ude80");
  }

  @Test
  void shouldSayWhereItStoppedWhatItFoundAndWhatItExpected() {
    assertThatThrownBy(() -> HeaderParser.parse(FILE, new byte[] {'{', '"', 'a', '"', '=', '1'}))
        .isInstanceOf(MalformedFileException.class)
        .hasMessage(FILE + ": header, character 4: found '=', expected ':'");
    assertThatThrownBy(() -> HeaderParser.parse(FILE, new byte[] {'{'}))
        .hasMessage(FILE + ": header, character 1: found the end of the header, expected '\"'");
  }

  @Test
  void shouldTakeSixteenDimensionsAndRefuseMore() {
    for (int dimensions = 15; dimensions <= 18; dimensions++) {
      String shape = "[" + "1,".repeat(dimensions - 1) + "1]";
      String header = "{" + ContainerBytes.entry("t", "U8", shape, 0, 1) + "}";
      assertThat(accepted(header) != null).as("%d", dimensions).isEqualTo(dimensions <= 16);
    }
  }
}
