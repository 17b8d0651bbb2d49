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
   */
  public record Attention(
      int heads,
      int keyValueHeads,
      int headDim,
      double scale,
      double softcap,
      QueryKeyNorm queryKeyNorm,
      java.util.List<Integer> windows) {}

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
   */
  public record FeedForward(int inner, Activation activation, boolean gated) {}

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
