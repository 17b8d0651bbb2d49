package dev.errata.editing.method.memit;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.memory.Metric;
import dev.errata.editing.memory.MomentMetric;
import dev.errata.editing.statistics.Moment;
import java.util.Map;

/** What changes of the edited linears cost; it names the edit method. */
public interface EditMetric {
  /**
   * The metric of a linear memory with weight 1.
   *
   * @param layer an edited layer
   * @param memory index of the memory in it
   * @return its tensors belong to the open scope or live longer
   */
  Metric of(int layer, int memory);

  /**
   * MEMIT's metric λ C.
   *
   * @param moments those of every edited layer
   */
  static EditMetric ofMoments(Map<Integer, Moment> moments) {
    return (layer, memory) -> {
      NDArray moment = moments.get(layer).memories().get(memory).matrix();
      return MomentMetric.of(moment, 1);
    };
  }
}
