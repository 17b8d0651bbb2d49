package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.torch.Scope;

/**
 * A dense block before its edited linear.
 *
 * @param middle what the linear's output is added to, [B, T, d]
 * @param key the linear's input, [B, T, f]
 */
public record HalfBlock(NDArray middle, NDArray key) implements AutoCloseable {
  /** Lets the tensors outlive a scope, until this is closed. */
  public HalfBlock release(Scope scope) {
    scope.release(middle);
    scope.release(key);
    return this;
  }

  @Override
  public void close() {
    middle.close();
    key.close();
  }
}
