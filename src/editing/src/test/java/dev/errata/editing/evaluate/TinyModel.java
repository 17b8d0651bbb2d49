package dev.errata.editing.evaluate;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A golden checkpoint, with plain reference computations: one row at a time, no cache, all logits,
 * sums in Java.
 */
final class TinyModel implements AutoCloseable {
  static final int BOS = 0;
  static final int EOS = 1;

  private final Checkpoint checkpoint;
  final Decoder decoder;

  private TinyModel(Checkpoint checkpoint, Decoder decoder) {
    this.checkpoint = checkpoint;
    this.decoder = decoder;
  }

  static TinyModel open(String family) {
    Checkpoint checkpoint = Checkpoint.open(Path.of("src/test/resources/goldens").resolve(family));
    return new TinyModel(checkpoint, Decoder.open(checkpoint, Compute.CPU));
  }

  /** Log-probabilities of the next token behind every prefix of a row, [T][vocabulary]. */
  double[][] logProbs(int[] row) {
    try (Scope scope = new Scope()) {
      NDArray hidden = decoder.hidden(TokenBatch.of(List.of(row)), null, Tap.NONE);
      float[] logits = decoder.logits(hidden).toFloatArray();
      int vocabulary = logits.length / row.length;
      double[][] result = new double[row.length][vocabulary];
      for (int t = 0; t < row.length; t++) {
        double sum = 0;
        for (int v = 0; v < vocabulary; v++) {
          sum += Math.exp(logits[t * vocabulary + v]);
        }
        for (int v = 0; v < vocabulary; v++) {
          result[t][v] = logits[t * vocabulary + v] - Math.log(sum);
        }
      }
      return result;
    }
  }

  /** The score of a pair by one forward pass. */
  Score score(int[] prompt, int[] target) {
    double[][] all = logProbs(join(prompt, target));
    double sum = 0;
    int[] predicted = new int[target.length];
    for (int i = 0; i < target.length; i++) {
      double[] next = all[prompt.length + i - 1];
      sum += next[target[i]];
      predicted[i] = best(next);
    }
    return new Score(target, sum, predicted);
  }

  /** Greedy decoding that runs the whole row again for every token. */
  int[] greedy(int[] prompt, int tokens) {
    int[] row = prompt;
    for (int i = 0; i < tokens; i++) {
      row = join(row, new int[] {best(logProbs(row)[row.length - 1])});
    }
    return Arrays.copyOfRange(row, prompt.length, row.length);
  }

  static int best(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  static int[] join(int[] first, int[] second) {
    int[] joined = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }

  /** The pieces of the tokenizer: {@code <s>}, {@code </s>}, " a", " b" and printable signs. */
  static List<String> pieces() {
    List<String> pieces = new ArrayList<>(List.of("<s>", "</s>", "Ġa", "Ġb", "Ġ"));
    for (char c = '!'; c < '}'; c++) {
      pieces.add(String.valueOf(c));
    }
    return pieces;
  }

  /**
   * A tokenizer of 97 pieces, nearly one a sign, that begins every prompt with {@code <s>}.
   *
   * @param pieces {@link #pieces()} in any order after the first two; the place is the id
   */
  static Tokenizer tokenizer(Path directory, List<String> pieces) {
    ObjectMapper json = new ObjectMapper();
    try {
      ObjectNode root = (ObjectNode) json.readTree(TEMPLATE);
      ObjectNode vocabulary = root.putObject("model").put("type", "BPE").putObject("vocab");
      for (int id = 0; id < pieces.size(); id++) {
        vocabulary.put(pieces.get(id), id);
      }
      ((ObjectNode) root.get("model")).putArray("merges").add("Ġ a").add("Ġ b");
      json.writeValue(directory.resolve("tokenizer.json").toFile(), root);
      json.writeValue(
          directory.resolve("tokenizer_config.json").toFile(),
          json.createObjectNode().put("bos_token", "<s>").put("eos_token", "</s>"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Tokenizer.open(directory);
  }

  private static final String TEMPLATE =
      """
      {"version": "1.0", "truncation": null, "padding": null, "normalizer": null,
       "added_tokens": [
         {"id": 0, "content": "<s>", "special": true, "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false},
         {"id": 1, "content": "</s>", "special": true, "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false}],
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
       "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true}}
      """;

  @Override
  public void close() {
    decoder.close();
    checkpoint.close();
  }
}
