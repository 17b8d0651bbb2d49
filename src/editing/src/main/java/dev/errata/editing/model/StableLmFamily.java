package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Map;
import java.util.Set;

/**
 * StableLM 3B and StableLM 2 (Bellagente et al. 2024, arXiv 2402.17834): Llama with layer norms and
 * a part of each head that turns; the 12B model normalises every head of query and key by its own
 * weights and has one norm for both halves of a block.
 */
@AutoService(Family.class)
public final class StableLmFamily implements Family {
  private static final Set<Part> BIASES = Set.of(Part.QUERY_BIAS, Part.KEY_BIAS, Part.VALUE_BIAS);

  @Override
  public String modelType() {
    return "stablelm";
  }

  @Override
  public Architecture describe(Config config) {
    int headDim = LlamaLike.headDim(config);
    Architecture base =
        LlamaLike.describe(
            modelType(),
            config,
            headDim,
            config.flag("qk_layernorm", false)
                ? Architecture.QueryKeyNorm.OWN_HEAD
                : Architecture.QueryKeyNorm.NONE,
            LlamaLike.noWindows(config));
    int turning = Rotary.turning(config.json(), headDim, "partial_rotary_factor", 0.25);
    return base.withNorm(
            new Architecture.Norm(
                false,
                config.number("layer_norm_eps", 1e-5),
                false,
                config.flag("use_parallel_residual", false)
                    ? Architecture.Placement.PARALLEL_SHARED
                    : Architecture.Placement.PRE))
        .withRotary(Rotary.read(config.json(), turning))
        .withPositions(config.integer("max_position_embeddings", 4096))
        .withBiases(config.flag("use_qkv_bias", false) ? BIASES : Set.of());
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    Map<Part, Slot> slots = LlamaLike.slots(a, !a.biases().isEmpty(), false);
    slots.put(Part.FINAL_NORM_BIAS, Slot.of("model.norm.bias"));
    slots.put(Part.ATTENTION_NORM_BIAS, LlamaLike.layer("input_layernorm.bias"));
    if (a.norm().placement() == Architecture.Placement.PARALLEL_SHARED) {
      slots.remove(Part.FEED_FORWARD_NORM);
    } else {
      slots.put(Part.FEED_FORWARD_NORM_BIAS, LlamaLike.layer("post_attention_layernorm.bias"));
    }
    if (a.attention().queryKeyNorm() == Architecture.QueryKeyNorm.OWN_HEAD) {
      String heads = "model.layers.%d.self_attn.LETTER_layernorm.norms.%h.weight";
      slots.put(Part.QUERY_NORM, Slot.of(heads.replace("LETTER", "q")));
      slots.put(Part.KEY_NORM, Slot.of(heads.replace("LETTER", "k")));
    }
    return slots;
  }
}
