package dev.errata.editing.checkpoint;

import java.util.Arrays;
import java.util.List;

/**
 * Where a tensor lies and what it holds.
 *
 * @param name its Hugging Face name
 * @param dtype element type, as stored
 * @param shape sizes of its axes, row major; empty for a scalar
 * @param file name of the safetensors file that holds it, within the checkpoint's directory
 * @param offset first byte, counted from the start of that file
 */
public record TensorInfo(String name, Dtype dtype, List<Long> shape, String file, long offset) {
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** The shape as the array that numeric libraries want. */
  public long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /** Number of elements. */
  public long elements() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  /** Length of the data in bytes. */
  public long bytes() {
    return Math.multiplyExact(elements(), (long) dtype.bytes());
  }

  /** The position of the element with this row-major number, as "[row, column]". */
  String position(long element) {
    long[] position = new long[shape.size()];
    long rest = element;
    for (int axis = position.length - 1; axis >= 0; axis--) {
      position[axis] = rest % shape.get(axis);
      rest /= shape.get(axis);
    }
    return Arrays.toString(position);
  }
}
