package dev.errata.editing.model;

/** A tensor of a decoder, whatever its family calls it. */
public enum Part {
  EMBEDDING(false),
  POSITIONS(false),
  FINAL_NORM(false),
  FINAL_NORM_BIAS(false),
  UNEMBEDDING(false),
  ATTENTION_NORM(true),
  ATTENTION_NORM_BIAS(true),
  QUERY(true),
  QUERY_BIAS(true),
  KEY(true),
  KEY_BIAS(true),
  VALUE(true),
  VALUE_BIAS(true),
  OUTPUT(true),
  OUTPUT_BIAS(true),
  QUERY_NORM(true),
  KEY_NORM(true),
  ATTENTION_POST_NORM(true),
  FEED_FORWARD_NORM(true),
  FEED_FORWARD_NORM_BIAS(true),
  GATE(true),
  GATE_BIAS(true),
  UP(true),
  UP_BIAS(true),
  /** The edited linear: [d, f]. */
  DOWN(true),
  DOWN_BIAS(true),
  FEED_FORWARD_POST_NORM(true);

  private final boolean perLayer;

  Part(boolean perLayer) {
    this.perLayer = perLayer;
  }

  /** Whether every layer has one. */
  public boolean perLayer() {
    return perLayer;
  }
}
