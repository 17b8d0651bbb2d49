package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;

/**
 * The rows of fused tensors: {@code groups} equal runs of rows, in each a piece of every part, in
 * the parts' order.
 */
final class RowGroups {
  private RowGroups() {}

  /**
   * The rows of one part.
   *
   * @param whole [rows, in] or [rows]
   */
  static NDArray part(NDArray whole, Slot slot) {
    if (slot.groups() == 1) {
      return whole.get(slot.from() + ":" + slot.to());
    }
    NDArray grouped = grouped(whole, slot.groups());
    return flat(grouped.get(":, " + slot.from() + ":" + slot.to()));
  }

  /** The tensor that parts make up, given in the order in which they lie in every group. */
  static NDArray join(NDList parts, int groups) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    NDList pieces = new NDList();
    parts.forEach(part -> pieces.add(grouped(part, groups)));
    return flat(NDArrays.concat(pieces, 1));
  }

  private static NDArray grouped(NDArray rows, int groups) {
    Shape shape = rows.getShape();
    return rows.reshape(new Shape(groups, shape.get(0) / groups).addAll(shape.slice(1)));
  }

  private static NDArray flat(NDArray grouped) {
    Shape shape = grouped.getShape();
    return grouped.reshape(new Shape(shape.get(0) * shape.get(1)).addAll(shape.slice(2)));
  }
}
