package dev.errata.editing.method.memit;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How much there was to compute for values, padding not counted.
 *
 * @param tokens tokens of all rows, those that rows have in common at their beginning once
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
    Set<List<Integer>> before = new HashSet<>();
    for (ValueRow row : rows) {
      List<Integer> ids = Arrays.stream(row.ids()).boxed().toList();
      for (int end = 1; end <= row.subjectLast(); end++) {
        before.add(ids.subList(0, end));
      }
      int took = steps[row.group()];
      long times = took + Math.min(took, most - 1L);
      tokens += row.suffix();
      passes += row.suffix() * times;
      labels += row.labels().length * times;
    }
    return new ValueWork(tokens + before.size(), passes, labels);
  }
}
