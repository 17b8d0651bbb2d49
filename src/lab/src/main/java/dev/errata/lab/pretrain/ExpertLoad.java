package dev.errata.lab.pretrain;

import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.MemoryKeys;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Scope;
import dev.errata.lab.world.World;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How busy the experts of a model are on text of its world that it was not trained on.
 *
 * @param tokens tokens of that text
 * @param leastShare the share of the tokens that reach the idlest expert of all layers
 * @param shares for each mixture, lowest first, and each of its experts the share of the tokens
 *     that reach it; k in sum, the experts of a token
 */
record ExpertLoad(long tokens, double leastShare, List<List<Double>> shares) {
  private static final int BATCHES = 10;

  /** Measures ten steps' worth of text. */
  static ExpertLoad of(Decoder decoder, Tokenizer tokenizer, World world, Recipe.Text size) {
    Architecture architecture = decoder.architecture();
    long[][] counts =
        new long[architecture.layers()][architecture.feedForward().mixture().experts()];
    Tap tap = Tap.ofKeys((layer, keys) -> count(keys, counts[layer]));
    PackedText text = new PackedText(world, tokenizer, size.length(), "expert load");
    for (int i = 0; i < BATCHES; i++) {
      try (Scope scope = new Scope()) {
        List<int[]> rows = text.next(size.rows()).stream().map(PackedText.Row::tokens).toList();
        decoder.hidden(TokenBatch.of(rows), null, tap);
      }
    }
    long tokens = (long) BATCHES * size.rows() * size.length();
    List<List<Double>> shares = new ArrayList<>();
    for (int layer = 0; layer < counts.length; layer++) {
      if (architecture.isMixture(layer)) {
        shares.add(Arrays.stream(counts[layer]).mapToObj(n -> n / (double) tokens).toList());
      }
    }
    double least =
        shares.stream().flatMap(List::stream).mapToDouble(share -> share).min().orElseThrow();
    return new ExpertLoad(tokens, least, shares);
  }

  private static void count(List<MemoryKeys> keys, long[] counts) {
    for (MemoryKeys each : keys) {
      // Null in a dense layer, which has no experts.
      if (each.positions() != null) {
        counts[each.memory()] += each.keys().getShape().get(0);
      }
    }
  }
}
