package dev.errata.editing.locate;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Chooses the layers to edit (Meng et al. 2023, arXiv 2210.07229, section 4.2 and figure 3): those
 * whose feed-forward layers carry the recall. That is where restoring the hidden state at the
 * subject's last token helps with them and no longer helps when they do not hear of it.
 */
public final class LayerChoice {
  /** As many as MEMIT edits in models of 6 to 8 billion parameters. */
  public static final int LAYERS = 5;

  private LayerChoice() {}

  /**
   * The run of layers with the greatest sum of gaps; of equals the lowest.
   *
   * @param hidden average effect of the hidden state at the subject's last token, by layer
   * @param severed the same with the feed-forward layers severed
   * @param count how many layers; fewer when the model has fewer
   */
  public static List<Integer> of(List<Double> hidden, List<Double> severed, int count) {
    int wanted = Math.min(count, hidden.size());
    int best = 0;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int first = 0; first + wanted <= hidden.size(); first++) {
      double sum = 0;
      for (int layer = first; layer < first + wanted; layer++) {
        sum += hidden.get(layer) - severed.get(layer);
      }
      if (sum > greatest) {
        greatest = sum;
        best = first;
      }
    }
    return IntStream.range(best, best + wanted).boxed().toList();
  }
}
