package femto.bench.peer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.kernels.TopK;
import femto.memory.Slab;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Map;

/**
 * ONNX Runtime, running the graph of {@link OnnxGraph} on one thread. The factors and the biases
 * lie in two tensors over off-heap memory on huge pages, which the runtime reads where it lies.
 */
final class OnnxRuntimePeer implements Peer {
  private final int length;
  private final OrtEnvironment environment;
  private final Slab factorsSlab;
  private final Slab biasSlab;
  private final OrtSession session;
  private final OnnxTensor factors;
  private final OnnxTensor bias;

  /** Throws MissingPeerException where there is no native library for this machine. */
  static void require() {
    environment();
  }

  private static OrtEnvironment environment() {
    try {
      OrtEnvironment environment =
          OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "femto");
      environment.setTelemetry(false);
      return environment;
    } catch (OrtException | LinkageError e) {
      throw new MissingPeerException("ONNX Runtime does not load here: " + e.getMessage(), e);
    }
  }

  OnnxRuntimePeer(RowTable table) {
    this.length = table.length();
    this.environment = environment();
    long rows = table.rows();
    this.factorsSlab = Slab.allocate(rows * length * Float.BYTES);
    this.biasSlab = Slab.allocate(rows * Float.BYTES);
    copy(table);
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      this.session = environment.createSession(OnnxGraph.bytes(length), options);
      this.factors =
          OnnxTensor.createTensor(environment, floats(factorsSlab), new long[] {length, rows});
      this.bias = OnnxTensor.createTensor(environment, floats(biasSlab), new long[] {1, rows});
    } catch (OrtException e) {
      factorsSlab.close();
      biasSlab.close();
      throw new IllegalStateException("ONNX Runtime refuses the graph: " + e.getMessage(), e);
    }
  }

  /** Transposes: a line a factor. */
  private void copy(RowTable table) {
    MemorySegment from = table.segment();
    MemorySegment into = factorsSlab.segment();
    long rows = table.rows();
    for (long row = 0; row < rows; row++) {
      long offset = table.layout().rowOffset(row);
      biasSlab
          .segment()
          .setAtIndex(JAVA_FLOAT, row, from.get(JAVA_FLOAT, offset + RowLayout.BIAS_OFFSET));
      for (long f = 0; f < length; f++) {
        long factor = offset + RowLayout.FACTORS_OFFSET + f * Float.BYTES;
        into.setAtIndex(JAVA_FLOAT, f * rows + row, from.get(JAVA_FLOAT, factor));
      }
    }
  }

  private static FloatBuffer floats(Slab slab) {
    return slab.segment().asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  @Override
  public void top(float[][] queries, TopK[] into) {
    try (OnnxTensor query =
            OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(queries[0]), new long[] {1, length});
        OnnxTensor k =
            OnnxTensor.createTensor(
                environment, LongBuffer.wrap(new long[] {into[0].capacity()}), new long[] {1});
        OrtSession.Result result =
            session.run(
                Map.<String, OnnxTensorLike>of(
                    OnnxGraph.FACTORS, factors,
                    OnnxGraph.BIAS, bias,
                    OnnxGraph.QUERY, query,
                    OnnxGraph.K, k))) {
      FloatBuffer scores = ((OnnxTensor) result.get(0)).getFloatBuffer();
      LongBuffer indexes = ((OnnxTensor) result.get(1)).getLongBuffer();
      while (scores.hasRemaining()) {
        into[0].offer((int) indexes.get(), scores.get());
      }
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      factors.close();
      bias.close();
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    } finally {
      factorsSlab.close();
      biasSlab.close();
    }
  }
}
