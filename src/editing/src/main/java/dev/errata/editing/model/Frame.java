package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What attention needs to know of a batch's positions; the same for all layers.
 *
 * @param cos cosine of the rotary angles [B, 1, T, dims], or empty
 * @param sin their sine
 * @param masks for each window in use (0: none) 0 where a query sees a column and −∞ elsewhere, [B,
 *     1, T, C + T]; C is the width of the cache
 * @param places where the tokens of packed states lie in the flattened batch, int64 [N]; null where
 *     states are padded
 */
public record Frame(NDArray cos, NDArray sin, Map<Integer, NDArray> masks, NDArray places)
    implements AutoCloseable {

  /** Lets the frame outlive a scope, until it is closed. */
  public Frame release(Scope scope) {
    tensors().forEach(scope::release);
    return this;
  }

  private List<NDArray> tensors() {
    List<NDArray> tensors = new ArrayList<>(masks.values());
    tensors.add(cos);
    tensors.add(sin);
    if (places != null) {
      tensors.add(places);
    }
    return tensors;
  }

  @Override
  public void close() {
    masks.values().forEach(NDArray::close);
    if (places != null) {
      places.close();
    }
    if (cos != sin) { // one shared empty tensor where positions are learned
      cos.close();
      sin.close();
    }
  }
}
