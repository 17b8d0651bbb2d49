package dev.errata.editing.evaluate;

import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Generation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What greedy decoding gives behind probes, as many tokens as their targets have. */
final class Greedy {
  private record Open(int place, int[] prompt, int tokens) {
    int length() {
      return prompt.length + tokens;
    }
  }

  private Greedy() {}

  /**
   * Texts of the greedy continuations. Where the predictions of a score are those of greedy
   * decoding, because all target tokens before the last were predicted, nothing runs again.
   *
   * @param scores the probes' scores by the same decoder
   */
  static List<String> texts(
      Decoder decoder,
      Tokenizer tokenizer,
      List<Probe> probes,
      List<Score> scores,
      int tokensPerBatch) {
    int[][] tokens = new int[probes.size()][];
    List<Open> open = new ArrayList<>();
    for (int i = 0; i < tokens.length; i++) {
      int length = scores.get(i).target().length;
      tokens[i] = scores.get(i).predicted();
      if (scores.get(i).agreeing() < length - 1) {
        open.add(new Open(i, probes.get(i).prompt(), length));
      }
    }
    for (List<Open> batch : Batches.of(open, Open::length, tokensPerBatch)) {
      int longest = batch.stream().mapToInt(Open::tokens).max().orElse(0);
      int room =
          decoder.architecture().positions()
              - batch.stream().mapToInt(row -> row.prompt().length).max().orElse(0);
      List<int[]> generated =
          Generation.greedy(
              decoder,
              batch.stream().map(Open::prompt).toList(),
              Math.min(longest, room),
              tokenizer.stops());
      for (int row = 0; row < batch.size(); row++) {
        int[] all = generated.get(row);
        tokens[batch.get(row).place()] =
            Arrays.copyOf(all, Math.min(all.length, batch.get(row).tokens()));
      }
    }
    return Arrays.stream(tokens).map(row -> tokenizer.decode(row).strip()).toList();
  }
}
