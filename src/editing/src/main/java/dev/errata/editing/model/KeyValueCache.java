package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.Arrays;

/**
 * Keys and values of tokens that were computed before, for each layer [B, heads, C, headDim].
 *
 * <p>A cache with room is for generation: its tensors are made once, for as many columns as there
 * will be, and attention writes new keys and values into their place instead of joining tensors at
 * each step. No gradient may flow through it.
 *
 * <p>Holds its tensors until it is closed.
 */
public final class KeyValueCache implements AutoCloseable {
  private final NDArray[] keys;
  private final NDArray[] values;
  private final int room;
  private int[][] positions = new int[0][];

  /** An empty cache for a model of so many layers. */
  public KeyValueCache(int layers) {
    this(layers, 0);
  }

  private KeyValueCache(int layers, int room) {
    this.keys = new NDArray[layers];
    this.values = new NDArray[layers];
    this.room = room;
  }

  /**
   * An empty cache with room.
   *
   * @param columns how many tokens a row will have, padding included, at most
   */
  public static KeyValueCache withRoom(int layers, int columns) {
    return new KeyValueCache(layers, columns);
  }

  /** Position of each cached column, [B][C]; -1 at padding. */
  int[][] positions() {
    return positions;
  }

  /** Whether a layer has entries. */
  boolean has(int layer) {
    return keys[layer] != null;
  }

  /**
   * What attention joins with the keys and values of new tokens. Of a cache with room these are
   * views that end with the place of the new tokens, and a third, empty tensor that says so.
   */
  NDList entries(int layer) {
    if (room == 0) {
      return new NDList(keys[layer], values[layer]);
    }
    String filled = ":, :, :" + positions[0].length;
    NDArray key = keys[layer].get(filled);
    return new NDList(key, values[layer].get(filled), key.get(":0"));
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

  /** Adds what attention has computed; in a cache with room attention has done so itself. */
  void append(int layer, NDArray key, NDArray value) {
    if (room > 0 && keys[layer] != null) {
      return;
    }
    try (Scope scope = new Scope()) {
      if (room > 0) {
        keys[layer] = scope.release(roomFor(key));
        values[layer] = scope.release(roomFor(value));
      } else if (keys[layer] == null) {
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

  private NDArray roomFor(NDArray first) {
    Shape shape = first.getShape();
    long columns = shape.get(2);
    if (columns >= room) {
      return first.duplicate();
    }
    Shape rest = new Shape(shape.get(0), shape.get(1), room - columns, shape.get(3));
    NDArray empty = Tensors.convert(first.getManager().zeros(rest), first.getDataType());
    return first.concat(empty, 2);
  }

  /**
   * A cache of some of the rows; a row may come several times.
   *
   * @param rows indices into the batch, int64 [B']
   * @param picked the same as a Java array
   */
  public KeyValueCache rows(NDArray rows, int[] picked) {
    KeyValueCache result = new KeyValueCache(keys.length, room);
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
