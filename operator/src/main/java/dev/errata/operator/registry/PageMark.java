package dev.errata.operator.registry;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Behind which fact a page begins.
 *
 * @param key what the page is in the order of
 */
record PageMark(String key, long id) {

  static PageMark of(FactRow fact, boolean bySubject) {
    return new PageMark(bySubject ? fact.subjectKey : fact.targetKey, fact.id);
  }

  /**
   * What an earlier answer gave.
   *
   * @throws BadQuestionException when it did not
   */
  static PageMark of(String text) {
    try {
      String plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
      int cut = plain.indexOf(' ');
      if (cut < 0 || plain.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("not an id and a key");
      }
      return new PageMark(plain.substring(cut + 1), Long.parseLong(plain.substring(0, cut)));
    } catch (IllegalArgumentException e) {
      throw new BadQuestionException("after: is not what an earlier answer gave as next");
    }
  }

  String text() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((id + " " + key).getBytes(StandardCharsets.UTF_8));
  }
}
