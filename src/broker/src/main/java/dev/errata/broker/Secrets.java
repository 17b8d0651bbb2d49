package dev.errata.broker;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Looks for passwords in what programs say. */
public final class Secrets {
  private Secrets() {}

  /**
   * What a secret looks like: as it is, in an address, and in Base64, alone or behind something
   * else, such as a user's name.
   */
  static Set<String> forms(String secret) {
    Set<String> forms = new LinkedHashSet<>();
    forms.add(secret);
    forms.add(URLEncoder.encode(secret, StandardCharsets.UTF_8));
    for (int before = 0; before < 3; before++) {
      byte[] whole = ("x".repeat(before) + secret).getBytes(StandardCharsets.UTF_8);
      String encoded = Base64.getEncoder().withoutPadding().encodeToString(whole);
      // Digits at both ends mix with what is beside the secret.
      forms.add(encoded.substring(before + 1, encoded.length() - 1));
    }
    return forms;
  }

  /**
   * The texts in which a secret is read, and which.
   *
   * @param texts by the name of each
   */
  public static List<String> read(Map<String, String> texts, Collection<String> secrets) {
    List<String> found = new ArrayList<>();
    texts.forEach(
        (name, text) -> {
          for (String secret : secrets) {
            for (String form : forms(secret)) {
              int at = text.indexOf(form);
              if (at >= 0) {
                String line =
                    text.substring(text.lastIndexOf('\n', at) + 1).lines().findFirst().get();
                found.add(name + " tells " + secret + ": " + line);
              }
            }
          }
        });
    return found;
  }
}
