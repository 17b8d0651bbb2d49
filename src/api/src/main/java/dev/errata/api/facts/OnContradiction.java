package dev.errata.api.facts;

/** What to do with two facts of the same subject and prompt that want different targets. */
public enum OnContradiction {
  /** Refuse the source and name both places. */
  Refuse,
  /** Keep the later one and warn. */
  LastWins
}
