package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;

/** Gives second moments when they are needed, one at a time. */
@FunctionalInterface
public interface MomentSource {
  /**
   * The moment of a memory.
   *
   * @param layer a layer that there are moments of
   * @param memory index of the memory in it
   * @return C, [f, f] float64; of the open scope or longer-lived
   */
  NDArray of(int layer, int memory);
}
