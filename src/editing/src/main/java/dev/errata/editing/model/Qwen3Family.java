package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Map;

/** Qwen3, dense (Yang et al. 2025): queries and keys normalised a head. */
@AutoService(Family.class)
public final class Qwen3Family implements Family {
  @Override
  public String modelType() {
    return "qwen3";
  }

  @Override
  public Architecture describe(Config config) {
    int headDim = config.integer("head_dim", 128);
    return LlamaLike.describe(
        modelType(), config, headDim, Architecture.QueryKeyNorm.HEAD, Qwen2Family.windows(config));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return LlamaLike.slots(a, false, false);
  }
}
