package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Fluency of continuations: prompts of facts spread evenly over the list are gone on with by the
 * {@link Sampler}; prompt and continuation together are a text, as in ROME.
 *
 * @param value see {@link NgramEntropy}; null when nothing could be measured
 * @param texts number of texts
 */
record Fluency(Double value, int texts) {
  static final Fluency NONE = new Fluency(null, 0);

  /** Measures; null when others have not drawn their texts yet. */
  static Fluency of(
      Decoder decoder,
      Tokenizer tokenizer,
      List<Fact> facts,
      EvaluationSettings settings,
      Pieces pieces,
      Ticker ticker) {
    int count = count(facts, settings);
    int positions = decoder.architecture().positions();
    List<int[]> prompts =
        IntStream.range(0, count)
            .mapToObj(i -> facts.get(Math.toIntExact((long) i * facts.size() / count)))
            .map(fact -> tokenizer.encodePrompt(fact.filled()))
            .toList();
    List<String> texts = new ArrayList<>();
    boolean whole = true;
    int number = 0;
    int length = settings.fluencyTokens();
    for (List<int[]> batch :
        Batches.of(prompts, prompt -> prompt.length + length, settings.tokensPerBatch())) {
      int longest = batch.get(batch.size() - 1).length;
      int tokens = Math.min(length, positions - longest);
      if (tokens > 0) {
        String[] some =
            pieces.piece(
                "fluency",
                number++,
                String[].class,
                () -> texts(decoder, tokenizer, batch, tokens, settings.seed()));
        whole &= some != null;
        texts.addAll(some == null ? List.of() : List.of(some));
      }
      ticker.advance(batch.size());
    }
    return whole ? new Fluency(NgramEntropy.of(texts), texts.size()) : null;
  }

  private static String[] texts(
      Decoder decoder, Tokenizer tokenizer, List<int[]> prompts, int tokens, long seed) {
    List<int[]> drawn = Sampler.draw(decoder, prompts, tokens, tokenizer.stops(), seed);
    return IntStream.range(0, prompts.size())
        .mapToObj(i -> tokenizer.decode(prompts.get(i)) + tokenizer.decode(drawn.get(i)))
        .toArray(String[]::new);
  }

  static int count(List<Fact> facts, EvaluationSettings settings) {
    return Math.min(facts.size(), settings.fluencyPrompts());
  }
}
