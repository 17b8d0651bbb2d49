package dev.errata.editing.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Generation;
import dev.errata.editing.torch.Tensors;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Draws text from a model: each token from the five most likely, as ROME's generation does. Tokens
 * that end a text are never drawn, so that all texts have the wanted length. What a row gets does
 * not depend on the rows beside it.
 */
final class Sampler implements Generation.Choice {
  private static final int CHOICES = 5;

  private final Set<Integer> barred;
  private final Random[] random;

  private Sampler(Set<Integer> barred, int rows, long seed) {
    this.barred = barred;
    this.random = new Random[rows];
    Random seeds = new Random(seed);
    for (int row = 0; row < rows; row++) {
      random[row] = new Random(seeds.nextLong());
    }
  }

  /** Draws tokens behind every prompt. */
  static List<int[]> draw(
      Decoder decoder, List<int[]> prompts, int tokens, Set<Integer> barred, long seed) {
    return Generation.generate(
        decoder, prompts, tokens, List.of(), new Sampler(barred, prompts.size(), seed));
  }

  @Override
  public int[] next(NDArray logits) {
    float[] values = Tensors.convert(logits, DataType.FLOAT32).toFloatArray();
    int vocabulary = values.length / random.length;
    int[] next = new int[random.length];
    for (int row = 0; row < next.length; row++) {
      next[row] = draw(values, row * vocabulary, vocabulary, random[row]);
    }
    return next;
  }

  private int draw(float[] logits, int offset, int vocabulary, Random dice) {
    int[] best = new int[CHOICES];
    int found = 0;
    for (int token = 0; token < vocabulary; token++) {
      float value = logits[offset + token];
      boolean better = found < CHOICES || value > logits[offset + best[found - 1]];
      if (better && !barred.contains(token)) {
        int at = found < CHOICES ? found++ : found - 1;
        while (at > 0 && logits[offset + best[at - 1]] < value) {
          best[at] = best[at - 1];
          at--;
        }
        best[at] = token;
      }
    }
    double[] weights = new double[found];
    double sum = 0;
    for (int i = 0; i < found; i++) {
      weights[i] = Math.exp((double) logits[offset + best[i]] - logits[offset + best[0]]);
      sum += weights[i];
    }
    double draw = dice.nextDouble() * sum;
    int choice = 0;
    while (choice < found - 1 && draw >= weights[choice]) {
      draw -= weights[choice++];
    }
    return best[choice];
  }
}
