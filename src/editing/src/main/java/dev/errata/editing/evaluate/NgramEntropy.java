package dev.errata.editing.evaluate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Fluency as ROME measures it (Meng et al. 2022, "generation entropy"; its code's {@code
 * n_gram_entropy}): for a text the mean of ⅔·H₂ and 4/3·H₃, with H_n the entropy in bits of the
 * frequencies of its n-grams of words, and over texts their mean. ROME cuts words with NLTK; here a
 * word is a run of letters and digits, or one other sign; each Chinese or Japanese sign is a word.
 */
final class NgramEntropy {
  private static final String SIGNS = "\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}";
  private static final String WORD = "[\\p{L}\\p{M}\\p{N}&&[^" + SIGNS + "]]+";
  private static final Pattern TOKEN = Pattern.compile(WORD + "(?:['’-]" + WORD + ")*|[^\\s]");

  private NgramEntropy() {}

  /** The fluency of some texts, in bits; null when none has three words. */
  static Double of(List<String> texts) {
    OptionalDouble mean =
        texts.stream()
            .map(NgramEntropy::of)
            .filter(Objects::nonNull)
            .mapToDouble(Double::doubleValue)
            .average();
    return mean.isPresent() ? mean.getAsDouble() : null;
  }

  /** The fluency of a text, in bits; null when it has fewer than three words. */
  static Double of(String text) {
    List<String> words = TOKEN.matcher(text).results().map(MatchResult::group).toList();
    if (words.size() < 3) {
      return null;
    }
    return (2.0 / 3 * entropy(words, 2) + 4.0 / 3 * entropy(words, 3)) / 2;
  }

  /** Entropy of the n-grams' frequencies, in bits. */
  static double entropy(List<String> words, int n) {
    Map<List<String>, Integer> counts = new HashMap<>();
    List<List<String>> grams = new ArrayList<>();
    for (int i = 0; i + n <= words.size(); i++) {
      grams.add(words.subList(i, i + n));
      counts.merge(words.subList(i, i + n), 1, Integer::sum);
    }
    double entropy = 0;
    for (int count : counts.values()) {
      double share = (double) count / grams.size();
      entropy -= share * Math.log(share) / Math.log(2);
    }
    return entropy;
  }
}
