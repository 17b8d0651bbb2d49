package dev.errata.editing.method.memit;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;

/**
 * Keys of facts that earlier versions of the model were given and that are to stay as they are.
 *
 * @param keys by layer and memory, K₀ [m, f], gates and square roots of weights included
 */
public record EarlierKeys(Map<Integer, Map<Integer, NDArray>> keys) {
  /** Of a model that was never edited. */
  public static final EarlierKeys NONE = new EarlierKeys(Map.of());

  /** The keys of a memory, or null when there are none. */
  NDArray of(int layer, int memory) {
    return keys.getOrDefault(layer, Map.of()).get(memory);
  }

  /** How many keys there are at a layer over all its memories. */
  public long count(int layer) {
    return List.copyOf(keys.getOrDefault(layer, Map.of()).values()).stream()
        .mapToLong(rows -> rows.getShape().get(0))
        .sum();
  }
}
