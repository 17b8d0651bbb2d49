package dev.errata.lab.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * AdamW with decoupled decay and a common clip of all gradients (Loshchilov and Hutter 2019,
 * algorithm 2), in place.
 */
final class AdamW {
  private final Kernels kernels;
  private final NDManager manager;
  private final Recipe.Optimiser settings;
  private final List<NDArray> weights;
  private final List<NDArray> first;
  private final List<NDArray> second;

  /**
   * Takes hold of the tensors that {@link #step} changes.
   *
   * @param weights float32, each with a gradient
   * @param first decayed mean of the gradients, of the weights' shapes; changed in place
   * @param second decayed mean of their squares, of the weights' shapes; changed in place
   */
  AdamW(
      Kernels kernels,
      NDManager manager,
      Recipe.Optimiser settings,
      List<NDArray> weights,
      List<NDArray> first,
      List<NDArray> second) {
    this.kernels = kernels;
    this.manager = manager;
    this.settings = settings;
    this.weights = List.copyOf(weights);
    this.first = List.copyOf(first);
    this.second = List.copyOf(second);
  }

  /**
   * Moves the weights along their gradients, which are zero afterwards.
   *
   * @param step from 0
   * @param rate learning rate of this step
   * @return the norm of all gradients before it was clipped
   */
  double step(int step, double rate) {
    try (Scope scope = new Scope()) {
      List<NDArray> gradients = new ArrayList<>();
      weights.forEach(weight -> gradients.add(weight.getGradient()));
      double[] values = {
        rate,
        settings.beta1(),
        settings.beta2(),
        settings.epsilon(),
        settings.decay(),
        settings.clip(),
        1 - Math.pow(settings.beta1(), step + 1.0),
        Math.sqrt(1 - Math.pow(settings.beta2(), step + 1.0))
      };
      return kernels
          .one("adamw", weights, gradients, first, second, manager.create(values))
          .getDouble();
    }
  }
}
