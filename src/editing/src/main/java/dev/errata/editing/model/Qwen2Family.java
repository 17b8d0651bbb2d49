package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Qwen2 and Qwen2.5 (Yang et al. 2024): biases on query, key and value. */
@AutoService(Family.class)
public final class Qwen2Family implements Family {
  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public Architecture describe(Config config) {
    return LlamaLike.describe(
        modelType(),
        config,
        LlamaLike.headDim(config),
        Architecture.QueryKeyNorm.NONE,
        windows(config));
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return LlamaLike.slots(a, true, false);
  }

  /** Layers from {@code max_window_layers} on slide, and only when the checkpoint says so. */
  static List<Integer> windows(Config config) {
    int layers = config.integer("num_hidden_layers");
    if (!config.flag("use_sliding_window", false)) {
      return LlamaLike.noWindows(config);
    }
    int first = config.integer("max_window_layers", layers);
    int window = config.integer("sliding_window", 0);
    return IntStream.range(0, layers).mapToObj(layer -> layer >= first ? window : 0).toList();
  }
}
