package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;

/**
 * What one linear memory of a block reads: the input of its edited linear at the positions that
 * reach it.
 *
 * @param memory index of the memory: 0 in a dense layer, else the expert, or E for the shared one
 * @param positions row · T + position of each, int64 [m], ascending; null for all positions of the
 *     batch in order
 * @param gates factor on the memory's output at each, [m]; null for 1
 * @param keys [m, f]
 */
public record MemoryKeys(int memory, NDArray positions, NDArray gates, NDArray keys) {
  /** The keys times their gates, [m, f]. */
  public NDArray gated() {
    return gates == null ? keys : keys.mul(gates.reshape(-1, 1));
  }
}
