package dev.errata.editing.pipeline;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.Problems;
import dev.errata.editing.checkpoint.Tokenizer;
import java.util.List;

/** Whether facts fit a model's context. */
final class FactFit {
  private FactFit() {}

  /**
   * Refuses facts that are too long.
   *
   * @param name what messages call the facts' source
   * @param positions the model's context in tokens
   * @throws InputException with all of them
   */
  static void require(List<Fact> facts, String name, Tokenizer tokenizer, int positions) {
    Problems problems = new Problems();
    List<String> prompts = facts.stream().map(Fact::filled).toList();
    List<int[]> encoded = tokenizer.encodePrompts(prompts);
    for (int i = 0; i < facts.size(); i++) {
      Fact fact = facts.get(i);
      int[] target = tokenizer.encodeContinuation(fact.filled(), " " + fact.target());
      int length = encoded.get(i).length + target.length;
      if (length > positions) {
        problems.add(
            name
                + ":"
                + fact.line()
                + ": prompt and target take "
                + length
                + " tokens, the model's context has "
                + positions
                + "; shorten the fact");
      }
    }
    problems.throwIfAny();
  }
}
