package dev.errata.lab.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;

/**
 * How fast the machine multiplies matrices: what a stage's time is held against.
 *
 * @param type floating type
 * @param size n of the products, n × n by n × n
 * @param perSecond floating-point operations a second by the clock, the median of five products
 * @param perCpuSecond the same a second of one processor
 */
public record MatrixRate(String type, int size, double perSecond, double perCpuSecond) {
  private static final int TIMES = 5;

  /** Measures on the device of a manager, behind a product that is not counted. */
  static MatrixRate measure(NDManager manager, DataType type, int size) {
    try (Scope scope = new Scope()) {
      Shape shape = new Shape(size, size);
      NDArray one = Tensors.convert(manager.randomNormal(shape), type);
      NDArray two = Tensors.convert(manager.randomNormal(shape), type);
      product(one, two);
      Cost cost = Cost.median(TIMES, () -> product(one, two)).cost();
      double operations = 2.0 * size * size * size;
      return new MatrixRate(
          type.name(), size, operations / cost.seconds(), operations / cost.cpuSeconds());
    }
  }

  private static double product(NDArray one, NDArray two) {
    try (Scope scope = new Scope()) {
      // Reading a value waits for the device.
      return one.matMul(two).get(0, 0).toType(DataType.FLOAT64, false).getDouble();
    }
  }
}
