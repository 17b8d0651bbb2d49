package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Gemma 2 (Gemma Team 2024), the base of Fanar: norms around both halves of a block, stored as
 * their difference from 1, soft caps, every other layer with a sliding window.
 */
@AutoService(Family.class)
public final class Gemma2Family implements Family {
  @Override
  public String modelType() {
    return "gemma2";
  }

  @Override
  public Architecture describe(Config config) {
    int headDim = config.integer("head_dim", 256);
    List<Integer> windows = new ArrayList<>();
    int window = config.integer("sliding_window", 4096);
    for (int layer = 0; layer < config.integer("num_hidden_layers"); layer++) {
      windows.add(layer % 2 == 0 ? window : 0);
    }
    Architecture base =
        LlamaLike.describe(modelType(), config, headDim, Architecture.QueryKeyNorm.NONE, windows);
    double scale = 1 / Math.sqrt(config.number("query_pre_attn_scalar", 256));
    return base.withAttention(
            new Architecture.Attention(
                base.attention().heads(),
                base.attention().keyValueHeads(),
                headDim,
                scale,
                config.number("attn_logit_softcapping", 0),
                Architecture.QueryKeyNorm.NONE,
                List.copyOf(windows)))
        .withFeedForward(
            new Architecture.FeedForward(
                base.feedForward().inner(),
                config.activation("hidden_activation", "gelu_pytorch_tanh"),
                true))
        .withNorm(
            new Architecture.Norm(
                true, base.norm().epsilon(), true, Architecture.Placement.PRE_AND_POST))
        .withTied(config.flag("tie_word_embeddings", true))
        .withEmbeddingScale(Math.sqrt(base.hidden()))
        .withLogitSoftcap(config.number("final_logit_softcapping", 0));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    Map<Part, Slot> slots = LlamaLike.slots(a, false, false);
    slots.put(Part.ATTENTION_POST_NORM, LlamaLike.layer("post_attention_layernorm.weight"));
    slots.put(Part.FEED_FORWARD_NORM, LlamaLike.layer("pre_feedforward_layernorm.weight"));
    slots.put(Part.FEED_FORWARD_POST_NORM, LlamaLike.layer("post_feedforward_layernorm.weight"));
    return slots;
  }
}
