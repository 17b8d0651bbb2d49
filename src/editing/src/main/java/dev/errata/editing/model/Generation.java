package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** Generates text with a cache of keys and values, a batch of ragged prompts at once. */
public final class Generation {
  private Generation() {}

  /** Chooses the next token of every row. */
  @FunctionalInterface
  public interface Choice {
    /**
     * Chooses.
     *
     * @param logits [B, vocabulary]
     * @return a token for every row
     */
    int[] next(NDArray logits);
  }

  /** The most likely token; of equals the first. */
  public static final Choice GREEDY =
      logits -> Arrays.stream(logits.argMax(-1).toLongArray()).mapToInt(Math::toIntExact).toArray();

  /** Goes on greedily; see {@link #generate}. */
  public static List<int[]> greedy(
      Decoder decoder, List<int[]> prompts, int tokens, Collection<Integer> stops) {
    return generate(decoder, prompts, tokens, stops, GREEDY);
  }

  /**
   * Goes on with every prompt.
   *
   * @param prompts token rows, none empty
   * @param tokens how many tokens to add to each at most
   * @param stops tokens that end a row; they are not part of the result
   * @param choice how to choose a token
   * @return the added tokens of each row
   */
  public static List<int[]> generate(
      Decoder decoder, List<int[]> prompts, int tokens, Collection<Integer> stops, Choice choice) {
    int rows = prompts.size();
    int[][] added = new int[rows][tokens];
    int[] counts = new int[rows];
    boolean[] done = new boolean[rows];
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
    int layers = decoder.architecture().layers();
    try (KeyValueCache cache = KeyValueCache.withRoom(layers, longest + tokens)) {
      int[] next = first(decoder, prompts, cache, choice);
      for (int step = 0; step < tokens; step++) {
        for (int row = 0; row < rows; row++) {
          done[row] |= stops.contains(next[row]);
          if (!done[row]) {
            added[row][counts[row]++] = next[row];
          }
        }
        if (step == tokens - 1 || allDone(done)) {
          break;
        }
        next = step(decoder, prompts, step, next, cache, choice);
      }
    }
    List<int[]> result = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      result.add(Arrays.copyOf(added[row], counts[row]));
    }
    return result;
  }

  private static int[] first(
      Decoder decoder, List<int[]> prompts, KeyValueCache cache, Choice choice) {
    try (Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(prompts);
      NDArray hidden = decoder.hidden(batch, cache, Tap.NONE);
      long[] last = prompts.stream().mapToLong(prompt -> prompt.length - 1L).toArray();
      return choice.next(decoder.logits(Rows.pick(hidden, last)));
    }
  }

  private static int[] step(
      Decoder decoder,
      List<int[]> prompts,
      int step,
      int[] tokens,
      KeyValueCache cache,
      Choice choice) {
    try (Scope scope = new Scope()) {
      int[] starts = prompts.stream().mapToInt(prompt -> prompt.length + step).toArray();
      List<int[]> rows = Arrays.stream(tokens).mapToObj(token -> new int[] {token}).toList();
      NDArray hidden = decoder.hidden(TokenBatch.after(starts, rows), cache, Tap.NONE);
      return choice.next(decoder.logits(hidden).squeeze(1));
    }
  }

  private static boolean allDone(boolean[] done) {
    for (boolean row : done) {
      if (!row) {
        return false;
      }
    }
    return true;
  }
}
