package femto.tools.online;

import java.nio.charset.StandardCharsets;

/** Lengths of texts. */
final class Utf8 {
  private Utf8() {}

  /** Bytes that a text takes; of one that is short in any case, something not below. */
  static int length(String text) {
    return text.length() <= 20_000
        ? 3 * text.length()
        : text.getBytes(StandardCharsets.UTF_8).length;
  }
}
