package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** GPT-2 (Radford et al. 2019): learned positions, Conv1D layout, fused projections. */
@AutoService(Family.class)
public final class Gpt2Family implements Family {
  @Override
  public String modelType() {
    return "gpt2";
  }

  @Override
  public List<String> prefixes() {
    return List.of("transformer.", "");
  }

  @Override
  public Architecture describe(Config config) {
    int hidden = config.integer("n_embd");
    int heads = config.integer("n_head");
    int layers = config.integer("n_layer");
    LlamaLike.requireDivisible(config, "n_embd", hidden, "n_head", heads);
    int headDim = hidden / heads;
    if (config.flag("scale_attn_by_inverse_layer_idx", false)) {
      throw new dev.errata.api.InputException(
          config.file() + ": scale_attn_by_inverse_layer_idx is not supported");
    }
    double scale = config.flag("scale_attn_weights", true) ? 1 / Math.sqrt(headDim) : 1;
    return new Architecture(
        modelType(),
        layers,
        hidden,
        config.integer("vocab_size"),
        config.integer("n_positions", 1024),
        new Architecture.Attention(
            heads,
            heads,
            headDim,
            scale,
            0,
            Architecture.QueryKeyNorm.NONE,
            Collections.nCopies(layers, 0)),
        new Architecture.FeedForward(
            config.integer("n_inner", 4 * hidden),
            config.activation("activation_function", "gelu_new"),
            false),
        new Architecture.Norm(
            false, config.number("layer_norm_epsilon", 1e-5), false, Architecture.Placement.PRE),
        null,
        config.flag("tie_word_embeddings", true),
        1,
        0);
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    int d = a.hidden();
    Map<Part, Slot> slots = new EnumMap<>(Part.class);
    slots.put(Part.EMBEDDING, Slot.of("wte.weight"));
    slots.put(Part.POSITIONS, Slot.of("wpe.weight"));
    slots.put(Part.FINAL_NORM, Slot.of("ln_f.weight"));
    slots.put(Part.FINAL_NORM_BIAS, Slot.of("ln_f.bias"));
    slots.put(Part.ATTENTION_NORM, Slot.of("h.%d.ln_1.weight"));
    slots.put(Part.ATTENTION_NORM_BIAS, Slot.of("h.%d.ln_1.bias"));
    Part[] projections = {Part.QUERY, Part.KEY, Part.VALUE};
    Part[] biases = {Part.QUERY_BIAS, Part.KEY_BIAS, Part.VALUE_BIAS};
    for (int i = 0; i < projections.length; i++) {
      slots.put(projections[i], new Slot("h.%d.attn.c_attn.weight", true, i * d, (i + 1) * d));
      slots.put(biases[i], new Slot("h.%d.attn.c_attn.bias", false, i * d, (i + 1) * d));
    }
    slots.put(Part.OUTPUT, new Slot("h.%d.attn.c_proj.weight", true, 0, 0));
    slots.put(Part.OUTPUT_BIAS, Slot.of("h.%d.attn.c_proj.bias"));
    slots.put(Part.FEED_FORWARD_NORM, Slot.of("h.%d.ln_2.weight"));
    slots.put(Part.FEED_FORWARD_NORM_BIAS, Slot.of("h.%d.ln_2.bias"));
    slots.put(Part.UP, new Slot("h.%d.mlp.c_fc.weight", true, 0, 0));
    slots.put(Part.UP_BIAS, Slot.of("h.%d.mlp.c_fc.bias"));
    slots.put(Part.DOWN, new Slot("h.%d.mlp.c_proj.weight", true, 0, 0));
    slots.put(Part.DOWN_BIAS, Slot.of("h.%d.mlp.c_proj.bias"));
    if (!a.tied()) {
      slots.put(Part.UNEMBEDDING, Slot.of("lm_head.weight"));
    }
    return slots;
  }
}
