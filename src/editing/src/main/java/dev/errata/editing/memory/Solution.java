package dev.errata.editing.memory;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * What a solve found.
 *
 * @param updates Δ_e for each memory, to be added to its W, [d, f] float64
 * @param residualShare ‖R − Σ_e K_e Δ_eᵀ‖ / ‖R‖ (Frobenius); 0 when R is zero
 */
public record Solution(List<NDArray> updates, double residualShare) {
  public Solution {
    updates = List.copyOf(updates);
  }
}
