package dev.errata.editing.model;

/** A place inside a block where a {@link Tap} may read or replace the value. */
public enum Site {
  /** What attention adds to the residual stream, [B, T, d]. */
  ATTENTION_OUTPUT,
  /** The input of the edited linear, [B, T, f]. */
  FEED_FORWARD_KEY,
  /** What the feed-forward layer adds to the residual stream, [B, T, d]. */
  FEED_FORWARD_OUTPUT,
  /** The residual stream behind the block, [B, T, d]. */
  BLOCK_OUTPUT
}
