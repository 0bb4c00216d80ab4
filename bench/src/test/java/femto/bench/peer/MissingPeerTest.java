package femto.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.reflect.Field;
import org.apache.lucene.util.VectorUtil;
import org.junit.jupiter.api.Test;

class MissingPeerTest {
  @Test
  void shouldSayWhichLibraryIsMissingAndWhatToDo() {
    assertThatExceptionOfType(MissingPeerException.class)
        .isThrownBy(() -> OpenBlas.open("no/such/openblas.so"))
        .withMessageContaining("no file no/such/openblas.so")
        .withMessageContaining("libopenblas0-pthread")
        .withMessageContaining("-Dfemto.bench.openblas=");
    assertThatExceptionOfType(MissingPeerException.class)
        .isThrownBy(() -> Faiss.library("no/such/faiss.so"))
        .withMessageContaining("no file no/such/faiss.so")
        .withMessageContaining("libfaiss-dev")
        .withMessageContaining("-Dfemto.bench.faiss=");
  }

  @Test
  void shouldDescribeEveryPeer() {
    assertThat(Peers.describe())
        .containsOnlyKeys("onnxruntime", "lucene", "jvector", "openblas", "faiss")
        .allSatisfy((peer, description) -> assertThat(description).isNotBlank());
    assertThat(Peers.describe().get("jvector")).matches("[0-9.]+, .*Provider");
  }

  /** Measured with their plain loops, they would look slower than they are. */
  @Test
  void shouldMeasurePeersWithTheirVectorCode() throws Exception {
    assertThat(Peers.describe().get("jvector")).doesNotContain("Default");
    Field implementation = VectorUtil.class.getDeclaredField("IMPL");
    implementation.setAccessible(true);
    assertThat(implementation.get(null).getClass().getSimpleName()).startsWith("Panama");
  }
}
