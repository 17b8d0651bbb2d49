package dev.errata.api;

/** A number that a stage knows of itself while it works; only the last counts. */
public enum Figure {
  /** Mean loss of the values that are optimised, at the last step. */
  VALUE_LOSS,
  /** The share of that loss that keeps what else is known of the subjects: KL divergence, nats. */
  VALUE_DIVERGENCE,
  /** Tokens times the layers that they went through so far, forward, padding included; rises. */
  LAYER_TOKENS
}
