package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import dev.errata.api.InputException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * Falcon 7B, 40B, 180B and Falcon 2 11B (Almazrouei et al. 2023, arXiv 2311.16867): queries share
 * one key head or a few; both halves of a block read its input through one norm or two. The
 * checkpoints with ALiBi (Falcon RW) are refused.
 */
@AutoService(Family.class)
public final class FalconFamily implements Family {
  private static final Set<Part> BIASES =
      Set.of(
          Part.QUERY_BIAS,
          Part.KEY_BIAS,
          Part.VALUE_BIAS,
          Part.OUTPUT_BIAS,
          Part.UP_BIAS,
          Part.DOWN_BIAS);

  @Override
  public String modelType() {
    return "falcon";
  }

  @Override
  public Architecture describe(Config config) {
    if (config.flag("alibi", false)) {
      throw new InputException(
          config.file()
              + ": alibi true is not supported; Errata edits Falcon models with rotary positions");
    }
    int hidden = config.integer("hidden_size");
    int heads = config.integer("num_attention_heads");
    LlamaLike.requireDivisible(config, "hidden_size", hidden, "num_attention_heads", heads);
    int headDim = hidden / heads;
    int keyValueHeads = keyValueHeads(config, heads);
    LlamaLike.requireDivisible(config, "num_attention_heads", heads, "num_kv_heads", keyValueHeads);
    return new Architecture(
            modelType(),
            config.integer("num_hidden_layers"),
            hidden,
            config.integer("vocab_size"),
            config.integer("max_position_embeddings", 2048),
            new Architecture.Attention(
                heads,
                keyValueHeads,
                headDim,
                1 / Math.sqrt(headDim),
                0,
                Architecture.QueryKeyNorm.NONE,
                LlamaLike.noWindows(config)),
            new Architecture.FeedForward(
                config.integer("ffn_hidden_size", 4 * hidden),
                config.activation("activation", "gelu"),
                false),
            new Architecture.Norm(
                false, config.number("layer_norm_epsilon", 1e-5), false, placement(config)),
            Rotary.read(config.json(), headDim),
            config.flag("tie_word_embeddings", true),
            1,
            0)
        .withBiases(config.flag("bias", false) ? BIASES : Set.of());
  }

  private static int keyValueHeads(Config config, int heads) {
    if (config.flag("new_decoder_architecture", false)) {
      return config.integer("num_kv_heads", heads);
    }
    return config.flag("multi_query", true) ? 1 : heads;
  }

  private static Architecture.Placement placement(Config config) {
    if (config.flag("new_decoder_architecture", false)) {
      return config.integer("num_ln_in_parallel_attn", 2) == 2
          ? Architecture.Placement.PARALLEL
          : Architecture.Placement.PARALLEL_SHARED;
    }
    return config.flag("parallel_attn", true)
        ? Architecture.Placement.PARALLEL_SHARED
        : Architecture.Placement.PRE;
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    Map<Part, Slot> slots = new EnumMap<>(Part.class);
    slots.put(Part.EMBEDDING, Slot.of("transformer.word_embeddings.weight"));
    slots.put(Part.FINAL_NORM, Slot.of("transformer.ln_f.weight"));
    slots.put(Part.FINAL_NORM_BIAS, Slot.of("transformer.ln_f.bias"));
    if (!a.tied()) {
      slots.put(Part.UNEMBEDDING, Slot.of("lm_head.weight"));
    }
    boolean two = a.norm().placement() == Architecture.Placement.PARALLEL;
    String first = two ? "ln_attn" : "input_layernorm";
    slots.put(Part.ATTENTION_NORM, layer(first + ".weight"));
    slots.put(Part.ATTENTION_NORM_BIAS, layer(first + ".bias"));
    if (a.norm().placement() != Architecture.Placement.PARALLEL_SHARED) {
      String second = two ? "ln_mlp" : "post_attention_layernorm";
      slots.put(Part.FEED_FORWARD_NORM, layer(second + ".weight"));
      slots.put(Part.FEED_FORWARD_NORM_BIAS, layer(second + ".bias"));
    }
    Fused.queryKeyValue(slots, a, "transformer.h.%d.self_attention.query_key_value");
    slots.put(Part.OUTPUT, layer("self_attention.dense.weight"));
    slots.put(Part.UP, layer("mlp.dense_h_to_4h.weight"));
    slots.put(Part.DOWN, layer("mlp.dense_4h_to_h.weight"));
    if (a.biases().contains(Part.DOWN_BIAS)) {
      slots.put(Part.OUTPUT_BIAS, layer("self_attention.dense.bias"));
      slots.put(Part.UP_BIAS, layer("mlp.dense_h_to_4h.bias"));
      slots.put(Part.DOWN_BIAS, layer("mlp.dense_4h_to_h.bias"));
    }
    return slots;
  }

  private static Slot layer(String name) {
    return Slot.of("transformer.h.%d." + name);
  }
}
