package femto.tools.dictionary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DictionaryOptionsTest {
  private static void assertRefused(Runnable options, String message) {
    assertThatThrownBy(options::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void shouldRefuseWhatIsOutOfRange() {
    DictionaryOptions options = DictionaryOptions.defaults(100);
    assertRefused(() -> DictionaryOptions.defaults(0), "capacity=0, expected 1 to ");
    assertRefused(() -> DictionaryOptions.defaults((1 << 29) + 1), "capacity=536870913");
    assertRefused(() -> options.withMinimumCount(0), "minimumCount=0, expected 1 to 255");
    assertRefused(() -> options.withMinimumCount(256), "minimumCount=256");
    assertRefused(() -> options.withSketch(512), "sketchBytes=512, expected a power of two");
    assertRefused(() -> options.withSketch(1025), "sketchBytes=1025");
    assertRefused(() -> options.withRecycling(-1), "recycleAfter=-1, expected 0 or more");
  }

  @Test
  void shouldHaveFourCountersARow() {
    assertThat(DictionaryOptions.defaults(1).sketchBytes()).isEqualTo(1024);
    assertThat(DictionaryOptions.defaults(256).sketchBytes()).isEqualTo(1024);
    assertThat(DictionaryOptions.defaults(257).sketchBytes()).isEqualTo(2048);
    assertThat(DictionaryOptions.defaults(1_000_000).sketchBytes()).isEqualTo(1 << 22);
    assertThat(DictionaryOptions.defaults(1 << 29).sketchBytes()).isEqualTo(1 << 30);
  }
}
