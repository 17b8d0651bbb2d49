package dev.errata.editing.evaluate;

/**
 * The figures of an evaluation. All but fluency and perplexity are shares from 0 to 1. A figure is
 * null when there was nothing to measure it on, never 0 for that reason. Where a fact has several
 * prompts of a kind its share is taken first and the mean over facts second, as MEMIT's summary
 * does.
 *
 * @param efficacy facts with p(new) &gt; p(old); p is the length-normalised probability
 * @param paraphrase the same on paraphrases
 * @param neighbourhood neighbours with p(true) &gt; p(new)
 * @param score harmonic mean of these three; null unless all three are known
 * @param exactMatch facts whose target greedy decoding gives
 * @param paraphraseExactMatch the same on paraphrases
 * @param prefixedExactMatch the same with the prompt behind sampled text
 * @param otherFacts of what the unedited model says of the subjects besides the edited facts, the
 *     share that still holds; see {@link OtherFacts}
 * @param otherFactsBasis what that was measured on: {@code facts} or {@code templates}, or null
 * @param tokenAccuracy teacher-forced accuracy
 * @param fluency weighted entropy of the n-grams of continuations in bits, see {@link NgramEntropy}
 * @param perplexity of the held-out text
 * @param routingOverlap mean over the layers above the edit of {@link Routes.Overlap#text}; null
 *     for a dense model
 * @param promptRoutingOverlap the same on the facts' prompts
 * @param counts how many items stand behind the figures
 */
public record Metrics(
    Double efficacy,
    Double paraphrase,
    Double neighbourhood,
    Double score,
    Double exactMatch,
    Double paraphraseExactMatch,
    Double prefixedExactMatch,
    Double otherFacts,
    String otherFactsBasis,
    TokenAccuracy tokenAccuracy,
    Double fluency,
    Double perplexity,
    Double routingOverlap,
    Double promptRoutingOverlap,
    Counts counts) {

  /**
   * How many items stand behind the figures.
   *
   * @param facts facts
   * @param verified facts that hold
   * @param withOldTarget facts whose old target is known: those behind {@code efficacy}
   * @param paraphrases paraphrases
   * @param neighbours neighbours
   * @param answeredNeighbours neighbours whose true answer is known
   * @param questions portability questions
   * @param otherFacts facts or templates that the unedited model answers
   * @param fluencyTexts continuations
   * @param perplexityTokens tokens of the held-out text, each predicted once
   */
  public record Counts(
      int facts,
      int verified,
      int withOldTarget,
      int paraphrases,
      int neighbours,
      int answeredNeighbours,
      int questions,
      int otherFacts,
      int fluencyTexts,
      int perplexityTokens) {}
}
