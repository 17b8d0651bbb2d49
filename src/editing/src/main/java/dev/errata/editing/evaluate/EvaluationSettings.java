package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import dev.errata.api.resource.Suite;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What is measured and how. Both sides of a comparison must be measured with the same settings.
 *
 * @param suites what is measured; the figures of the others are null
 * @param seed of all that is drawn: prefixes, continuations, templates
 * @param tokensPerBatch about how many tokens run through the model at once
 * @param prefixes how many prefixes are drawn; the facts take them in turn
 * @param prefixTokens length of each
 * @param fluencyPrompts of how many facts the prompt is continued for the fluency
 * @param fluencyTokens how many tokens are drawn behind each
 * @param templates how many of the job's other templates each subject is probed with when there are
 *     no {@code otherFacts}
 * @param otherFacts true facts about the job's subjects that it does not edit, with what the
 *     unedited model should answer as the target; may be empty
 * @param heldOut text for the perplexity, or null
 * @param heldOutTokens how many tokens of it are read at most
 * @param window how many tokens are read at once for the perplexity, or the model's context where
 *     that is shorter
 * @param routingFrom the first layer whose routing an edit may change
 */
@RecordBuilder
public record EvaluationSettings(
    Set<Suite> suites,
    long seed,
    int tokensPerBatch,
    int prefixes,
    int prefixTokens,
    int fluencyPrompts,
    int fluencyTokens,
    int templates,
    List<Fact> otherFacts,
    String heldOut,
    int heldOutTokens,
    int window,
    int routingFrom)
    implements EvaluationSettingsBuilder.With {

  /** All suites; nothing held out. */
  public static final EvaluationSettings DEFAULT =
      new EvaluationSettings(
          EnumSet.allOf(Suite.class), 0, 2048, 5, 50, 24, 50, 3, List.of(), null, 4096, 512, 0);

  /** Collections are copied; counts must be positive. */
  public EvaluationSettings {
    suites = Set.copyOf(suites);
    otherFacts = List.copyOf(otherFacts);
    if (tokensPerBatch < 1
        || prefixes < 1
        || prefixTokens < 1
        || fluencyPrompts < 1
        || fluencyTokens < 1
        || templates < 1
        || heldOutTokens < 2
        || window < 2) {
      throw new IllegalArgumentException("counts must be positive");
    }
  }

  boolean has(Suite suite) {
    return suites.contains(suite);
  }
}
