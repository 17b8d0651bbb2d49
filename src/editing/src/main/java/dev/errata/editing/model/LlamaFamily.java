package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Map;

/** Llama 1 to 3.2 (Touvron et al. 2023; Dubey et al. 2024), and SmolLM and SmolLM2. */
@AutoService(Family.class)
public final class LlamaFamily implements Family {
  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public Architecture describe(Config config) {
    LlamaLike.requireOff(config, "attention_bias", "mlp_bias");
    return LlamaLike.describe(
        modelType(),
        config,
        LlamaLike.headDim(config),
        Architecture.QueryKeyNorm.NONE,
        LlamaLike.noWindows(config));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return LlamaLike.slots(a, false, false);
  }
}
