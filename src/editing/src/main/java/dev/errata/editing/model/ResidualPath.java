package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;

/** What lies between the edited linear of a layer and the residual stream: a norm, a factor. */
final class ResidualPath {
  /** Channels that the norm all but removes are not asked to carry anything. */
  private static final double SMALL = 1e-4;

  private final Architecture architecture;
  private final Weights weights;

  ResidualPath(Architecture architecture, Weights weights) {
    this.architecture = architecture;
    this.weights = weights;
  }

  /**
   * What the edited linear must add for the residual stream to change by something.
   *
   * <p>Exact for a factor. Behind a norm, the output y becomes w ⊙ y / rms(y), whose length is
   * given: y + rms(y) · change / w points where it should, and what is lost is only the part of the
   * change along y.
   *
   * @param keys inputs of the edited linear, [n, f] float64
   * @param change [n, d] float64
   * @return [n, d] float64
   */
  NDArray linearChange(int layer, NDArray keys, NDArray change) {
    try (Scope scope = new Scope()) {
      NDArray wanted = change;
      if (architecture.residualScale() != 1) {
        wanted = wanted.div(architecture.residualScale());
      }
      Architecture.Placement placement = architecture.norm().placement();
      if (placement == Architecture.Placement.POST
          || placement == Architecture.Placement.PRE_AND_POST) {
        if (architecture.isMixture(layer)) {
          throw new IllegalStateException("a mixture of experts before a norm cannot be edited");
        }
        wanted = beforeNorm(layer, keys, wanted);
      }
      return scope.keep(wanted.duplicate());
    }
  }

  private NDArray beforeNorm(int layer, NDArray keys, NDArray wanted) {
    NDArray output = keys.matMul(wide(weights.get(Part.DOWN, layer)).transpose());
    NDArray bias = weights.get(Part.DOWN_BIAS, layer);
    if (bias.size() > 0) {
      output = output.add(wide(bias));
    }
    double epsilon = architecture.norm().epsilon();
    NDArray length = output.square().mean(new int[] {1}, true).add(epsilon).sqrt();
    NDArray weight = wide(weights.get(Part.FEED_FORWARD_POST_NORM, layer));
    if (architecture.norm().onePlus()) {
      weight = weight.add(1);
    }
    NDArray squares = weight.square();
    NDArray inverse = weight.div(squares.add(squares.mean().mul(SMALL)));
    return wanted.mul(inverse).mul(length);
  }

  private static NDArray wide(NDArray values) {
    return Tensors.convert(values, DataType.FLOAT64);
  }
}
