package dev.errata.editing.method.memit;

import dev.errata.editing.memory.Metric;
import dev.errata.editing.memory.MomentMetric;
import dev.errata.editing.statistics.Moment;
import dev.errata.editing.statistics.MomentSource;
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
   * @param moments those of every edited layer, read when they are needed
   */
  static EditMetric ofMoments(MomentSource moments) {
    return (layer, memory) -> MomentMetric.of(moments.of(layer, memory), 1);
  }

  /** The same of moments in memory. */
  static EditMetric ofMoments(Map<Integer, Moment> moments) {
    return ofMoments((layer, memory) -> moments.get(layer).memories().get(memory).matrix());
  }
}
