package dev.errata.editing.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import java.util.ArrayList;
import java.util.List;

/**
 * Closes every native tensor that was made on this thread while the scope was open, except those
 * handed to {@link #keep}. A kept tensor belongs to the enclosing scope, or, where there is none,
 * to its {@code NDManager}.
 *
 * <p>DJL attaches the result of an operation to the manager of its first operand, so an operation
 * on a weight would live as long as the model; scopes close such results all the same.
 */
public final class Scope implements AutoCloseable {
  private final NDScope scope = new NDScope();
  private final List<NDArray> kept = new ArrayList<>();
  private final List<NDArray> released = new ArrayList<>();

  /**
   * Lets a tensor outlive this scope.
   *
   * @param array a tensor made on this thread
   * @return the same tensor
   */
  public NDArray keep(NDArray array) {
    kept.add(array);
    return array;
  }

  /** Lets every tensor of a list outlive this scope. */
  public NDList keep(NDList list) {
    kept.addAll(list);
    return list;
  }

  /**
   * Lets a tensor outlive every scope: from now on it lives until it or its {@code NDManager} is
   * closed.
   */
  public NDArray release(NDArray array) {
    released.add(array);
    return array;
  }

  /**
   * Takes a tensor out of the innermost scope, whoever opened it: for a callback that runs inside
   * the scope of its caller. It lives until it is closed, or {@link #adopt adopted} by a scope.
   */
  public static NDArray escape(NDArray array) {
    NDScope.unregister(array);
    return array;
  }

  /** Puts a tensor into the innermost open scope. */
  public static NDArray adopt(NDArray array) {
    NDScope.register(array);
    return array;
  }

  @Override
  public void close() {
    // NDScope.unregister touches the innermost scope only; scopes are closed innermost first.
    kept.forEach(NDScope::unregister);
    released.forEach(NDScope::unregister);
    scope.close();
    kept.forEach(NDScope::register);
  }
}
