package dev.errata.editing.model;

/**
 * What a decoder-only transformer is made of, as read from a checkpoint's {@code config.json}.
 *
 * @param family the family's {@code model_type}
 * @param layers number of blocks
 * @param hidden d, width of the residual stream
 * @param vocabulary rows of the embedding
 * @param positions greatest number of tokens in one sequence
 * @param attention the attention of every block
 * @param feedForward the feed-forward layer of every block
 * @param norm the norms
 * @param rotary rotary positions, or null when positions are a learned table
 * @param tied whether the unembedding is the embedding
 * @param embeddingScale factor on the embeddings (Gemma: sqrt(d)); 1 for none
 * @param logitSoftcap c in c·tanh(logits/c), or 0 for none
 */
public record Architecture(
    String family,
    int layers,
    int hidden,
    int vocabulary,
    int positions,
    Attention attention,
    FeedForward feedForward,
    Norm norm,
    Rotary rotary,
    boolean tied,
    double embeddingScale,
    double logitSoftcap) {

  /** Whether a layer is a mixture of experts. */
  public boolean isMixture(int layer) {
    Mixture mixture = feedForward.mixture();
    return mixture != null && mixture.layers().get(layer);
  }

  /**
   * Number of linear memories of a layer: 1 where it is dense, else one for each expert and one for
   * the shared expert, which is the last.
   */
  public int memories(int layer) {
    if (!isMixture(layer)) {
      return 1;
    }
    Mixture mixture = feedForward.mixture();
    return mixture.experts() + (mixture.sharedInner() > 0 ? 1 : 0);
  }

  /** f, width of the key of a memory of a layer. */
  public int memoryWidth(int layer, int memory) {
    if (!isMixture(layer)) {
      return feedForward.inner();
    }
    Mixture mixture = feedForward.mixture();
    return memory < mixture.experts() ? mixture.inner() : mixture.sharedInner();
  }

  /** How the query and key are normalised before positions are applied. */
  public enum QueryKeyNorm {
    /** Not at all. */
    NONE,
    /** Each head by itself (Qwen3). */
    HEAD,
    /** The whole projection (OLMo 2). */
    PROJECTION
  }

  /**
   * Multi-head attention with grouped queries.
   *
   * @param heads number of query heads
   * @param keyValueHeads number of key and value heads; divides {@code heads}
   * @param headDim width of a head
   * @param scale factor on query·key
   * @param softcap c in c·tanh(score/c), or 0 for none
   * @param queryKeyNorm norm of queries and keys
   * @param windows for each layer the number of positions that a token sees, itself included, or 0
   *     for all of them
   * @param clip bound on every element of queries, keys and values (OLMoE), or 0 for none
   */
  public record Attention(
      int heads,
      int keyValueHeads,
      int headDim,
      double scale,
      double softcap,
      QueryKeyNorm queryKeyNorm,
      java.util.List<Integer> windows,
      double clip) {
    /** Without a bound. */
    public Attention(
        int heads,
        int keyValueHeads,
        int headDim,
        double scale,
        double softcap,
        QueryKeyNorm queryKeyNorm,
        java.util.List<Integer> windows) {
      this(heads, keyValueHeads, headDim, scale, softcap, queryKeyNorm, windows, 0);
    }
  }

  /** The non-linearity of the feed-forward layer; the codes are known to {@code decoder.py}. */
  public enum Activation {
    /** GELU by its tanh approximation. */
    GELU_TANH(0),
    /** x·sigmoid(x). */
    SILU(1),
    /** Exact GELU. */
    GELU(2),
    /** max(x, 0). */
    RELU(3);

    private final int code;

    Activation(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  /**
   * The feed-forward layer: key = act(gate x) ⊙ (up x), or act(up x); out = down key.
   *
   * @param inner f, width of the key
   * @param activation the non-linearity
   * @param gated whether there is a gate
   * @param mixture the layers that are mixtures of experts, or null when all are dense
   */
  public record FeedForward(int inner, Activation activation, boolean gated, Mixture mixture) {
    /** Dense in all layers. */
    public FeedForward(int inner, Activation activation, boolean gated) {
      this(inner, activation, gated, null);
    }
  }

  /**
   * A mixture of experts: out = Σ_e g_e down_e key_e over the experts e that the router picks for a
   * token, and the shared expert where there is one.
   *
   * @param experts E, number of experts that the router picks from
   * @param perToken how many it picks
   * @param inner f, width of an expert's key
   * @param sharedInner width of the shared expert's key, or 0 for no shared expert
   * @param sharedOpening whether the shared expert has a gate of its own, sigmoid(w x)
   * @param routing how scores become gates
   * @param layers for each layer whether it is a mixture; the others are dense
   */
  public record Mixture(
      int experts,
      int perToken,
      int inner,
      int sharedInner,
      boolean sharedOpening,
      Routing routing,
      java.util.List<Boolean> layers) {}

  /**
   * How a router's scores become gates.
   *
   * @param topFirst softmax over the picked experts only, instead of over all before picking
   * @param normalised whether the gates of the picked experts are divided by their sum
   * @param scale factor on the gates
   * @param groups into how many groups the experts fall, or 1
   * @param groupsPerToken from how many groups, those with the best expert, a token's experts come
   */
  public record Routing(
      boolean topFirst, boolean normalised, double scale, int groups, int groupsPerToken) {}

  /** Where the norms of a block stand. */
  public enum Placement {
    /** Before attention and before the feed-forward layer. */
    PRE,
    /** Before and after each (Gemma 2). */
    PRE_AND_POST,
    /** After each, before the residual sum (OLMo 2). */
    POST,
    /** Before, and both halves read the same block input (GPT-J, GPT-NeoX). */
    PARALLEL
  }

  /**
   * The norms.
   *
   * @param rms root-mean-square norm instead of layer norm
   * @param epsilon added to the variance
   * @param onePlus the weight is stored as its difference from 1 (Gemma)
   * @param placement where the norms stand
   */
  public record Norm(boolean rms, double epsilon, boolean onePlus, Placement placement) {}
}
