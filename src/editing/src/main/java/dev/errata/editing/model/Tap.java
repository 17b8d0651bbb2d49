package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.function.BiConsumer;

/** The only way to look inside a forward pass or to change it. */
@FunctionalInterface
public interface Tap {
  /** Looks at nothing. */
  Tap NONE = (layer, site, value) -> value;

  /**
   * Called at every site of every block, in order.
   *
   * @param layer the block, from 0
   * @param site the place
   * @param value the value there, of the shape that the site names; closed by the decoder, so a tap
   *     that keeps it must copy it or {@code Scope.release} a duplicate
   * @return the value to go on with: the same one, or another of its shape
   */
  NDArray at(int layer, Site site, NDArray value);

  /**
   * Called once for every block with what its linear memories read, before their outputs are
   * computed.
   *
   * @param layer the block, from 0
   * @param keys one for every memory that some position reaches, by index; closed by the decoder
   */
  default void keys(int layer, List<MemoryKeys> keys) {}

  /** A tap that looks at the keys of memories only. */
  static Tap ofKeys(BiConsumer<Integer, List<MemoryKeys>> consumer) {
    return new Tap() {
      @Override
      public NDArray at(int layer, Site site, NDArray value) {
        return value;
      }

      @Override
      public void keys(int layer, List<MemoryKeys> keys) {
        consumer.accept(layer, keys);
      }
    };
  }
}
