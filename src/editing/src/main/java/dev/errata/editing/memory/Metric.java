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

  /**
   * The same metric with another weight of its first term: λ of λ C, L2 of L2 I. Must not be asked
   * of a metric that keeps keys already.
   */
  Metric withWeight(double weight);

  /**
   * M + K₀ᵀ K₀: a metric under which the answers to some keys are kept.
   *
   * @param keys K₀, rows of keys, [m, f], any floating type
   */
  Metric keeping(NDArray keys);

  /** What was added to a moment that is nearly singular, as a multiple of its mean eigenvalue. */
  double ridge();
}
