package dev.errata.lab.textbook;

import dev.errata.editing.checkpoint.Tokenizer;
import java.util.Arrays;

/**
 * A filled prompt as tokens, read independently of the library's reading of it.
 *
 * @param ids tokens of the prompt
 * @param subjectLast index of the subject's last token: the tokens of the text up to the end of the
 *     subject are counted
 */
record TextbookPrompt(int[] ids, int subjectLast) {
  private static final String SLOT = "{}";

  /**
   * Fills a template.
   *
   * @param prefix text before it, or empty; followed by ". " as in MEMIT's published code
   */
  static TextbookPrompt of(Tokenizer tokenizer, String prefix, String template, String subject) {
    String before = prefix.isEmpty() ? "" : prefix + ". ";
    String[] sides = template.split("\\{}", 2);
    String upToSubject = before + sides[0] + subject;
    return new TextbookPrompt(
        tokenizer.encodePrompt(upToSubject + sides[1]),
        tokenizer.encodePrompt(upToSubject).length - 1);
  }

  /** The same for a template that holds its slot, with an empty prefix. */
  static TextbookPrompt bare(Tokenizer tokenizer, String template, String subject) {
    if (!template.contains(SLOT)) {
      throw new IllegalArgumentException("no slot in the template " + template);
    }
    return of(tokenizer, "", template, subject);
  }

  /** The prompt's tokens and behind them those of a target but for its last one. */
  int[] followedBy(int[] target) {
    int[] all = Arrays.copyOf(ids, ids.length + target.length - 1);
    System.arraycopy(target, 0, all, ids.length, target.length - 1);
    return all;
  }

  /** The tokens up to the subject's last one. */
  int[] upToSubject() {
    return Arrays.copyOf(ids, subjectLast + 1);
  }
}
