package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Map;

/**
 * Granite 3 (IBM 2024): Llama with factors on embeddings, attention scores, residuals and logits.
 */
@AutoService(Family.class)
public final class GraniteFamily implements Family {
  @Override
  public String modelType() {
    return "granite";
  }

  @Override
  public Architecture describe(Config config) {
    LlamaLike.requireOff(config, "attention_bias", "mlp_bias");
    Architecture base =
        LlamaLike.describe(
            modelType(),
            config,
            LlamaLike.headDim(config),
            Architecture.QueryKeyNorm.NONE,
            LlamaLike.noWindows(config));
    Architecture.Attention attention = base.attention();
    return base.withAttention(
            new Architecture.Attention(
                attention.heads(),
                attention.keyValueHeads(),
                attention.headDim(),
                config.number("attention_multiplier", 1),
                0,
                attention.queryKeyNorm(),
                attention.windows()))
        .withEmbeddingScale(config.number("embedding_multiplier", 1))
        .withResidualScale(config.number("residual_multiplier", 1))
        .withLogitScale(1 / config.number("logits_scaling", 1));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return LlamaLike.slots(a, false, false);
  }
}
