package dev.errata.editing.method.alphaedit;

import ai.djl.ndarray.NDArray;
import dev.errata.api.InputException;
import dev.errata.editing.memory.Metric;
import dev.errata.editing.memory.NullSpaceMetric;
import dev.errata.editing.method.memit.EditMetric;
import dev.errata.editing.statistics.Layer;
import dev.errata.editing.statistics.Moments;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * AlphaEdit's metric (Fang et al. 2025, arXiv 2410.02355): changes lie in the null space of each
 * memory's corpus keys. All projectors are made at once, before any value is looked for, for an
 * empty one is a mistake of the settings. They belong to the scope that was open then.
 */
public final class AlphaEditMetric implements EditMetric {
  private final Map<Integer, List<NullSpaceMetric>> metrics = new TreeMap<>();

  /**
   * Makes the projectors.
   *
   * @param moments those of every edited layer; one at a time is in memory
   * @throws InputException naming the layers and experts whose null space is empty, and the mend
   */
  public AlphaEditMetric(Moments moments, AlphaEditSettings settings) {
    List<String> problems = new ArrayList<>();
    for (Layer layer : moments.layers()) {
      List<NullSpaceMetric> of = new ArrayList<>();
      for (int memory = 0; memory < layer.ranks().size(); memory++) {
        NDArray moment = moments.of(layer.index(), memory);
        NullSpaceMetric metric = metric(moment, settings);
        moment.close();
        if (metric.dimensions() == 0) {
          String expert = layer.ranks().size() == 1 ? "" : ", expert " + memory;
          problems.add(
              problem(settings)
                  + " leaves no null space at layer "
                  + layer.index()
                  + expert
                  + ", whose keys have "
                  + metric.width()
                  + " dimensions");
        }
        of.add(metric);
      }
      metrics.put(layer.index(), of);
    }
    if (!problems.isEmpty()) {
      throw new InputException(problems);
    }
  }

  private static NullSpaceMetric metric(NDArray matrix, AlphaEditSettings settings) {
    return settings.nullSpaceRank() != null
        ? NullSpaceMetric.ofRank(matrix, settings.nullSpaceRank())
        : NullSpaceMetric.ofTraceShare(matrix, settings.nullSpaceShare());
  }

  private static String problem(AlphaEditSettings settings) {
    return settings.nullSpaceRank() != null
        ? "spec.method.alphaEdit.nullSpaceRank: " + settings.nullSpaceRank() + " is too high: it"
        : "spec.method.alphaEdit.nullSpaceShare: " + settings.nullSpaceShare() + " is too low: it";
  }

  @Override
  public Metric of(int layer, int memory) {
    return metrics.get(layer).get(memory);
  }
}
