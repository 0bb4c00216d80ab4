package femto.bench.peer;

import ai.onnxruntime.OrtEnvironment;
import io.github.jbellis.jvector.vector.VectorUtil;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.function.Supplier;
import org.apache.lucene.util.Version;

/** What a report says of the peers beside their figures. */
public final class Peers {
  private Peers() {}

  /**
   * Versions, and what decides their speed: the implementation that JVector chose, the processor
   * whose kernels OpenBLAS uses (it knows fewer processors than there are).
   *
   * @return one entry a library, in order; for a missing one, why it is missing
   */
  public static Map<String, String> describe() {
    Map<String, String> peers = new LinkedHashMap<>();
    peers.put("onnxruntime", orMissing(Peers::onnxRuntime));
    peers.put("lucene", Version.LATEST.toString());
    peers.put("jvector", jvector());
    peers.put("openblas", orMissing(() -> OpenBlas.get().describe()));
    peers.put("faiss", orMissing(() -> Faiss.get().version()));
    return peers;
  }

  private static String orMissing(Supplier<String> description) {
    try {
      return description.get();
    } catch (MissingPeerException e) {
      return "missing: " + e.getMessage();
    }
  }

  private static String onnxRuntime() {
    OnnxRuntimePeer.require();
    return OrtEnvironment.getEnvironment().getVersion();
  }

  private static String jvector() {
    Properties properties = new Properties();
    String path = "/META-INF/maven/io.github.jbellis/jvector-base/pom.properties";
    try (InputStream in = VectorUtil.class.getResourceAsStream(path)) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version", "of an unknown version")
        + ", "
        + VectorizationProvider.getInstance().getClass().getSimpleName();
  }
}
