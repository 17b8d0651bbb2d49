package dev.errata.editing.locate;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.TokenSpans;
import dev.errata.editing.checkpoint.Tokenizer;
import java.util.Arrays;

/**
 * The prompt of a fact as tokens.
 *
 * @param ids its tokens
 * @param subjectStart position of the subject's first token
 * @param subjectEnd position behind its last
 * @param known the token that the model must say for the fact to be traced, or null to trace
 *     whatever it says
 */
record TracePrompt(int[] ids, int subjectStart, int subjectEnd, Integer known) {
  int length() {
    return ids.length;
  }

  /**
   * Encodes a fact's prompt. A fact that names its old target is traced only where the model knows
   * it.
   *
   * @param positions greatest number of tokens that the model takes
   */
  static TracePrompt of(Tokenizer tokenizer, Fact fact, int positions) {
    String filled = fact.filled();
    TokenSpans spans = tokenizer.encodePromptWithOffsets(filled);
    if (spans.size() > positions) {
      throw new InputException(
          "fact "
              + fact.line()
              + ": its prompt takes "
              + spans.size()
              + " tokens; the model takes "
              + positions);
    }
    int from = fact.subjectStart();
    int last = spans.tokenAt(from + fact.subject().length() - 1);
    int first = last;
    while (first > 0 && spans.end(first - 1) > from) {
      first--;
    }
    Integer known = null;
    if (fact.oldTarget() != null) {
      known = tokenizer.encodeContinuation(filled, " " + fact.oldTarget())[0];
    }
    return new TracePrompt(spans.ids(), first, last + 1, known);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TracePrompt that
        && Arrays.equals(ids, that.ids)
        && subjectStart == that.subjectStart
        && subjectEnd == that.subjectEnd
        && java.util.Objects.equals(known, that.known);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return "TracePrompt"
        + Arrays.toString(ids)
        + "["
        + subjectStart
        + ", "
        + subjectEnd
        + ") → "
        + known;
  }
}
