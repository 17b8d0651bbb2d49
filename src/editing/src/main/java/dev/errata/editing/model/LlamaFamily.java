package dev.errata.editing.model;

import dev.errata.api.InputException;
import java.util.Map;

/** Llama 1 to 3.2 (Touvron et al. 2023; Dubey et al. 2024), and SmolLM and SmolLM2. */
final class LlamaFamily implements Family {
  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public Architecture describe(Config config) {
    requireNoBias(config);
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

  /** Llama's configuration knows biases that no published checkpoint has. */
  private static void requireNoBias(Config config) {
    for (String field : new String[] {"attention_bias", "mlp_bias"}) {
      if (config.flag(field, false)) {
        throw new InputException(config.file() + ": " + field + " true is not supported for llama");
      }
    }
  }
}
