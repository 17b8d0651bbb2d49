package dev.errata.lab.textbook;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.memory.LinearMemory;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Block coordinate descent over experts by the book (MoEEdit, arXiv 2602.10965): one expert after
 * the other is solved for exactly, in float64, while the others rest, and so on for some passes.
 * Each block's normal equations
 *
 * <pre>(M_e + K_eᵀ K_e) Δ_eᵀ = K_eᵀ (R − Σ_{i ≠ e} K_i Δ_iᵀ)</pre>
 *
 * are factored once and solved anew in every pass.
 */
public final class BlockDescent {
  private final List<LinearMemory> memories;
  private final NDArray residuals;
  private final List<NDArray> keys = new ArrayList<>();
  private final List<NDArray> factors = new ArrayList<>();
  private final List<NDArray> updates = new ArrayList<>();
  private NDArray rest;

  /**
   * Factors the blocks; all updates are 0. Tensors belong to the open scope.
   *
   * @param memories the experts, with metrics that have a matrix and the rows that reach them
   * @param residuals R, [n, d]
   */
  public BlockDescent(List<LinearMemory> memories, NDArray residuals) {
    this.memories = List.copyOf(memories);
    this.residuals = Tensors.convert(residuals, DataType.FLOAT64);
    this.rest = this.residuals;
    long d = residuals.getShape().get(1);
    for (LinearMemory memory : memories) {
      if (memory.rows() == null) {
        throw new IllegalArgumentException("the rows that reach a memory must be named");
      }
      try (Scope scope = new Scope()) {
        NDArray own = Tensors.convert(memory.keys(), DataType.FLOAT64);
        NDArray metric = memory.metric().matrix().orElseThrow();
        NDArray factor = Tensors.cholesky(metric.add(own.transpose().matMul(own)));
        Shape shape = new Shape(memory.metric().width(), d);
        keys.add(scope.keep(own));
        factors.add(scope.keep(factor));
        updates.add(scope.keep(own.getManager().zeros(shape, DataType.FLOAT64)));
      }
    }
  }

  /** Solves for every expert once more. */
  public void pass() {
    for (int e = 0; e < memories.size(); e++) {
      try (Scope scope = new Scope()) {
        long[] rows = memories.get(e).rows();
        NDArray own = keys.get(e);
        NDArray before = updates.get(e);
        NDArray wanted = Tensors.rows(rest, rows).add(own.matMul(before));
        NDArray next = Tensors.choleskySolve(own.transpose().matMul(wanted), factors.get(e));
        NDArray change = own.matMul(before.sub(next));
        NDArray index = rest.getManager().create(rows);
        rest = scope.keep(Tensors.addRows(rest, index, change));
        updates.set(e, scope.keep(next));
      }
    }
  }

  /** Δ_eᵀ of every expert as it is now, [f, d] float64. */
  public List<NDArray> updates() {
    return List.copyOf(updates);
  }

  /** ‖R − Σ_e K_e Δ_eᵀ‖ / ‖R‖ (Frobenius); 0 when R is zero. */
  public double residualShare() {
    try (Scope scope = new Scope()) {
      double whole = residuals.square().sum().getDouble();
      return whole == 0 ? 0 : Math.sqrt(rest.square().sum().getDouble() / whole);
    }
  }

  /** What is minimised: ‖R − Σ_e K_e Δ_eᵀ‖² + Σ_e tr(Δ_e M_e Δ_eᵀ). */
  public double objective() {
    return objective(memories, residuals, updates);
  }

  /**
   * The same of any updates.
   *
   * @param updates Δ_eᵀ, [f, d] float64
   */
  public static double objective(
      List<LinearMemory> memories, NDArray residuals, List<NDArray> updates) {
    try (Scope scope = new Scope()) {
      NDArray rest = Tensors.convert(residuals, DataType.FLOAT64);
      double cost = 0;
      for (int e = 0; e < memories.size(); e++) {
        try (Scope inner = new Scope()) {
          LinearMemory memory = memories.get(e);
          NDArray update = updates.get(e);
          NDArray answer = Tensors.convert(memory.keys(), DataType.FLOAT64).matMul(update);
          NDArray index = rest.getManager().create(memory.rows());
          rest = inner.keep(Tensors.addRows(rest, index, answer.neg()));
          NDArray metric = memory.metric().matrix().orElseThrow();
          cost += update.mul(metric.matMul(update)).sum().getDouble();
        }
      }
      return rest.square().sum().getDouble() + cost;
    }
  }
}
