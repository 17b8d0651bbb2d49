package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.torch.Tensors;

/** Picks positions out of a batch. */
public final class Rows {
  private Rows() {}

  /**
   * One position of every row.
   *
   * @param values [B, T, w]
   * @param positions a position for each row, length B
   * @return [B, w]
   */
  public static NDArray pick(NDArray values, long[] positions) {
    long width = values.getShape().get(1);
    long[] flat = new long[positions.length];
    for (int row = 0; row < flat.length; row++) {
      flat[row] = row * width + positions[row];
    }
    return pickFlat(values, flat);
  }

  /**
   * Positions of the flattened batch.
   *
   * @param values [B, T, w]
   * @param flat row · T + position of each wanted one, length m
   * @return [m, w]
   */
  public static NDArray pickFlat(NDArray values, long[] flat) {
    Shape shape = values.getShape();
    return Tensors.rows(values.reshape(shape.get(0) * shape.get(1), shape.get(2)), flat);
  }
}
