package dev.errata.editing.evaluate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;

/** Cuts work into batches of about the same number of tokens. */
final class Batches {
  /** How many of them are a piece of {@link Pieces}. */
  static final int IN_A_PIECE = 4;

  private Batches() {}

  /**
   * Sorts items by length, so that little is padded, and cuts them so that rows times the longest
   * length of a batch stay within the budget; an item that is longer is a batch by itself.
   */
  static <T> List<List<T>> of(List<T> items, ToIntFunction<T> length, int tokens) {
    List<T> sorted = new ArrayList<>(items);
    sorted.sort(Comparator.comparingInt(length));
    List<List<T>> batches = new ArrayList<>();
    int from = 0;
    for (int to = 1; to <= sorted.size(); to++) {
      boolean full =
          to == sorted.size() || (to + 1L - from) * length.applyAsInt(sorted.get(to)) > tokens;
      if (full) {
        batches.add(List.copyOf(sorted.subList(from, to)));
        from = to;
      }
    }
    return batches;
  }
}
