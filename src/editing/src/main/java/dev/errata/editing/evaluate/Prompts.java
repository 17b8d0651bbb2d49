package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.Text;
import dev.errata.editing.checkpoint.Tokenizer;

/** Turns prompts and answers into tokens; an answer follows its prompt behind one blank. */
final class Prompts {
  private final Tokenizer tokenizer;
  private final int positions;

  Prompts(Tokenizer tokenizer, int positions) {
    this.tokenizer = tokenizer;
    this.positions = positions;
  }

  int[] prompt(String text) {
    return tokenizer.encodePrompt(text);
  }

  /**
   * A probe.
   *
   * @param owner the fact that the prompt belongs to, for messages
   * @throws InputException when prompt and answer do not fit the model's context
   */
  Probe probe(Fact owner, String prompt, String answer) {
    return probe(owner, prompt, this.prompt(prompt), target(prompt, answer));
  }

  /** A probe that asks only for the next token. */
  Probe next(Fact owner, String prompt) {
    return probe(owner, prompt, this.prompt(prompt), new int[1]);
  }

  int[] target(String prompt, String answer) {
    return tokenizer.encodeContinuation(prompt, " " + answer);
  }

  private Probe probe(Fact owner, String text, int[] prompt, int[] target) {
    if (prompt.length + target.length > positions) {
      throw new InputException(
          "the fact of line "
              + owner.line()
              + " (subject "
              + Text.quote(owner.subject())
              + "): the prompt "
              + Text.quote(text)
              + " and its answer have "
              + (prompt.length + target.length)
              + " tokens, but the model's context holds "
              + positions
              + "; shorten or remove the prompt");
    }
    return new Probe(prompt, target);
  }
}
