package dev.errata.api.resource;

/** A step of a job with its own inputs and outputs. */
public enum Stage {
  /** Brings the base checkpoint into the store. */
  Import,
  /** Second moments of what the edited layers read. */
  Statistics,
  /** What the edited layers shall say for each fact. */
  Values,
  /** The change of weights. */
  Update,
  /** Metrics before and after. */
  Evaluate,
  /** Writes the version and its manifest. */
  Publish
}
