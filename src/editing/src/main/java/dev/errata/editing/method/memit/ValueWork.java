package dev.errata.editing.method.memit;

import java.util.List;

/**
 * How much there was to compute for values, padding not counted.
 *
 * @param tokens tokens of all rows
 * @param passes tokens that δ reaches, times the passes through the blocks above it, forward and
 *     back
 * @param labels positions whose next token is judged, times the same
 */
public record ValueWork(long tokens, long passes, long labels) {
  /**
   * Counts.
   *
   * @param steps steps that each group took
   * @param most the greatest number of them: the last of so many has no way back
   */
  static ValueWork of(List<ValueRow> rows, int[] steps, int most) {
    long tokens = 0;
    long passes = 0;
    long labels = 0;
    for (ValueRow row : rows) {
      int took = steps[row.group()];
      long times = took + Math.min(took, most - 1L);
      tokens += row.ids().length;
      passes += row.suffix() * times;
      labels += row.labels().length * times;
    }
    return new ValueWork(tokens, passes, labels);
  }
}
