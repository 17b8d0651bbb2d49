package dev.errata.api.resource;

/** A figure of the evaluation that a gate can name. */
public enum Metric {
  /** Share of facts with p(new) above p(old). */
  Efficacy,
  /** The same on paraphrases. */
  Paraphrase,
  /** Share of neighbours with p(true) above p(new). */
  Neighbourhood,
  /** Harmonic mean of efficacy, paraphrase and neighbourhood. */
  Score,
  /** Share of target tokens that are right when those before them are given. */
  TokenAccuracy,
  /** The same on paraphrases. */
  ParaphraseTokenAccuracy,
  /** The same on portability questions. */
  Portability,
  /** Share of tokens on neighbours that are those of the unedited model. */
  Locality,
  /** Share of targets that greedy decoding gives. */
  ExactMatch,
  /** The same behind a prefix. */
  PrefixedExactMatch,
  /** The same on paraphrases. */
  ParaphraseExactMatch,
  /** Share of other facts about the edited subjects that still hold. */
  OtherFacts,
  /** Entropy of the n-grams of generated text, in bits. */
  Fluency,
  /** Perplexity of held-out text. */
  Perplexity,
  /** Perplexity after the edit over that before. */
  PerplexityRatio,
  /** Mean overlap of the experts that tokens of unrelated text reach before and after. */
  RoutingOverlap,
  /** The same on the tokens of the facts' prompts. */
  PromptRoutingOverlap;

  /** The key of this figure in reports. */
  public String key() {
    return Character.toLowerCase(name().charAt(0)) + name().substring(1);
  }
}
