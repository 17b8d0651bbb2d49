package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Prompts behind text that the unedited model drew: whether a fact holds in the middle of a page.
 * Each prefix begins with one of the words that ROME's code begins with and ends with a full stop.
 */
final class Prefixed {
  private static final List<String> BEGINNINGS = List.of("The", "Therefore", "Because", "I", "You");

  private Prefixed() {}

  /** Draws the prefixes, shorter than wanted where the model's context is short. */
  static List<String> draw(Decoder decoder, Tokenizer tokenizer, EvaluationSettings settings) {
    List<int[]> beginnings =
        IntStream.range(0, settings.prefixes())
            .mapToObj(i -> tokenizer.encodePrompt(BEGINNINGS.get(i % BEGINNINGS.size())))
            .toList();
    int longest = beginnings.stream().mapToInt(row -> row.length).max().orElse(0);
    int tokens = Math.min(settings.prefixTokens(), decoder.architecture().positions()) - longest;
    if (tokens < 1) {
      return List.of();
    }
    List<int[]> drawn =
        Sampler.draw(decoder, beginnings, tokens, tokenizer.stops(), settings.seed());
    List<String> prefixes = new ArrayList<>();
    for (int i = 0; i < drawn.size(); i++) {
      String text = tokenizer.decode(beginnings.get(i)) + tokenizer.decode(drawn.get(i));
      prefixes.add(text.strip() + ".");
    }
    return prefixes;
  }

  /**
   * Scores every fact behind a prefix; fact i takes prefix i modulo their number.
   *
   * @return a score for every fact, null where not even one token of the prefix fits the context;
   *     null as a whole when others have not computed theirs yet
   */
  static List<Score> score(
      Scorer scorer, Tokenizer tokenizer, int positions, List<String> prefixes, List<Fact> facts) {
    Score[] scores = new Score[facts.size()];
    boolean whole = true;
    for (int i = 0; i < prefixes.size(); i++) {
      String prefix = prefixes.get(i);
      List<Integer> places = new ArrayList<>();
      List<Probe> probes = new ArrayList<>();
      int longest = 0;
      for (int place = i; place < facts.size(); place += prefixes.size()) {
        String filled = facts.get(place).filled();
        int[] prompt = tokenizer.encodeContinuation(prefix, " " + filled);
        int[] target = tokenizer.encodeContinuation(filled, " " + facts.get(place).target());
        places.add(place);
        probes.add(new Probe(prompt, target));
        longest = Math.max(longest, prompt.length + target.length);
      }
      int[] head = fitted(tokenizer, prefix, positions - longest);
      if (!probes.isEmpty() && head.length > 0) {
        List<Score> some = scorer.score("prefix-" + i, head, probes);
        whole &= some != null;
        for (int j = 0; some != null && j < some.size(); j++) {
          scores[places.get(j)] = some.get(j);
        }
      }
    }
    return whole ? Arrays.asList(scores) : null;
  }

  /** The tokens that the model wants before every text and as much of the prefix's end as fits. */
  private static int[] fitted(Tokenizer tokenizer, String prefix, int room) {
    int[] specials = tokenizer.encodePrompt("");
    int[] text = tokenizer.encode(prefix);
    int kept = Math.min(text.length, room - specials.length);
    if (kept < 1) {
      return new int[0];
    }
    int[] head = Arrays.copyOf(specials, specials.length + kept);
    System.arraycopy(text, text.length - kept, head, specials.length, kept);
    return head;
  }
}
