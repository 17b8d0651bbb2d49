package dev.errata.api;

import java.util.Collection;
import java.util.Locale;

/** Words for messages. */
public final class Text {
  private static final int CLIP = 80;

  private Text() {}

  /** The value in quotes, shortened, with control characters escaped. */
  public static String quote(String value) {
    return '"' + clip(value.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")) + '"';
  }

  /** The value, shortened so that a message stays readable. */
  public static String clip(String value) {
    if (value.codePointCount(0, value.length()) <= CLIP) {
      return value;
    }
    return value.substring(0, value.offsetByCodePoints(0, CLIP - 1)) + "…";
  }

  /**
   * The known word nearest to a mistyped one, as a question to append to a message: {@code "; did
   * you mean X?"}, or an empty text when none is near.
   */
  public static String didYouMean(String word, Collection<String> known) {
    String best = null;
    int nearest = Math.max(2, word.length() / 3) + 1;
    for (String candidate : known) {
      int distance = distance(word.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      if (distance < nearest) {
        nearest = distance;
        best = candidate;
      }
    }
    return best == null ? "" : "; did you mean " + quote(best) + "?";
  }

  /** Levenshtein distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int same = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(Math.min(row[j - 1], above) + 1, same);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
