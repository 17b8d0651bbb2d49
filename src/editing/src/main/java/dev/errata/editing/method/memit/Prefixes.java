package dev.errata.editing.method.memit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Generation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Samples the texts that stand before prompts while values are optimised. */
public final class Prefixes {
  // The first words of MEMIT's published code, and its top-k.
  private static final List<String> BEGINNINGS = List.of("The", "Therefore", "Because", "I", "You");
  private static final int TOP = 5;

  private Prefixes() {}

  /**
   * Samples from the model, five at most a beginning word.
   *
   * @param count number of prefixes
   * @param tokens tokens of each, the beginning word not counted
   * @param seed the same seed gives the same texts
   * @return texts without line breaks, distinct beginnings first
   */
  public static List<String> sample(
      Decoder decoder, Tokenizer tokenizer, int count, int tokens, long seed) {
    if (count == 0) {
      return List.of();
    }
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      prompts.add(tokenizer.encodePrompt(BEGINNINGS.get(i % BEGINNINGS.size())));
    }
    var random = new SplittableRandom(seed);
    List<int[]> sampled =
        Generation.generate(
            decoder, prompts, tokens, Set.copyOf(tokenizer.stops()), logits -> top(logits, random));
    List<String> result = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = BEGINNINGS.get(i % BEGINNINGS.size()) + tokenizer.decode(sampled.get(i));
      result.add(text.replaceAll("\\s+", " ").strip());
    }
    return result;
  }

  private static int[] top(NDArray logits, SplittableRandom random) {
    NDList best = logits.topK(TOP, -1);
    float[] p =
        best.get(0).softmax(-1).toType(ai.djl.ndarray.types.DataType.FLOAT32, false).toFloatArray();
    long[] tokens = best.get(1).toLongArray();
    int[] result = new int[p.length / TOP];
    for (int row = 0; row < result.length; row++) {
      double left = random.nextDouble();
      int choice = 0;
      while (choice < TOP - 1 && left >= p[row * TOP + choice]) {
        left -= p[row * TOP + choice];
        choice++;
      }
      result[row] = Math.toIntExact(tokens[row * TOP + choice]);
    }
    return result;
  }
}
