package dev.errata.editing.statistics;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import java.nio.file.Path;
import java.util.Iterator;

/** Where the tokens of the statistics come from. */
public interface Corpus {
  /** The word that means text sampled from the model itself. */
  String SELF = "Self";

  /** Width of the windows of {@link #open}, in tokens, where the model has as many positions. */
  int WINDOW = 512;

  /** What it is, for people. */
  String name();

  /** A digest of all that decides its tokens, the tokenizer and the model of Self text included. */
  String digest();

  /**
   * Its first tokens in rows for the model, read as they are asked for.
   *
   * @param tokens how many the rows hold together, exactly
   * @return rows, none empty; {@code next} throws {@link InputException} where the corpus cannot be
   *     read or ends before so many tokens
   */
  Iterator<int[]> rows(long tokens);

  /**
   * Looks whether there is any text, without reading much.
   *
   * @throws InputException when there is none
   */
  default void requireText() {}

  /**
   * The same corpus, with what is costly to make again kept in a folder.
   *
   * @param directory shared with others; names are content addresses
   * @param checkpoint the model that Self text is of
   */
  default Corpus keptIn(Path directory, Checkpoint checkpoint) {
    return this;
  }

  /**
   * Opens what {@code spec.statistics.corpus} names.
   *
   * @param spec {@code Self}, or a file ({@code .txt}, {@code .md}, {@code .jsonl} with a field
   *     "text", {@code .parquet} with a column "text"), or a folder of such files
   * @param base what a relative path is relative to
   * @param decoder the unedited model; used for Self text only
   * @param tokenizer its tokenizer
   * @param seed of Self text
   * @throws InputException when there is no such file or nothing in the folder can be read
   */
  static Corpus open(String spec, Path base, Decoder decoder, Tokenizer tokenizer, long seed) {
    int positions = decoder.architecture().positions();
    if (spec.equals(SELF)) {
      return new SelfText(decoder, SelfText.Settings.of(tokenizer, decoder.architecture(), seed));
    }
    Path path = base.resolve(spec);
    return new TextCorpus(CorpusFiles.of(path), path, tokenizer, Math.min(WINDOW, positions));
  }
}
