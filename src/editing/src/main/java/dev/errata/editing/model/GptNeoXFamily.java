package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * GPT-NeoX (Black et al. 2022, arXiv 2204.06745) and Pythia: both halves of a block read the
 * block's input, each through its own norm, or follow one another; part of a head turns; query, key
 * and value of a head lie together.
 */
@AutoService(Family.class)
public final class GptNeoXFamily implements Family {
  private static final Set<Part> ATTENTION_BIASES =
      Set.of(Part.QUERY_BIAS, Part.KEY_BIAS, Part.VALUE_BIAS, Part.OUTPUT_BIAS);

  @Override
  public String modelType() {
    return "gpt_neox";
  }

  @Override
  public Architecture describe(Config config) {
    int hidden = config.integer("hidden_size");
    int heads = config.integer("num_attention_heads");
    LlamaLike.requireDivisible(config, "hidden_size", hidden, "num_attention_heads", heads);
    int headDim = hidden / heads;
    int turning = Rotary.turning(config.json(), headDim, "rotary_pct", 0.25);
    return new Architecture(
            modelType(),
            config.integer("num_hidden_layers"),
            hidden,
            config.integer("vocab_size"),
            config.integer("max_position_embeddings", 2048),
            new Architecture.Attention(
                heads,
                heads,
                headDim,
                1 / Math.sqrt(headDim),
                0,
                Architecture.QueryKeyNorm.NONE,
                LlamaLike.noWindows(config)),
            new Architecture.FeedForward(
                config.integer("intermediate_size"),
                config.activation("hidden_act", "gelu"),
                false),
            new Architecture.Norm(
                false,
                config.number("layer_norm_eps", 1e-5),
                false,
                config.flag("use_parallel_residual", true)
                    ? Architecture.Placement.PARALLEL
                    : Architecture.Placement.PRE),
            Rotary.read(config.json(), turning, "rotary_emb_base", 10000),
            config.flag("tie_word_embeddings", false),
            1,
            0)
        .withBiases(config.flag("attention_bias", true) ? ATTENTION_BIASES : Set.of());
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    Map<Part, Slot> slots = new EnumMap<>(Part.class);
    slots.put(Part.EMBEDDING, Slot.of("gpt_neox.embed_in.weight"));
    slots.put(Part.FINAL_NORM, Slot.of("gpt_neox.final_layer_norm.weight"));
    slots.put(Part.FINAL_NORM_BIAS, Slot.of("gpt_neox.final_layer_norm.bias"));
    if (!a.tied()) {
      slots.put(Part.UNEMBEDDING, Slot.of("embed_out.weight"));
    }
    slots.put(Part.ATTENTION_NORM, layer("input_layernorm.weight"));
    slots.put(Part.ATTENTION_NORM_BIAS, layer("input_layernorm.bias"));
    Fused.queryKeyValue(slots, a, "gpt_neox.layers.%d.attention.query_key_value");
    slots.put(Part.OUTPUT, layer("attention.dense.weight"));
    if (a.biases().contains(Part.OUTPUT_BIAS)) {
      slots.put(Part.OUTPUT_BIAS, layer("attention.dense.bias"));
    }
    slots.put(Part.FEED_FORWARD_NORM, layer("post_attention_layernorm.weight"));
    slots.put(Part.FEED_FORWARD_NORM_BIAS, layer("post_attention_layernorm.bias"));
    slots.put(Part.UP, layer("mlp.dense_h_to_4h.weight"));
    slots.put(Part.UP_BIAS, layer("mlp.dense_h_to_4h.bias"));
    slots.put(Part.DOWN, layer("mlp.dense_4h_to_h.weight"));
    slots.put(Part.DOWN_BIAS, layer("mlp.dense_4h_to_h.bias"));
    return slots;
  }

  private static Slot layer(String name) {
    return Slot.of("gpt_neox.layers.%d." + name);
  }
}
