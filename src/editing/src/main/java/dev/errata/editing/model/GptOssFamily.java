package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import dev.errata.api.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * GPT-OSS (OpenAI 2025, arXiv 2508.10925): attention sinks, every other layer with a window,
 * softmax over the picked experts only, a clamped activation, and experts packed as [E, in, out]
 * with the rows of gate and up in turns.
 */
@AutoService(Family.class)
public final class GptOssFamily implements Family {
  private static final double ALPHA = 1.702;

  @Override
  public String modelType() {
    return "gpt_oss";
  }

  @Override
  public Architecture describe(Config config) {
    requireKnown(config);
    Architecture base =
        LlamaLike.describe(
            modelType(),
            config,
            config.integer("head_dim", 64),
            Architecture.QueryKeyNorm.NONE,
            windows(config));
    int[] experts = MixtureLike.experts(config, "num_local_experts", "num_experts");
    Mixture mixture =
        new Mixture(
            experts[0],
            experts[1],
            config.integer("intermediate_size"),
            0,
            false,
            new Mixture.Routing(true, false, 1, 1, 1),
            MixtureLike.everywhere(base));
    return base.withFeedForward(
        new Architecture.FeedForward(
            base.feedForward().inner(),
            Architecture.Activation.CLAMPED_SWISH,
            true,
            config.number("swiglu_limit", 7),
            mixture));
  }

  private static void requireKnown(Config config) {
    if (config.json().hasNonNull("quantization_config")) {
      throw new InputException(
          config.file()
              + ": quantization_config: the weights are quantised; load the checkpoint in"
              + " transformers with Mxfp4Config(dequantize=True) and save it again");
    }
    double alpha = config.number("swiglu_alpha", ALPHA);
    if (alpha != ALPHA) {
      throw new InputException(
          config.file() + ": swiglu_alpha " + alpha + " is not supported; it must be " + ALPHA);
    }
  }

  private static List<Integer> windows(Config config) {
    int window = config.integer("sliding_window", 128);
    List<Integer> windows = new ArrayList<>();
    for (int layer = 0; layer < config.integer("num_hidden_layers"); layer++) {
      String named = config.json().path("layer_types").path(layer).asText("");
      boolean slides = named.isEmpty() ? layer % 2 == 0 : named.equals("sliding_attention");
      windows.add(slides ? window : 0);
    }
    return List.copyOf(windows);
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    Map<Part, Slot> slots = MixtureLike.withoutDense(LlamaLike.slots(a, true, true));
    slots.put(Part.SINKS, LlamaLike.layer("self_attn.sinks"));
    slots.put(Part.ROUTER, LlamaLike.layer("mlp.router.weight"));
    slots.put(Part.ROUTER_BIAS, LlamaLike.layer("mlp.router.bias"));
    int f = a.feedForward().mixture().inner();
    slots.put(Part.EXPERT_GATE, turns("gate_up_proj", true, 0, f));
    slots.put(Part.EXPERT_UP, turns("gate_up_proj", true, 1, f));
    slots.put(Part.EXPERT_GATE_BIAS, turns("gate_up_proj_bias", false, 0, f));
    slots.put(Part.EXPERT_UP_BIAS, turns("gate_up_proj_bias", false, 1, f));
    slots.put(Part.EXPERT_DOWN, new Slot(name("down_proj"), true, 0, 0, 1, true));
    slots.put(Part.EXPERT_DOWN_BIAS, new Slot(name("down_proj_bias"), false, 0, 0, 1, true));
    return slots;
  }

  private static Slot turns(String name, boolean transposed, int place, int pairs) {
    return new Slot(name(name), transposed, place, place + 1, pairs, true);
  }

  private static String name(String name) {
    return "model.layers.%d.mlp.experts." + name;
  }
}
