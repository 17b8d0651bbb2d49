package dev.errata.editing.statistics;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.Arrays;

/** Float64 matrices of a checkpoint, read and written without a copy beside the tensor. */
final class StoredMatrix {
  private StoredMatrix() {}

  /**
   * Reads one; of its file nothing stays in memory.
   *
   * @return float64, to the open scope, on the manager's device
   */
  static NDArray read(Checkpoint stored, String name, NDManager manager) {
    try (Scope scope = new Scope()) {
      Shape shape = new Shape(stored.tensor(name).dimensions());
      NDArray matrix = manager.create(shape, DataType.FLOAT64, Device.cpu());
      stored.read(name, 0, Tensors.memory(matrix));
      return scope.keep(matrix.toDevice(manager.getDevice(), false));
    }
  }

  /** A tensor of a checkpoint over the memory of a matrix, which must outlive the writing. */
  static NewTensor of(NDArray matrix) {
    return new NewTensor(
        Dtype.F64,
        Arrays.stream(matrix.getShape().getShape()).boxed().toList(),
        matrix.getDevice().isGpu() ? Tensors.bytes(matrix) : Tensors.memory(matrix));
  }
}
