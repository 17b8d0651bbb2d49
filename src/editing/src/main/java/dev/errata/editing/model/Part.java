package dev.errata.editing.model;

/** A tensor of a decoder, whatever its family calls it. */
public enum Part {
  EMBEDDING(Kind.MODEL),
  POSITIONS(Kind.MODEL),
  FINAL_NORM(Kind.MODEL),
  FINAL_NORM_BIAS(Kind.MODEL),
  UNEMBEDDING(Kind.MODEL),
  UNEMBEDDING_BIAS(Kind.MODEL),
  ATTENTION_NORM(Kind.LAYER),
  ATTENTION_NORM_BIAS(Kind.LAYER),
  QUERY(Kind.LAYER),
  QUERY_BIAS(Kind.LAYER),
  KEY(Kind.LAYER),
  KEY_BIAS(Kind.LAYER),
  VALUE(Kind.LAYER),
  VALUE_BIAS(Kind.LAYER),
  OUTPUT(Kind.LAYER),
  OUTPUT_BIAS(Kind.LAYER),
  QUERY_NORM(Kind.LAYER),
  KEY_NORM(Kind.LAYER),
  /** What a query gives to no key, for each head: [heads] (GPT-OSS). */
  SINKS(Kind.LAYER),
  /** Latent attention: down to the rank of the queries, before {@link #QUERY}. */
  QUERY_IN(Kind.LAYER),
  QUERY_IN_NORM(Kind.LAYER),
  /** Latent attention: down to the rank of keys and values, and the keys' turning part. */
  KEY_VALUE_IN(Kind.LAYER),
  KEY_VALUE_IN_NORM(Kind.LAYER),
  /** Latent attention: up to the still part of every head's key, and its values. */
  KEY_VALUE(Kind.LAYER),
  ATTENTION_POST_NORM(Kind.LAYER),
  FEED_FORWARD_NORM(Kind.LAYER),
  FEED_FORWARD_NORM_BIAS(Kind.LAYER),
  GATE(Kind.DENSE),
  GATE_BIAS(Kind.DENSE),
  UP(Kind.DENSE),
  UP_BIAS(Kind.DENSE),
  /** The edited linear of a dense layer: [d, f]. */
  DOWN(Kind.DENSE),
  DOWN_BIAS(Kind.DENSE),
  FEED_FORWARD_POST_NORM(Kind.LAYER),
  /** The router of a mixture of experts: [E, d]. */
  ROUTER(Kind.MIXTURE),
  ROUTER_BIAS(Kind.MIXTURE),
  EXPERT_GATE(Kind.EXPERT),
  EXPERT_GATE_BIAS(Kind.EXPERT),
  EXPERT_UP(Kind.EXPERT),
  EXPERT_UP_BIAS(Kind.EXPERT),
  /** The edited linear of an expert: [d, f]. */
  EXPERT_DOWN(Kind.EXPERT),
  EXPERT_DOWN_BIAS(Kind.EXPERT),
  SHARED_GATE(Kind.MIXTURE),
  SHARED_UP(Kind.MIXTURE),
  /** The edited linear of the shared expert: [d, f]. */
  SHARED_DOWN(Kind.MIXTURE),
  /** What opens the shared expert: [1, d]. */
  SHARED_OPENING(Kind.MIXTURE);

  private enum Kind {
    MODEL,
    LAYER,
    DENSE,
    MIXTURE,
    EXPERT
  }

  private final Kind kind;

  Part(Kind kind) {
    this.kind = kind;
  }

  /** Whether there is one for every layer that has it, not one for the model. */
  public boolean perLayer() {
    return kind != Kind.MODEL;
  }

  /** Whether there is one for every expert of a layer. */
  public boolean perExpert() {
    return kind == Kind.EXPERT;
  }

  /** Whether a layer has it where the family has it: dense layers have no router. */
  boolean in(Architecture architecture, int layer) {
    return switch (kind) {
      case MODEL, LAYER -> true;
      case DENSE -> !architecture.isMixture(layer);
      case MIXTURE, EXPERT -> architecture.isMixture(layer);
    };
  }
}
