package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.Arrays;

/**
 * Keys and values of tokens that were computed before, for each layer [B, heads, C, headDim].
 *
 * <p>Holds its tensors until it is closed.
 */
public final class KeyValueCache implements AutoCloseable {
  private final NDArray[] keys;
  private final NDArray[] values;
  private int[][] positions = new int[0][];

  /** An empty cache for a model of so many layers. */
  public KeyValueCache(int layers) {
    keys = new NDArray[layers];
    values = new NDArray[layers];
  }

  /** Position of each cached column, [B][C]; -1 at padding. */
  int[][] positions() {
    return positions;
  }

  /** Whether a layer has entries. */
  boolean has(int layer) {
    return keys[layer] != null;
  }

  NDList entries(int layer) {
    return new NDList(keys[layer], values[layer]);
  }

  /** Notes the positions of columns that every layer is about to get. */
  void extend(int[][] added) {
    if (positions.length == 0) {
      positions = added;
      return;
    }
    int[][] joined = new int[added.length][];
    for (int row = 0; row < added.length; row++) {
      int old = positions[row].length;
      joined[row] = Arrays.copyOf(positions[row], old + added[row].length);
      System.arraycopy(added[row], 0, joined[row], old, added[row].length);
    }
    positions = joined;
  }

  void append(int layer, NDArray key, NDArray value) {
    try (Scope scope = new Scope()) {
      if (keys[layer] == null) {
        keys[layer] = scope.release(key.duplicate());
        values[layer] = scope.release(value.duplicate());
      } else {
        NDArray oldKey = keys[layer];
        NDArray oldValue = values[layer];
        keys[layer] = scope.release(oldKey.concat(key, 2));
        values[layer] = scope.release(oldValue.concat(value, 2));
        oldKey.close();
        oldValue.close();
      }
    }
  }

  /**
   * A cache of some of the rows; a row may come several times.
   *
   * @param rows indices into the batch, int64 [B']
   * @param picked the same as a Java array
   */
  public KeyValueCache rows(NDArray rows, int[] picked) {
    KeyValueCache result = new KeyValueCache(keys.length);
    result.positions = Arrays.stream(picked).mapToObj(row -> positions[row]).toArray(int[][]::new);
    try (Scope scope = new Scope()) {
      for (int layer = 0; layer < keys.length; layer++) {
        if (keys[layer] != null) {
          result.keys[layer] = scope.release(Tensors.rows(keys[layer], rows));
          result.values[layer] = scope.release(Tensors.rows(values[layer], rows));
        }
      }
    }
    return result;
  }

  /** Forgets the entries of layers {@code from} … {@code to − 1}. */
  public void drop(int from, int to) {
    for (int layer = from; layer < to; layer++) {
      if (keys[layer] != null) {
        keys[layer].close();
        values[layer].close();
        keys[layer] = null;
        values[layer] = null;
      }
    }
  }

  @Override
  public void close() {
    drop(0, keys.length);
  }
}
