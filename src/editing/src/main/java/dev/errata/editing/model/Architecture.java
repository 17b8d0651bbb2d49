package dev.errata.editing.model;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Set;

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
 * @param residualScale factor on what attention and the feed-forward layer add to the residual
 *     stream (Granite); 1 for none
 * @param logitScale factor on the logits (Cohere, Granite); 1 for none
 * @param logitSoftcap c in c·tanh(logits/c), or 0 for none
 * @param biases biases that only some checkpoints of the family have and this one has
 */
@RecordBuilder
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
    double residualScale,
    double logitScale,
    double logitSoftcap,
    Set<Part> biases)
    implements ArchitectureBuilder.With {

  /** The biases are copied. */
  public Architecture {
    biases = Set.copyOf(biases);
  }

  /** Without factors on residuals and logits. */
  public Architecture(
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
    this(
        family,
        layers,
        hidden,
        vocabulary,
        positions,
        attention,
        feedForward,
        norm,
        rotary,
        tied,
        embeddingScale,
        1,
        1,
        logitSoftcap,
        Set.of());
  }

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
    /** Each head by itself, with one weight for all heads (Qwen3). */
    HEAD,
    /** Each head by itself, with a weight of its own (Command-R+, StableLM 2 12B). */
    OWN_HEAD,
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
   * @param latent low-rank keys and values (DeepSeek-V2), or null for none
   */
  public record Attention(
      int heads,
      int keyValueHeads,
      int headDim,
      double scale,
      double softcap,
      QueryKeyNorm queryKeyNorm,
      java.util.List<Integer> windows,
      double clip,
      Latent latent) {
    /** Without a bound, with keys and values of full rank. */
    public Attention(
        int heads,
        int keyValueHeads,
        int headDim,
        double scale,
        double softcap,
        QueryKeyNorm queryKeyNorm,
        java.util.List<Integer> windows) {
      this(heads, keyValueHeads, headDim, scale, softcap, queryKeyNorm, windows, 0, null);
    }
  }

  /**
   * Latent attention (DeepSeek-AI 2024, arXiv 2405.04434): keys and values, and often queries, are
   * made from projections of low rank; a part of each head turns, and that of the keys is the same
   * for all heads.
   *
   * @param queryRank rank of the queries, or 0 for full
   * @param keyValueRank rank of keys and values
   * @param still leading dimensions of a head that do not turn
   * @param turning dimensions behind them that turn
   * @param valueDim width of a head's values
   */
  public record Latent(int queryRank, int keyValueRank, int still, int turning, int valueDim) {}

  /** The non-linearity of the feed-forward layer; the codes are known to {@code decoder.py}. */
  public enum Activation {
    /** GELU by its tanh approximation. */
    GELU_TANH(0),
    /** x·sigmoid(x). */
    SILU(1),
    /** Exact GELU. */
    GELU(2),
    /** max(x, 0). */
    RELU(3),
    /** (up + 1) · gate · sigmoid(1.702 gate), both clamped (GPT-OSS). */
    CLAMPED_SWISH(4);

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
   * @param limit bound of the clamped activation; 0 for the others
   * @param mixture the layers that are mixtures of experts, or null when all are dense
   */
  public record FeedForward(
      int inner, Activation activation, boolean gated, double limit, Mixture mixture) {
    /** Dense in all layers, with an activation that is not clamped. */
    public FeedForward(int inner, Activation activation, boolean gated) {
      this(inner, activation, gated, 0, null);
    }
  }

  /** Where the norms of a block stand. */
  public enum Placement {
    /** Before attention and before the feed-forward layer. */
    PRE,
    /** Before and after each (Gemma 2). */
    PRE_AND_POST,
    /** After each, before the residual sum (OLMo 2). */
    POST,
    /** Before each, and both halves read the block's input (GPT-NeoX). */
    PARALLEL,
    /** The same with one norm for both halves (GPT-J, Command-R). */
    PARALLEL_SHARED
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
