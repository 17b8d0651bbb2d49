package dev.errata.lab.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.errata.editing.torch.Kernels;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdamWTest {
  private static final int REST = 2;
  private static final Recipe.Optimiser SETTINGS =
      new Recipe.Optimiser(0.1, 1, 0, 0.9, 0.98, 1e-8, 0.1, 1);

  /**
   * Algorithm 2 of the paper in float64, with the gradients of Σ x², which are 2x; b rests at
   * first.
   */
  @Test
  void itStepsAsThePaperSays() {
    double[] matrix = {3, -2, 0.5, 1};
    double[] vector = {0.25, -4};
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Kernels kernels = Kernels.load(manager, Training.class, "training.py", Map.of())) {
      NDArray w = manager.create(new float[] {3, -2, 0.5f, 1}, new Shape(2, 2));
      NDArray b = manager.create(new float[] {0.25f, -4});
      w.setRequiresGradient(true);
      b.setRequiresGradient(true);
      AdamW adamW = new AdamW(kernels, manager, SETTINGS, List.of(learner(w, 0), learner(b, REST)));
      double[][] moments = new double[4][4];
      for (int step = 0; step < 5; step++) {
        double norm = 2 * Math.sqrt(squares(matrix) + (step < REST ? 0 : squares(vector)));
        double shrink = Math.min(1, 1 / (norm + 1e-6));
        plain(matrix, shrink, 0.1, moments[0], moments[1], step);
        if (step >= REST) {
          plain(vector, shrink, 0, moments[2], moments[3], step - REST);
        }
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
          NDArray squares = w.square().sum();
          collector.backward(step < REST ? squares : squares.add(b.square().sum()));
        }
        assertThat(adamW.step(step, 0.1)).isCloseTo(norm, within(1e-5));
        assertThat(w.toFloatArray()).containsExactly(floats(matrix), within(1e-5f));
        assertThat(b.toFloatArray()).containsExactly(floats(vector), within(1e-5f));
      }
    }
  }

  private static void plain(
      double[] x, double shrink, double decay, double[] first, double[] second, int step) {
    for (int i = 0; i < x.length; i++) {
      double gradient = 2 * x[i] * shrink;
      first[i] = 0.9 * first[i] + 0.1 * gradient;
      second[i] = 0.98 * second[i] + 0.02 * gradient * gradient;
      double mean = first[i] / (1 - Math.pow(0.9, step + 1));
      double square = second[i] / (1 - Math.pow(0.98, step + 1));
      x[i] -= 0.1 * (mean / (Math.sqrt(square) + 1e-8) + decay * x[i]);
    }
  }

  private static AdamW.Learner learner(NDArray weight, int from) {
    NDManager manager = weight.getManager();
    Shape shape = weight.getShape();
    return new AdamW.Learner(weight, manager.zeros(shape), manager.zeros(shape), from);
  }

  private static double squares(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return sum;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
