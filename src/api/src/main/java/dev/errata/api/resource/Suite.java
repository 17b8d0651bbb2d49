package dev.errata.api.resource;

/** A family of metrics. */
public enum Suite {
  /** Shares of prompts on which the wanted answer is more likely than the other one. */
  Probability,
  /** Shares of tokens that are right when the tokens before them are given. */
  TeacherForced,
  /** Shares of targets that come out of greedy decoding. */
  Generation,
  /** Share of the other facts about the edited subjects that still hold. */
  OtherFacts,
  /** Entropy of the n-grams of generated text. */
  Fluency,
  /** Perplexity of held-out text. */
  Perplexity,
  /** Overlap of the experts that tokens reach before and after; mixtures of experts only. */
  Routing
}
