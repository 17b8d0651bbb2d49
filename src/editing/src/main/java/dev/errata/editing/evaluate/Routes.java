package dev.errata.editing.evaluate;

import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.MemoryKeys;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Which experts a router picks for every token of the facts' prompts and of unrelated text.
 *
 * @param text the unrelated text, token rows
 * @param layers the layers that are mixtures and lie above the first edit, lowest first
 */
public record Routes(List<int[]> text, List<OfLayer> layers) {
  private static final int ROWS = 8;
  private static final int LENGTH = 64;

  /**
   * The picked experts of one layer, ascending within a token, token after token.
   *
   * @param layer the layer
   * @param perToken how many experts a token has
   * @param prompts those of the tokens of the facts' prompts
   * @param text those of the tokens of the text
   */
  public record OfLayer(int layer, int perToken, int[] prompts, int[] text) {}

  /**
   * How far two models agree in a layer: the mean over tokens of the Jaccard overlap |A ∩ B| / |A ∪
   * B| of the sets of picked experts.
   *
   * @param layer the layer
   * @param prompts on the facts' prompts
   * @param text on unrelated text
   */
  public record Overlap(int layer, double prompts, double text) {}

  /**
   * Follows the routers.
   *
   * @param prompts the facts' prompts, token rows
   * @param text unrelated text, token rows
   * @param from the first layer that counts
   */
  static Routes of(
      Decoder decoder, List<int[]> prompts, List<int[]> text, int from, int tokensPerBatch) {
    Map<Integer, int[]> ofPrompts = picked(decoder, prompts, from, tokensPerBatch);
    Map<Integer, int[]> ofText = picked(decoder, text, from, tokensPerBatch);
    List<OfLayer> layers = new ArrayList<>();
    ofPrompts.forEach(
        (layer, experts) ->
            layers.add(
                new OfLayer(
                    layer,
                    decoder.architecture().feedForward().mixture().perToken(),
                    experts,
                    ofText.get(layer))));
    return new Routes(text, layers);
  }

  /** The held-out text in windows or, where there is none, text drawn from the model. */
  static List<int[]> text(Decoder decoder, Tokenizer tokenizer, EvaluationSettings settings) {
    int positions = decoder.architecture().positions();
    int[] start = tokenizer.encodePrompt("");
    int length = Math.min(LENGTH, positions - start.length);
    List<int[]> rows = new ArrayList<>();
    if (settings.heldOut() != null) {
      int[] all = tokenizer.encode(settings.heldOut());
      int most = Math.min(all.length, settings.heldOutTokens());
      for (int from = 0; from < most; from += length) {
        rows.add(joined(start, Arrays.copyOfRange(all, from, Math.min(most, from + length))));
      }
      return rows;
    }
    int[] beginning = start.length > 0 ? start : tokenizer.encode("The");
    List<int[]> beginnings = IntStream.range(0, ROWS).mapToObj(row -> beginning).toList();
    List<int[]> drawn =
        Sampler.draw(
            decoder,
            beginnings,
            Math.min(LENGTH, positions - beginning.length),
            tokenizer.stops(),
            settings.seed());
    drawn.forEach(row -> rows.add(joined(beginning, row)));
    return rows;
  }

  private static int[] joined(int[] head, int[] tail) {
    int[] all = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, all, head.length, tail.length);
    return all;
  }

  /** By layer, experts of all tokens in the order of the rows. */
  private static Map<Integer, int[]> picked(
      Decoder decoder, List<int[]> rows, int from, int tokensPerBatch) {
    Architecture architecture = decoder.architecture();
    int perToken = architecture.feedForward().mixture().perToken();
    int[] starts = new int[rows.size() + 1];
    for (int row = 0; row < rows.size(); row++) {
      starts[row + 1] = starts[row] + rows.get(row).length;
    }
    Map<Integer, int[]> result = new TreeMap<>();
    for (int layer = from; layer < architecture.layers(); layer++) {
      if (architecture.isMixture(layer)) {
        result.put(layer, new int[starts[rows.size()] * perToken]);
      }
    }
    List<Integer> order = IntStream.range(0, rows.size()).boxed().toList();
    for (List<Integer> part : Batches.of(order, row -> rows.get(row).length, tokensPerBatch)) {
      TokenBatch batch = TokenBatch.of(part.stream().map(rows::get).toList());
      Tap tap =
          Tap.ofKeys(
              (layer, keys) -> {
                if (result.containsKey(layer)) {
                  note(batch, part, starts, perToken, keys, result.get(layer));
                }
              });
      try (Scope scope = new Scope()) {
        decoder.hidden(batch, null, tap);
      }
    }
    return result;
  }

  private static void note(
      TokenBatch batch,
      List<Integer> part,
      int[] starts,
      int perToken,
      List<MemoryKeys> keys,
      int[] experts) {
    int width = batch.width();
    int[] next = new int[batch.size() * width];
    for (MemoryKeys memory : keys) {
      // A shared expert has no positions of its own: every token reaches it.
      long[] positions =
          memory.positions() == null ? new long[0] : memory.positions().toLongArray();
      for (long position : positions) {
        int row = (int) position / width;
        int column = (int) position % width;
        if (column < batch.length(row)) {
          int token = starts[part.get(row)] + column;
          experts[token * perToken + next[(int) position]++] = memory.memory();
        }
      }
    }
  }

  /** How far another model's routes agree with these; of the same layers and texts. */
  List<Overlap> overlap(Routes other) {
    List<Overlap> result = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      OfLayer a = layers.get(i);
      OfLayer b = other.layers().get(i);
      result.add(
          new Overlap(
              a.layer(),
              jaccard(a.prompts(), b.prompts(), a.perToken()),
              jaccard(a.text(), b.text(), a.perToken())));
    }
    return result;
  }

  static double jaccard(int[] a, int[] b, int perToken) {
    double sum = 0;
    for (int from = 0; from < a.length; from += perToken) {
      int common = 0;
      for (int i = from; i < from + perToken; i++) {
        for (int j = from; j < from + perToken; j++) {
          common += a[i] == b[j] ? 1 : 0;
        }
      }
      sum += (double) common / (2 * perToken - common);
    }
    return sum * perToken / a.length;
  }
}
