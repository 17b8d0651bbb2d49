package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Map;

/**
 * OLMo 2 (OLMo Team 2024, arXiv 2501.00656): norms behind attention and feed-forward layer instead
 * of before them, and on the whole of queries and keys.
 */
@AutoService(Family.class)
public final class Olmo2Family implements Family {
  @Override
  public String modelType() {
    return "olmo2";
  }

  @Override
  public Architecture describe(Config config) {
    LlamaLike.requireOff(config, "attention_bias");
    Architecture base =
        LlamaLike.describe(
            modelType(),
            config,
            LlamaLike.headDim(config),
            Architecture.QueryKeyNorm.PROJECTION,
            LlamaLike.noWindows(config));
    double epsilon = config.number("rms_norm_eps", 1e-5);
    return base.withNorm(new Architecture.Norm(true, epsilon, false, Architecture.Placement.POST));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    Map<Part, Slot> slots = LlamaLike.slots(a, false, false);
    slots.remove(Part.ATTENTION_NORM);
    slots.remove(Part.FEED_FORWARD_NORM);
    slots.put(Part.ATTENTION_POST_NORM, LlamaLike.layer("post_attention_layernorm.weight"));
    slots.put(Part.FEED_FORWARD_POST_NORM, LlamaLike.layer("post_feedforward_layernorm.weight"));
    return slots;
  }
}
