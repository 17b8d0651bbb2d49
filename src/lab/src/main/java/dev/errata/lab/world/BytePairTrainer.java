package dev.errata.lab.world;

import dev.errata.api.InputException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns a byte-level byte-pair encoding (Sennrich et al. 2016; the byte alphabet and the splitting
 * of GPT-2). Equal counts are decided by the pieces' order, so the same text gives the same pieces.
 */
final class BytePairTrainer {
  /** GPT-2's splitting, which tokenizers apply again under {@code ByteLevel} with its regex. */
  private static final Pattern SPLIT =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private static final Comparator<Map.Entry<Pair, Long>> MOST_FREQUENT =
      Map.Entry.<Pair, Long>comparingByValue()
          .thenComparing(entry -> entry.getKey().left(), Comparator.reverseOrder())
          .thenComparing(entry -> entry.getKey().right(), Comparator.reverseOrder());

  /** Two pieces that become one. */
  record Pair(String left, String right) {
    String joined() {
      return left + right;
    }
  }

  /**
   * What was learnt.
   *
   * @param alphabet the 256 characters that stand for the bytes
   * @param merges in the order in which they are applied
   */
  record Pieces(List<String> alphabet, List<Pair> merges) {}

  private BytePairTrainer() {}

  /**
   * @param documents the text to learn from
   * @param pieces how many to learn beyond the 256 bytes; a merge that makes a known piece counts
   *     not
   * @throws InputException when the text has no more pairs to merge
   */
  static Pieces train(Iterable<String> documents, int pieces) {
    String[] alphabet = alphabet();
    Map<String, Long> counts = new LinkedHashMap<>();
    for (String document : documents) {
      Matcher words = SPLIT.matcher(document);
      while (words.find()) {
        counts.merge(words.group(), 1L, Long::sum);
      }
    }
    List<List<String>> words = new ArrayList<>();
    for (String word : counts.keySet()) {
      words.add(symbols(word, alphabet));
    }
    List<Long> weights = List.copyOf(counts.values());
    List<Pair> learnt = new ArrayList<>();
    Set<String> made = new HashSet<>();
    while (made.size() < pieces) {
      Pair best = best(words, weights);
      learnt.add(best);
      made.add(best.joined());
      words.replaceAll(word -> merged(word, best));
    }
    return new Pieces(List.of(alphabet), List.copyOf(learnt));
  }

  private static Pair best(List<List<String>> words, List<Long> weights) {
    Map<Pair, Long> pairs = new HashMap<>();
    for (int w = 0; w < words.size(); w++) {
      List<String> word = words.get(w);
      for (int i = 0; i + 1 < word.size(); i++) {
        pairs.merge(new Pair(word.get(i), word.get(i + 1)), weights.get(w), Long::sum);
      }
    }
    return pairs.entrySet().stream()
        .max(MOST_FREQUENT)
        .orElseThrow(
            () ->
                new InputException(
                    "vocabulary: the text has no more pairs to merge; ask for fewer pieces or"
                        + " write more text"))
        .getKey();
  }

  private static List<String> merged(List<String> word, Pair pair) {
    List<String> result = new ArrayList<>(word.size());
    for (int i = 0; i < word.size(); i++) {
      if (i + 1 < word.size()
          && word.get(i).equals(pair.left())
          && word.get(i + 1).equals(pair.right())) {
        result.add(pair.joined());
        i++;
      } else {
        result.add(word.get(i));
      }
    }
    return result;
  }

  private static List<String> symbols(String word, String[] alphabet) {
    List<String> symbols = new ArrayList<>();
    for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
      symbols.add(alphabet[b & 0xFF]);
    }
    return symbols;
  }

  /** GPT-2's alphabet: printable bytes stand for themselves, the others for U+0100 and above. */
  private static String[] alphabet() {
    String[] alphabet = new String[256];
    for (int b = 0; b < 256; b++) {
      if ((b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE) {
        alphabet[b] = Character.toString(b);
      }
    }
    int above = 256;
    for (int b = 0; b < 256; b++) {
      if (alphabet[b] == null) {
        alphabet[b] = Character.toString(above++);
      }
    }
    return alphabet;
  }
}
