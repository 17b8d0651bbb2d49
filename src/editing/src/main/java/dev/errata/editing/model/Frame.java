package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.torch.Scope;
import java.util.Map;

/**
 * What attention needs to know of a batch's positions; the same for all layers.
 *
 * @param cos cosine of the rotary angles [B, 1, T, dims], or empty
 * @param sin their sine
 * @param masks for each window in use (0: none) 0 where a query sees a column and −∞ elsewhere, [B,
 *     1, T, C + T]; C is the width of the cache
 */
public record Frame(NDArray cos, NDArray sin, Map<Integer, NDArray> masks)
    implements AutoCloseable {

  /** Lets the frame outlive a scope, until it is closed. */
  public Frame release(Scope scope) {
    scope.release(cos);
    scope.release(sin);
    masks.values().forEach(scope::release);
    return this;
  }

  @Override
  public void close() {
    masks.values().forEach(NDArray::close);
    if (cos != sin) { // one shared empty tensor where positions are learned
      cos.close();
      sin.close();
    }
  }
}
