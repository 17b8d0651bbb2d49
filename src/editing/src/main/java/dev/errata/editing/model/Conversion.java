package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.TensorInfo;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.nio.ByteBuffer;

/**
 * Reads tensors of a checkpoint in another type than they are stored in, piece by piece: of the
 * file nothing stays in memory. On the processor.
 */
final class Conversion {
  /** Values converted at once. */
  private static final int PIECE = 1 << 23;

  private final Checkpoint checkpoint;
  private final NDManager manager;
  private final DataType target;

  Conversion(Checkpoint checkpoint, NDManager manager, DataType target) {
    this.checkpoint = checkpoint;
    this.manager = manager;
    this.target = target;
  }

  /** The tensor type of a stored type. */
  static DataType type(Dtype dtype) {
    return switch (dtype) {
      case F64 -> DataType.FLOAT64;
      case F32 -> DataType.FLOAT32;
      case F16 -> DataType.FLOAT16;
      case BF16 -> DataType.BFLOAT16;
      default -> throw new IllegalStateException(dtype + " is no floating type");
    };
  }

  /**
   * A tensor, or a part of one.
   *
   * @param from first byte
   * @param shape of the part
   * @return to the open scope
   */
  NDArray read(TensorInfo info, long from, Shape shape) {
    try (Scope scope = new Scope()) {
      NDArray flat = empty(shape.size());
      for (long start = 0; start < shape.size(); start += PIECE) {
        long end = Math.min(shape.size(), start + PIECE);
        convert(info, from, start, end, flat);
      }
      return scope.keep(flat.reshape(shape));
    }
  }

  private void convert(TensorInfo info, long from, long start, long end, NDArray flat) {
    int width = info.dtype().bytes();
    try (Scope scope = new Scope()) {
      NDArray bytes = manager.create(new Shape((end - start) * width), DataType.UINT8);
      checkpoint.read(info.name(), from + start * width, Tensors.memory(bytes));
      Tensors.fillFromBytes(flat.get(start + ":" + end), bytes, type(info.dtype()));
    }
  }

  /**
   * Rows of a matrix.
   *
   * @param rows indices, in any order
   * @return [rows, columns], to the open scope
   */
  NDArray rows(TensorInfo info, int[] rows) {
    int columns = Math.toIntExact(info.dimensions()[1]);
    int width = info.dtype().bytes() * columns;
    try (Scope scope = new Scope()) {
      NDArray bytes = manager.create(new Shape((long) rows.length * width), DataType.UINT8);
      ByteBuffer memory = Tensors.memory(bytes);
      for (int i = 0; i < rows.length; i++) {
        checkpoint.read(info.name(), (long) rows[i] * width, memory.slice(i * width, width));
      }
      NDArray flat = empty((long) rows.length * columns);
      Tensors.fillFromBytes(flat, bytes, type(info.dtype()));
      return scope.keep(flat.reshape(rows.length, columns));
    }
  }

  /** DJL ends the process when it is asked for half types by itself. */
  private NDArray empty(long size) {
    boolean half = Tensors.width(target) == 2;
    NDArray wide = manager.create(new Shape(size), half ? DataType.FLOAT32 : target);
    return half ? Tensors.convert(wide, target) : wide;
  }
}
