package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.EnumMap;
import java.util.Map;

/**
 * Phi-1, Phi-1.5 and Phi-2 (Li et al. 2023, arXiv 2309.05463): both halves of a block read one
 * norm, part of a head turns, every linear layer has a bias.
 */
@AutoService(Family.class)
public final class PhiFamily implements Family {
  @Override
  public String modelType() {
    return "phi";
  }

  @Override
  public Architecture describe(Config config) {
    LlamaLike.requireOff(config, "qk_layernorm");
    int headDim = LlamaLike.headDim(config);
    int heads = config.integer("num_attention_heads");
    int turning = Rotary.turning(config.json(), headDim, "partial_rotary_factor", 0.5);
    return new Architecture(
        modelType(),
        config.integer("num_hidden_layers"),
        config.integer("hidden_size"),
        config.integer("vocab_size"),
        config.integer("max_position_embeddings", 2048),
        new Architecture.Attention(
            heads,
            config.integer("num_key_value_heads", heads),
            headDim,
            1 / Math.sqrt(headDim),
            0,
            Architecture.QueryKeyNorm.NONE,
            LlamaLike.noWindows(config)),
        new Architecture.FeedForward(
            config.integer("intermediate_size"),
            config.activation("hidden_act", "gelu_new"),
            false),
        new Architecture.Norm(
            false,
            config.number("layer_norm_eps", 1e-5),
            false,
            Architecture.Placement.PARALLEL_SHARED),
        Rotary.read(config.json(), turning),
        config.flag("tie_word_embeddings", false),
        1,
        0);
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    Map<Part, Slot> slots = new EnumMap<>(Part.class);
    slots.put(Part.EMBEDDING, Slot.of("model.embed_tokens.weight"));
    slots.put(Part.FINAL_NORM, Slot.of("model.final_layernorm.weight"));
    slots.put(Part.FINAL_NORM_BIAS, Slot.of("model.final_layernorm.bias"));
    if (!a.tied()) {
      slots.put(Part.UNEMBEDDING, Slot.of("lm_head.weight"));
    }
    slots.put(Part.UNEMBEDDING_BIAS, Slot.of("lm_head.bias"));
    both(slots, Part.ATTENTION_NORM, Part.ATTENTION_NORM_BIAS, "input_layernorm");
    both(slots, Part.QUERY, Part.QUERY_BIAS, "self_attn.q_proj");
    both(slots, Part.KEY, Part.KEY_BIAS, "self_attn.k_proj");
    both(slots, Part.VALUE, Part.VALUE_BIAS, "self_attn.v_proj");
    both(slots, Part.OUTPUT, Part.OUTPUT_BIAS, "self_attn.dense");
    both(slots, Part.UP, Part.UP_BIAS, "mlp.fc1");
    both(slots, Part.DOWN, Part.DOWN_BIAS, "mlp.fc2");
    return slots;
  }

  private static void both(Map<Part, Slot> slots, Part weight, Part bias, String name) {
    slots.put(weight, LlamaLike.layer(name + ".weight"));
    slots.put(bias, LlamaLike.layer(name + ".bias"));
  }
}
