package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** SmolLM3 (Hugging Face 2025): Llama, but every fourth layer has no positions. */
@AutoService(Family.class)
public final class SmolLm3Family implements Family {
  @Override
  public String modelType() {
    return "smollm3";
  }

  @Override
  public Architecture describe(Config config) {
    LlamaLike.requireOff(config, "attention_bias", "mlp_bias");
    Set<Integer> skipped = layersWithoutPositions(config);
    Architecture base =
        LlamaLike.describe(
            modelType(),
            config,
            LlamaLike.headDim(config),
            Architecture.QueryKeyNorm.NONE,
            windows(config, skipped));
    Rotary rotary = Rotary.read(config.json(), base.attention().headDim(), "rope_theta", 2_000_000);
    return base.withRotary(rotary.without(skipped))
        .withPositions(config.integer("max_position_embeddings", 32768))
        .withTied(config.flag("tie_word_embeddings", true));
  }

  private static Set<Integer> layersWithoutPositions(Config config) {
    int interval = config.integer("no_rope_layer_interval", 4);
    Set<Integer> skipped = new HashSet<>();
    for (int layer = 0; layer < config.integer("num_hidden_layers"); layer++) {
      // 1 says that the layer has positions, whatever the field is called.
      int turns = config.json().path("no_rope_layers").path(layer).asInt(-1);
      if (turns == 0 || (turns < 0 && (layer + 1) % interval == 0)) {
        skipped.add(layer);
      }
    }
    return skipped;
  }

  private static List<Integer> windows(Config config, Set<Integer> skipped) {
    if (!config.flag("use_sliding_window", false)) {
      return LlamaLike.noWindows(config);
    }
    int window = config.integer("sliding_window", 0);
    List<Integer> windows = new ArrayList<>();
    for (int layer = 0; layer < config.integer("num_hidden_layers"); layer++) {
      String named = config.json().path("layer_types").path(layer).asText("");
      boolean slides =
          named.isEmpty() ? skipped.contains(layer) : named.equals("sliding_attention");
      windows.add(slides ? window : 0);
    }
    return List.copyOf(windows);
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    return LlamaLike.slots(a, false, false);
  }
}
