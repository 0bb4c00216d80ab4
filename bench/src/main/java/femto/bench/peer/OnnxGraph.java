package femto.bench.peer;

/**
 * The model that ONNX Runtime gets: {@code TopK(MatMul(query, factors) + bias)}, with everything an
 * input, so that the table is neither copied nor limited to the two gigabytes of a model file.
 *
 * <p>The factors are a matrix of one line a factor and one column a candidate, which it multiplies
 * fastest: 2.6 ns a candidate with the TopK, on an EPYC with AVX-512. A line a candidate, times a
 * matrix of one column, took 3.7; times a vector, 355.
 *
 * <p>Field numbers are those of onnx.proto (IR version 8, operator set 13).
 */
final class OnnxGraph {
  static final String FACTORS = "factors";
  static final String BIAS = "bias";
  static final String QUERY = "query";
  static final String K = "k";
  static final String SCORES = "scores";
  static final String INDEXES = "indexes";

  private static final int IR_VERSION = 8;
  private static final int OPERATOR_SET = 13;
  private static final int FLOAT = 1;
  private static final int INT64 = 7;

  private OnnxGraph() {}

  /** The model, as the bytes of a ModelProto. */
  static byte[] bytes(int length) {
    String candidates = "candidates";
    String lines = Integer.toString(length);
    Protobuf graph =
        new Protobuf()
            .message(1, node("MatMul", "products", QUERY, FACTORS))
            .message(1, node("Add", "sums", "products", BIAS))
            .message(1, topK())
            .text(2, "top")
            .message(11, value(FACTORS, FLOAT, lines, candidates))
            .message(11, value(QUERY, FLOAT, "1", lines))
            .message(11, value(BIAS, FLOAT, "1", candidates))
            .message(11, value(K, INT64, "1"))
            .message(12, value(SCORES, FLOAT, "1", "best"))
            .message(12, value(INDEXES, INT64, "1", "best"));
    return new Protobuf()
        .number(1, IR_VERSION)
        .text(2, "femto")
        .message(7, graph)
        .message(8, new Protobuf().text(1, "").number(2, OPERATOR_SET))
        .toByteArray();
  }

  private static Protobuf node(String operator, String output, String... inputs) {
    Protobuf node = new Protobuf();
    for (String input : inputs) {
      node.text(1, input);
    }
    return node.text(2, output).text(4, operator);
  }

  /** Largest first, in order: what it does unless told otherwise. */
  private static Protobuf topK() {
    return new Protobuf()
        .text(1, "sums")
        .text(1, K)
        .text(2, SCORES)
        .text(2, INDEXES)
        .text(4, "TopK");
  }

  /** An input or output; each dimension is a number, or a name for one that is known later. */
  private static Protobuf value(String name, int elementType, String... dimensions) {
    Protobuf shape = new Protobuf();
    for (String dimension : dimensions) {
      boolean known = Character.isDigit(dimension.charAt(0));
      shape.message(
          1,
          known
              ? new Protobuf().number(1, Long.parseLong(dimension))
              : new Protobuf().text(2, dimension));
    }
    Protobuf tensor = new Protobuf().number(1, elementType).message(2, shape);
    return new Protobuf().text(1, name).message(2, new Protobuf().message(1, tensor));
  }
}
