package dev.errata.lab.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Scope;
import java.util.List;

/**
 * AdamW with decoupled decay and a common clip of all gradients (Loshchilov and Hutter 2019,
 * algorithm 2), in place.
 */
final class AdamW {
  private final Kernels kernels;
  private final NDManager manager;
  private final Recipe.Optimiser settings;
  private final List<Learner> learners;

  /**
   * A weight that learns.
   *
   * @param weight float32, with a gradient
   * @param first decayed mean of its gradients, of its shape; changed in place
   * @param second decayed mean of their squares, of its shape; changed in place
   * @param from step, from 0, in which it first has a gradient; it rests before
   */
  record Learner(NDArray weight, NDArray first, NDArray second, int from) {}

  AdamW(Kernels kernels, NDManager manager, Recipe.Optimiser settings, List<Learner> learners) {
    this.kernels = kernels;
    this.manager = manager;
    this.settings = settings;
    this.learners = List.copyOf(learners);
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
      List<Learner> awake = learners.stream().filter(each -> each.from() <= step).toList();
      double[] corrections = new double[2 * awake.size()];
      for (int i = 0; i < awake.size(); i++) {
        double count = step - awake.get(i).from() + 1.0;
        corrections[2 * i] = 1 - Math.pow(settings.beta1(), count);
        corrections[2 * i + 1] = Math.sqrt(1 - Math.pow(settings.beta2(), count));
      }
      double[] values = {
        rate,
        settings.beta1(),
        settings.beta2(),
        settings.epsilon(),
        settings.decay(),
        settings.clip()
      };
      return kernels
          .one(
              "adamw",
              awake.stream().map(Learner::weight).toList(),
              awake.stream().map(each -> each.weight().getGradient()).toList(),
              awake.stream().map(Learner::first).toList(),
              awake.stream().map(Learner::second).toList(),
              manager.create(values),
              manager.create(corrections))
          .getDouble();
    }
  }
}
