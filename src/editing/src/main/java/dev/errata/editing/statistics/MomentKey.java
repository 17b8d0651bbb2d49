package dev.errata.editing.statistics;

import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.ContentDigest;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.model.Decoder;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The content address of a moment: a digest of all that decides its values. */
final class MomentKey {
  private static final String FORMAT = "errata moment 3";
  private static final String TOKENIZER = "tokenizer.json";

  /** The first part of a tensor's name that is a number is that of its block. */
  private static final Pattern BLOCK = Pattern.compile("(?:^|\\.)(\\d+)(?:\\.|$)");

  private MomentKey() {}

  /**
   * The key of a layer's moment. Of the model it holds the configuration and the tensors that the
   * layer's keys may depend on: those of no block and of the blocks up to the layer, but not the
   * edited linears of the layer itself.
   */
  static String of(Checkpoint checkpoint, Decoder decoder, Corpus corpus, int layer, long tokens) {
    ContentDigest digest = checkpoint.contentDigest();
    Set<String> edited = new HashSet<>();
    for (int memory = 0; memory < decoder.architecture().memories(layer); memory++) {
      edited.add(decoder.downTensor(layer, memory).name());
    }
    Sha256 key = new Sha256().line(FORMAT);
    key.line(decoder.compute().type().name()).line(Integer.toString(layer));
    key.line(corpus.digest()).line(Long.toString(tokens));
    key.line(String.valueOf(digest.files().get(TOKENIZER)));
    key.line(String.valueOf(digest.files().get(Checkpoint.CONFIG)));
    digest
        .tensors()
        .forEach(
            (name, value) -> {
              if (block(name) <= layer && !edited.contains(name)) {
                key.line(name).line(value);
              }
            });
    return key.hex();
  }

  private static int block(String tensor) {
    Matcher matcher = BLOCK.matcher(tensor);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
  }
}
