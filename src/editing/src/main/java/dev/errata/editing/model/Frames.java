package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.HashMap;
import java.util.Map;

/**
 * Makes the positions and masks of batches.
 *
 * @param noAngles what a frame without rotary positions holds
 */
record Frames(Architecture architecture, Compute compute, NDManager manager, NDArray noAngles) {
  /** For a batch behind the tokens of a cache, which may be null. */
  Frame of(TokenBatch batch, KeyValueCache past) {
    int[][] now = batch.paddedPositions();
    boolean alone = past == null || past.positions().length == 0;
    int[][] before = alone ? new int[now.length][0] : past.positions();
    NDArray cos = noAngles;
    NDArray sin = noAngles;
    Rotary rotary = architecture.rotary();
    if (rotary != null) {
      cos = angles(rotary, now, false);
      sin = angles(rotary, now, true);
    }
    Map<Integer, NDArray> masks = new HashMap<>();
    for (int window : architecture.attention().windows()) {
      masks.computeIfAbsent(window, width -> mask(before, now, width));
    }
    return new Frame(cos, sin, masks, null);
  }

  /** The same for states of a batch that are packed. */
  Frame packed(TokenBatch batch, KeyValueCache past) {
    Frame padded = of(batch, past);
    try (Scope scope = new Scope()) {
      NDArray places = scope.keep(Tensors.owned(manager.create(batch.places())));
      return new Frame(padded.cos(), padded.sin(), padded.masks(), places);
    }
  }

  private NDArray angles(Rotary rotary, int[][] positions, boolean sine) {
    int width = positions[0].length;
    float[] values = new float[positions.length * width * rotary.dims()];
    for (int row = 0; row < positions.length; row++) {
      for (int i = 0; i < width; i++) {
        int offset = (row * width + i) * rotary.dims();
        rotary.fill(Math.max(0, positions[row][i]), sine, values, offset);
      }
    }
    try (Scope scope = new Scope()) {
      Shape shape = new Shape(positions.length, 1, width, rotary.dims());
      return scope.keep(Tensors.owned(manager.create(values, shape)));
    }
  }

  /** A token sees itself, and every real token at or before its position inside the window. */
  private NDArray mask(int[][] before, int[][] now, int window) {
    int cached = before[0].length;
    int width = now[0].length;
    int columns = cached + width;
    float[] values = new float[now.length * width * columns];
    for (int row = 0; row < now.length; row++) {
      for (int i = 0; i < width; i++) {
        int offset = (row * width + i) * columns;
        for (int column = 0; column < columns; column++) {
          int key = column < cached ? before[row][column] : now[row][column - cached];
          boolean self = column == cached + i;
          int distance = now[row][i] - key;
          boolean seen = key >= 0 && distance >= 0 && (window == 0 || distance < window);
          values[offset + column] = self || seen ? 0 : Float.NEGATIVE_INFINITY;
        }
      }
    }
    try (Scope scope = new Scope()) {
      NDArray mask = manager.create(values, new Shape(now.length, 1, width, columns));
      return scope.keep(Tensors.convert(Tensors.owned(mask), compute.type()));
    }
  }
}
