package dev.errata.editing.model;

/** A place inside a block where a {@link Tap} may read or replace the value. */
public enum Site {
  /** What attention adds to the residual stream, [B, T, d]. */
  ATTENTION_OUTPUT,
  /** The input of a dense layer's edited linear, [B, T, f]; see {@link Tap#keys} for experts. */
  FEED_FORWARD_KEY,
  /** The scores of a mixture's router before any softmax, [B, T, E]. */
  ROUTER_SCORES,
  /** What the feed-forward layer adds to the residual stream, [B, T, d]. */
  FEED_FORWARD_OUTPUT,
  /** The residual stream behind the block, [B, T, d]. */
  BLOCK_OUTPUT
}
