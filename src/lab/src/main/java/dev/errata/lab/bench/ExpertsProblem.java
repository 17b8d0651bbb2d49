package dev.errata.lab.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.memory.LinearMemory;
import dev.errata.editing.memory.MomentMetric;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What a solve is given: for every expert its second moment, and the keys that reach it, gates
 * included.
 *
 * @param moments C_e of every expert, [f, f] float64
 * @param keys of every expert, [m, f] float64
 * @param rows which of the n rows these are, ascending
 * @param residuals R, [n, d] float64
 */
record ExpertsProblem(
    List<NDArray> moments, List<NDArray> keys, List<long[]> rows, NDArray residuals) {
  /** The spectrum of keys falls by this much from the first direction to the last. */
  private static final double CONDITION = 1e4;

  /**
   * Draws one; tensors belong to the open scope. Keys are Gaussian with a falling spectrum, the
   * scores of the router are Gaussian, gates the renormalised softmax over the best of them; the
   * moments are of 2 f further keys.
   */
  static ExpertsProblem draw(ExpertsPlan plan, NDManager manager) {
    manager.getEngine().setRandomSeed(plan.seed());
    int f = plan.width();
    double[] scales = new double[f];
    Arrays.setAll(scales, i -> Math.pow(CONDITION, -0.5 * i / Math.max(1, f - 1)));
    Random random = new Random(plan.seed());
    List<List<Long>> rows = new ArrayList<>();
    List<List<Double>> gates = new ArrayList<>();
    for (int e = 0; e < plan.experts(); e++) {
      rows.add(new ArrayList<>());
      gates.add(new ArrayList<>());
    }
    for (long row = 0; row < plan.keys(); row++) {
      route(plan, random, row, rows, gates);
    }
    List<NDArray> moments = new ArrayList<>();
    List<NDArray> keys = new ArrayList<>();
    try (Scope scope = new Scope()) {
      NDArray scale = scope.keep(manager.create(scales, new Shape(1, f)));
      for (int e = 0; e < plan.experts(); e++) {
        try (Scope inner = new Scope()) {
          NDArray seen = normal(manager, 2L * f, f).mul(scale);
          moments.add(inner.keep(seen.transpose().matMul(seen).div(2.0 * f)));
          double[] of = gates.get(e).stream().mapToDouble(gate -> gate).toArray();
          NDArray gate = manager.create(of, new Shape(of.length, 1));
          keys.add(inner.keep(normal(manager, of.length, f).mul(scale).mul(gate)));
        }
      }
      moments.forEach(scope::keep);
      keys.forEach(scope::keep);
      NDArray residuals = scope.keep(normal(manager, plan.keys(), plan.hidden()));
      return new ExpertsProblem(
          moments,
          keys,
          rows.stream().map(of -> of.stream().mapToLong(row -> row).toArray()).toList(),
          residuals);
    }
  }

  private static NDArray normal(NDManager manager, long rows, long columns) {
    NDArray drawn = manager.randomNormal(0, 1, new Shape(rows, columns), DataType.FLOAT32);
    return drawn.toType(DataType.FLOAT64, true);
  }

  private static void route(
      ExpertsPlan plan, Random random, long row, List<List<Long>> rows, List<List<Double>> gates) {
    double[] scores = new double[plan.experts()];
    Arrays.setAll(scores, e -> random.nextGaussian());
    int[] best =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted((a, b) -> Double.compare(scores[b], scores[a]))
            .limit(plan.perToken())
            .mapToInt(e -> e)
            .toArray();
    double sum = Arrays.stream(best).mapToDouble(e -> Math.exp(scores[e])).sum();
    for (int e : best) {
      rows.get(e).add(row);
      gates.get(e).add(Math.exp(scores[e]) / sum);
    }
  }

  /** The memories that some key reaches, each with the metric λ C_e; factors the moments. */
  List<LinearMemory> memories(double lambda) {
    List<LinearMemory> memories = new ArrayList<>();
    for (int e = 0; e < keys.size(); e++) {
      if (rows.get(e).length > 0) {
        MomentMetric metric = MomentMetric.of(moments.get(e), lambda);
        memories.add(new LinearMemory(keys.get(e), rows.get(e), metric));
      }
    }
    return memories;
  }
}
