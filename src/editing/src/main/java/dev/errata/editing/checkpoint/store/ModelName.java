package dev.errata.editing.checkpoint.store;

import dev.errata.api.InputException;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;

/** Names of models: they are directories here and resources in a cluster. */
final class ModelName {
  /** A DNS subdomain (RFC 1123) of at most 63 characters. */
  private static final Pattern VALID =
      Pattern.compile(
          "(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

  private ModelName() {}

  static String check(String name) {
    if (!VALID.matcher(name).matches()) {
      throw new InputException(
          "model name '"
              + name
              + "': use at most 63 lower-case letters, digits, '-' and '.', with a letter or digit"
              + " at both ends");
    }
    return name;
  }

  /** The known name that was probably meant. */
  static Optional<String> similar(String name, Collection<String> known) {
    return known.stream()
        .filter(other -> distance(name, other) <= Math.max(1, name.length() / 3))
        .min(Comparator.comparingInt(other -> distance(name, other)));
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
