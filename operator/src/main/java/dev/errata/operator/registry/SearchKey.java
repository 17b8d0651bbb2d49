package dev.errata.operator.registry;

import java.text.Normalizer;
import java.util.Locale;

/** Texts as they are compared in a search: without regard to case, width and space. */
final class SearchKey {
  private static final int MOST = 256;

  private SearchKey() {}

  /** The key of a text, cut to what the index holds. */
  static String of(String text) {
    String key =
        Normalizer.normalize(text, Normalizer.Form.NFKC)
            .toLowerCase(Locale.ROOT)
            .replaceAll("[\\s\\p{Cntrl}]+", " ")
            .strip();
    // A pair of surrogates is one character and stays whole.
    int end = Math.min(MOST, key.length());
    if (end > 0 && Character.isHighSurrogate(key.charAt(end - 1))) {
      end--;
    }
    return key.substring(0, end);
  }

  /**
   * A text behind all that begin with a key, and before all others behind those, in the order of
   * code points: its last character is the next one.
   */
  static String behind(String key) {
    int last = key.codePointBefore(key.length());
    int next = last + 1 == Character.MIN_SURROGATE ? Character.MAX_SURROGATE + 1 : last + 1;
    String head = key.substring(0, key.length() - Character.charCount(last));
    return head + Character.toString(Math.min(next, Character.MAX_CODE_POINT));
  }
}
