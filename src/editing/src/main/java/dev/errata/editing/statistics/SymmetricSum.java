package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Σ k kᵀ over batches of keys, of which only the half that decides it is computed and kept: panels
 * of rows, each from the first column to the diagonal.
 *
 * <p>A product of a batch is computed in the type of the keys and added up in float64. Panels live
 * until this is closed.
 */
final class SymmetricSum implements AutoCloseable {
  private static final int LEAST_PANEL = 384;
  private static final int PANELS = 8;

  private final int width;
  private final int panelWidth;
  private final NDArray[] panels;

  /** An empty sum of keys of a width, f. */
  SymmetricSum(int width) {
    this.width = width;
    this.panelWidth = panelWidth(width);
    this.panels = new NDArray[count(width)];
  }

  /**
   * Takes over panels.
   *
   * @param panels of the {@link #shapes}, of no scope; none for an empty sum
   */
  SymmetricSum(int width, List<NDArray> panels) {
    this(width);
    panels.toArray(this.panels);
  }

  private static int panelWidth(int width) {
    return Math.max(LEAST_PANEL, (width + PANELS - 1) / PANELS);
  }

  /** How many panels a sum of a width has. */
  static int count(int width) {
    return (width + panelWidth(width) - 1) / panelWidth(width);
  }

  /** Bytes of a sum. */
  static long bytes(int width) {
    long values = 0;
    for (int panel = 0; panel < count(width); panel++) {
      long end = Math.min(width, (panel + 1L) * panelWidth(width));
      values += (end - (long) panel * panelWidth(width)) * end;
    }
    return values * Double.BYTES;
  }

  private int start(int panel) {
    return panel * panelWidth;
  }

  private int end(int panel) {
    return Math.min(width, (panel + 1) * panelWidth);
  }

  /**
   * Adds a batch.
   *
   * @param keys K, [m, f], float32 or float64
   */
  void add(NDArray keys) {
    for (int panel = 0; panel < panels.length; panel++) {
      try (Scope scope = new Scope()) {
        NDArray own = keys.get(":, " + start(panel) + ":" + end(panel));
        NDArray product = own.transpose().matMul(keys.get(":, :" + end(panel)));
        if (panels[panel] == null) {
          panels[panel] = scope.release(Tensors.convert(product, DataType.FLOAT64));
        } else {
          panels[panel].addi(product);
        }
      }
    }
  }

  boolean isEmpty() {
    return panels[0] == null;
  }

  /** The panels, lowest rows first, [rows, columns up to the diagonal] float64; none when empty. */
  List<NDArray> panels() {
    return isEmpty() ? List.of() : List.of(panels);
  }

  /**
   * The sum divided by something; gives back its own memory on the way.
   *
   * @param manager owns the result where no scope does
   * @return [f, f] float64, symmetric to the bit, to the open scope; 0 when nothing was added
   */
  NDArray takeMean(NDManager manager, double divisor) {
    try (Scope scope = new Scope()) {
      NDArray mean = scope.keep(manager.zeros(new Shape(width, width), DataType.FLOAT64));
      for (int panel = 0; panel < panels.length && !isTaken(panel); panel++) {
        put(mean, panel, divisor);
        panels[panel].close();
        panels[panel] = null;
      }
      return mean;
    }
  }

  private boolean isTaken(int panel) {
    return panels[panel] == null;
  }

  private void put(NDArray mean, int panel, double divisor) {
    try (Scope scope = new Scope()) {
      String rows = start(panel) + ":" + end(panel);
      String left = "0:" + start(panel);
      NDArray scaled = panels[panel].divi(divisor);
      if (panel > 0) {
        NDArray below = scaled.get(":, " + left);
        Tensors.fill(mean.get(rows + ", " + left), below);
        Tensors.fill(mean.get(left + ", " + rows), below.transpose());
      }
      // Rounding makes products a little askew.
      NDArray square = scaled.get(":, " + rows);
      Tensors.fill(mean.get(rows + ", " + rows), square.add(square.transpose()).muli(0.5));
    }
  }

  /** The panels of a width, for reading them again. */
  static List<Shape> shapes(int width) {
    SymmetricSum like = new SymmetricSum(width);
    List<Shape> shapes = new ArrayList<>();
    for (int panel = 0; panel < like.panels.length; panel++) {
      shapes.add(new Shape(like.end(panel) - like.start(panel), like.end(panel)));
    }
    return shapes;
  }

  @Override
  public void close() {
    Arrays.stream(panels).filter(Objects::nonNull).forEach(NDArray::close);
  }
}
