package femto.file;

import java.util.Arrays;
import java.util.List;

/**
 * What the header of a safetensors file says of one tensor.
 *
 * @param name its name
 * @param dtype type of its numbers
 * @param shape its dimensions, outermost first; empty for a single number
 * @param begin offset of its first byte, counted from the end of the header
 * @param end offset behind its last byte
 */
public record TensorInfo(String name, Dtype dtype, List<Long> shape, long begin, long end) {
  /** Takes a copy of the shape. */
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /**
   * Size in bytes.
   *
   * @return end - begin
   */
  public long byteSize() {
    return end - begin;
  }

  /**
   * Whether the tensor has a given type and shape.
   *
   * @param expected the type
   * @param dimensions the shape, -1 for a dimension of any size
   * @return true if both fit
   */
  public boolean is(Dtype expected, long... dimensions) {
    if (dtype != expected || shape.size() != dimensions.length) {
      return false;
    }
    for (int i = 0; i < dimensions.length; i++) {
      if (dimensions[i] != -1 && dimensions[i] != shape.get(i)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Type and shape as text, such as {@code F32 [1682, 16]}.
   *
   * @return the text
   */
  public String describe() {
    return describe(dtype, shape.stream().mapToLong(Long::longValue).toArray());
  }

  static String describe(Dtype dtype, long... dimensions) {
    return dtype + " " + Arrays.toString(dimensions).replace("-1", "any");
  }
}
