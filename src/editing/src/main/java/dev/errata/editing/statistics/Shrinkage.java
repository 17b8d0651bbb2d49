package dev.errata.editing.statistics;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * Moments of experts that few tokens reach, drawn toward what all experts of the layer have in
 * common:
 *
 * <pre>C_e' = (n_e C_e + f C̄) / (n_e + f),   C̄ = Σ_e C_e / E,</pre>
 *
 * n_e being the tokens that reached e. A moment of fewer tokens than the keys are wide is singular,
 * so its own tokens count for as much as the others' once there are f of them. An expert that no
 * token reached gets C̄: with C = 0 its update would be unbounded, and with a null-space projector
 * of 0 it would silently never be edited.
 */
final class Shrinkage {
  private Shrinkage() {}

  /**
   * Shrinks.
   *
   * @param moments C_e of every expert, [f, f] float64
   * @param routed n_e
   * @return C_e' of every expert, to the open scope
   */
  static List<NDArray> of(List<NDArray> moments, List<Long> routed) {
    if (moments.size() < 2) {
      return List.copyOf(moments);
    }
    try (Scope scope = new Scope()) {
      NDArray pooled = moments.get(0).duplicate();
      moments.subList(1, moments.size()).forEach(pooled::addi);
      pooled.divi(moments.size());
      double width = pooled.getShape().get(0);
      List<NDArray> result = new ArrayList<>();
      for (int e = 0; e < moments.size(); e++) {
        double own = routed.get(e) / (routed.get(e) + width);
        result.add(scope.keep(moments.get(e).mul(own).add(pooled.mul(1 - own))));
      }
      return result;
    }
  }
}
