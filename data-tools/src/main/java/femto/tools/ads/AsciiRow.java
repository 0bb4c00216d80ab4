package femto.tools.ads;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** A row in the making. Text is ASCII and needs no quotes. */
final class AsciiRow {
  private byte[] bytes = new byte[256];
  private int length;

  AsciiRow put(String text) {
    ensure(text.length());
    for (int i = 0; i < text.length(); i++) {
      bytes[length++] = (byte) text.charAt(i);
    }
    return this;
  }

  AsciiRow comma() {
    ensure(1);
    bytes[length++] = ',';
    return this;
  }

  /** A number from 0 on. */
  AsciiRow put(long number) {
    int digits = 1;
    for (long rest = number / 10; rest > 0; rest /= 10) {
      digits++;
    }
    return putDigits(number, digits);
  }

  /** Below 1, in millionths. */
  AsciiRow putMillionths(double number) {
    return put("0.").putDigits(Math.round(number * 1e6), 6);
  }

  private AsciiRow putDigits(long number, int digits) {
    ensure(digits);
    long rest = number;
    for (int i = length + digits - 1; i >= length; i--, rest /= 10) {
      bytes[i] = (byte) ('0' + rest % 10);
    }
    length += digits;
    return this;
  }

  private void ensure(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, 2 * bytes.length));
    }
  }

  /** Ends the row. */
  void end(OutputStream out) throws IOException {
    ensure(1);
    bytes[length++] = '\n';
    out.write(bytes, 0, length);
    length = 0;
  }
}
