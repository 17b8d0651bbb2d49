package dev.errata.editing.memory;

import ai.djl.ndarray.NDArray;

/**
 * One linear map W [d, f] that is to be changed: the second linear of a dense feed-forward layer,
 * or of one expert.
 *
 * @param keys its input at the edited positions that reach it, times the gate and the square root
 *     of the row's weight, [m, f], any floating type
 * @param rows the rows of the residuals that these belong to, ascending, length m; null for all of
 *     them in order
 * @param metric what its change costs
 */
public record LinearMemory(NDArray keys, long[] rows, Metric metric) {
  public LinearMemory {
    if (keys.getShape().dimension() != 2 || keys.getShape().get(1) != metric.width()) {
      throw new IllegalArgumentException(
          "keys " + keys.getShape() + " do not fit a metric of width " + metric.width());
    }
    if (rows != null && keys.getShape().get(0) != rows.length) {
      throw new IllegalArgumentException(
          "keys " + keys.getShape() + " do not fit " + rows.length + " rows");
    }
  }

  /** A memory that every row reaches, with a key of 0 where it does not. */
  public LinearMemory(NDArray keys, Metric metric) {
    this(keys, null, metric);
  }

  /** The same with another weight of its metric. */
  LinearMemory withWeight(double weight) {
    return new LinearMemory(keys, rows, metric.withWeight(weight));
  }
}
