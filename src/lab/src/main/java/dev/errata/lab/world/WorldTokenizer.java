package dev.errata.lab.world;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;

/** The tokenizer of a world's text, as the two files that Hugging Face libraries read. */
public final class WorldTokenizer {
  /** Pieces of the shipped models' tokenizers, the end of text included. */
  public static final int VOCABULARY = 1536;

  /** Ends a document and pads a batch; its number is 0. */
  public static final String END_OF_TEXT = "<|endoftext|>";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int SMALLEST = 257;
  private static final int DOCUMENTS = 6_000;

  private WorldTokenizer() {}

  /**
   * {@code tokenizer.json}: byte-level byte-pair encoding with GPT-2's splitting, learnt from the
   * world's text.
   *
   * @param vocabulary number of pieces
   */
  public static JsonNode tokenizer(World world, int vocabulary) {
    if (vocabulary < SMALLEST) {
      throw new InputException(
          "vocabulary: %d pieces asked for; the bytes and the end of text alone are %d"
              .formatted(vocabulary, SMALLEST));
    }
    Iterable<String> text = new WorldText(world).lines("tokenizer").limit(DOCUMENTS).toList();
    BytePairTrainer.Pieces pieces = BytePairTrainer.train(text, vocabulary - SMALLEST);

    ObjectNode root = JSON.objectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    root.putArray("added_tokens").add(endOfText().put("id", 0).put("special", true));
    root.putNull("normalizer");
    root.set("pre_tokenizer", byteLevel());
    root.putNull("post_processor");
    root.set("decoder", byteLevel());
    root.set("model", model(pieces));
    return root;
  }

  /** {@code tokenizer_config.json}. */
  public static JsonNode configuration(int contextLength) {
    return JSON.objectNode()
        .put("tokenizer_class", "PreTrainedTokenizerFast")
        .put("eos_token", END_OF_TEXT)
        .put("pad_token", END_OF_TEXT)
        .put("clean_up_tokenization_spaces", false)
        .put("model_max_length", contextLength);
  }

  private static ObjectNode endOfText() {
    return JSON.objectNode()
        .put("content", END_OF_TEXT)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false);
  }

  private static ObjectNode byteLevel() {
    return JSON.objectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", true);
  }

  private static ObjectNode model(BytePairTrainer.Pieces pieces) {
    ObjectNode model = JSON.objectNode().put("type", "BPE");
    model.putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab").put(END_OF_TEXT, 0);
    pieces.alphabet().forEach(piece -> vocabulary.put(piece, vocabulary.size()));
    ArrayNode merges = model.putArray("merges");
    for (BytePairTrainer.Pair pair : pieces.merges()) {
      if (!vocabulary.has(pair.joined())) {
        vocabulary.put(pair.joined(), vocabulary.size());
      }
      merges.addArray().add(pair.left()).add(pair.right());
    }
    return model;
  }
}
