package dev.errata.editing.memory;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/**
 * What a change of a linear memory costs: tr(Δ M Δᵀ) for a symmetric positive definite M [f, f]. It
 * names the editing method; see {@link MomentMetric} for MEMIT's.
 */
public interface Metric {
  /** f, width of the memory's keys. */
  long width();

  /**
   * M⁻¹ X.
   *
   * @param columns X, [f, m] float64
   * @return [f, m] float64
   */
  NDArray solve(NDArray columns);

  /**
   * M, [f, f] float64, such that {@link #solve} is its inverse to rounding; empty for a metric that
   * is infinite in some direction, whose memories are always solved in the dual form.
   */
  Optional<NDArray> matrix();
}
