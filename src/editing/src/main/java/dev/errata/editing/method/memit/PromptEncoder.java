package dev.errata.editing.method.memit;

import dev.errata.editing.checkpoint.TokenSpans;
import dev.errata.editing.checkpoint.Tokenizer;

/** Turns prompts into tokens and finds the subject's last one. */
final class PromptEncoder {
  /**
   * A prompt as tokens.
   *
   * @param ids its tokens, with the special tokens that the model's tokenizer adds
   * @param subjectLast index of the last token of the subject
   */
  record Encoded(int[] ids, int subjectLast) {}

  private final Tokenizer tokenizer;

  PromptEncoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * Encodes a template behind a prefix.
   *
   * @param prefix text before the prompt, or empty; followed by ". " as in MEMIT's code
   * @param template text with one {@code {}}
   */
  Encoded encode(String prefix, String template, String subject) {
    String head = prefix.isEmpty() ? "" : prefix + ". ";
    int slot = template.indexOf(dev.errata.api.Fact.SLOT);
    int end = head.length() + slot + subject.length();
    String text =
        head
            + template.substring(0, slot)
            + subject
            + template.substring(slot + dev.errata.api.Fact.SLOT.length());
    TokenSpans spans = tokenizer.encodePromptWithOffsets(text);
    return new Encoded(spans.ids(), spans.tokenAt(end - 1));
  }

  /** Tokens of a target behind a filled prompt, as the evaluation takes them. */
  int[] target(String prompt, String target) {
    return tokenizer.encodeContinuation(prompt, " " + target);
  }
}
