package dev.errata.editing.memory;

import ai.djl.ndarray.NDArray;

/**
 * One linear map W [d, f] that is to be changed: the second linear of a dense feed-forward layer,
 * or of one expert.
 *
 * @param keys its input at every edited position, times the gate and the square root of the row's
 *     weight; a zero row where the position does not reach it; [n, f], any floating type
 * @param metric what its change costs
 */
public record LinearMemory(NDArray keys, Metric metric) {
  public LinearMemory {
    if (keys.getShape().dimension() != 2 || keys.getShape().get(1) != metric.width()) {
      throw new IllegalArgumentException(
          "keys " + keys.getShape() + " do not fit a metric of width " + metric.width());
    }
  }
}
