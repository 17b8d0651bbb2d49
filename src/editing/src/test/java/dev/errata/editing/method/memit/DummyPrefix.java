package dev.errata.editing.method.memit;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.editing.checkpoint.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * A tokenizer that puts a blank before every text, as those that come from SentencePiece do: one
 * piece a letter, and a piece for each letter behind a blank. Fits the golden models' 97 tokens.
 */
final class DummyPrefix {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TEMPLATE =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": {"type": "Sequence", "normalizers": [
         {"type": "Prepend", "prepend": "▁"},
         {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
       "pre_tokenizer": null, "post_processor": null,
       "decoder": {"type": "Sequence", "decoders": [
         {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
         {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}}
      """;

  private DummyPrefix() {}

  static Tokenizer tokenizer(Path directory) {
    try {
      ObjectNode root = (ObjectNode) JSON.readTree(TEMPLATE);
      ObjectNode model = root.putObject("model").put("type", "BPE").put("unk_token", "?");
      ObjectNode vocabulary = model.putObject("vocab");
      vocabulary.put("?", 0).put("▁", 1).put(".", 2);
      for (char letter = 'a'; letter <= 'z'; letter++) {
        vocabulary.put(String.valueOf(letter), vocabulary.size());
        vocabulary.put("▁" + letter, vocabulary.size());
        model.withArray("merges").add("▁ " + letter);
      }
      JSON.writeValue(directory.resolve("tokenizer.json").toFile(), root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Tokenizer.open(directory);
  }
}
