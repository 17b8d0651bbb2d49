package dev.errata.editing.model;

import dev.errata.api.InputException;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the families share that follow Llama's names and configuration. */
public final class LlamaLike {
  private LlamaLike() {}

  /** Reads the fields that all of them share; the last parameters are what differs. */
  public static Architecture describe(
      String family,
      Family.Config config,
      int headDim,
      Architecture.QueryKeyNorm queryKeyNorm,
      List<Integer> windows) {
    int hidden = config.integer("hidden_size");
    int heads = config.integer("num_attention_heads");
    int keyValueHeads = config.integer("num_key_value_heads", heads);
    requireDivisible(config, "num_attention_heads", heads, "num_key_value_heads", keyValueHeads);
    return new Architecture(
        family,
        config.integer("num_hidden_layers"),
        hidden,
        config.integer("vocab_size"),
        config.integer("max_position_embeddings", 2048),
        new Architecture.Attention(
            heads, keyValueHeads, headDim, 1 / Math.sqrt(headDim), 0, queryKeyNorm, windows),
        new Architecture.FeedForward(
            config.integer("intermediate_size"), config.activation("hidden_act", "silu"), true),
        new Architecture.Norm(
            true, config.number("rms_norm_eps", 1e-6), false, Architecture.Placement.PRE),
        Rotary.read(
            config.json(), Rotary.turning(config.json(), headDim, "partial_rotary_factor", 1)),
        config.flag("tie_word_embeddings", false),
        1,
        0);
  }

  /** A configuration may know switches that no published checkpoint of its family turns on. */
  public static void requireOff(Family.Config config, String... fields) {
    for (String field : fields) {
      if (config.flag(field, false)) {
        throw new InputException(
            config.file()
                + ": "
                + field
                + " true is not supported for "
                + config.text("model_type", ""));
      }
    }
  }

  /** {@code head_dim}, or hidden size over heads where it is not given. */
  public static int headDim(Family.Config config) {
    int heads = config.integer("num_attention_heads");
    if (config.json().hasNonNull("head_dim")) {
      return config.integer("head_dim");
    }
    int hidden = config.integer("hidden_size");
    requireDivisible(config, "hidden_size", hidden, "num_attention_heads", heads);
    return hidden / heads;
  }

  /** No layer has a window. */
  public static List<Integer> noWindows(Family.Config config) {
    return Collections.nCopies(config.integer("num_hidden_layers"), 0);
  }

  public static void requireDivisible(
      Family.Config config, String name, int value, String divisorName, int divisor) {
    if (divisor <= 0 || value % divisor != 0) {
      throw new InputException(
          config.file()
              + ": "
              + name
              + " "
              + value
              + " is not a multiple of "
              + divisorName
              + " "
              + divisor);
    }
  }

  /** The names of Llama; biases where the family has them. */
  public static Map<Part, Slot> slots(Architecture a, boolean projectionBias, boolean outputBias) {
    Map<Part, Slot> slots = new EnumMap<>(Part.class);
    slots.put(Part.EMBEDDING, Slot.of("model.embed_tokens.weight"));
    slots.put(Part.FINAL_NORM, Slot.of("model.norm.weight"));
    if (!a.tied()) {
      slots.put(Part.UNEMBEDDING, Slot.of("lm_head.weight"));
    }
    slots.put(Part.ATTENTION_NORM, layer("input_layernorm.weight"));
    slots.put(Part.QUERY, layer("self_attn.q_proj.weight"));
    slots.put(Part.KEY, layer("self_attn.k_proj.weight"));
    slots.put(Part.VALUE, layer("self_attn.v_proj.weight"));
    slots.put(Part.OUTPUT, layer("self_attn.o_proj.weight"));
    if (projectionBias) {
      slots.put(Part.QUERY_BIAS, layer("self_attn.q_proj.bias"));
      slots.put(Part.KEY_BIAS, layer("self_attn.k_proj.bias"));
      slots.put(Part.VALUE_BIAS, layer("self_attn.v_proj.bias"));
    }
    if (outputBias) {
      slots.put(Part.OUTPUT_BIAS, layer("self_attn.o_proj.bias"));
    }
    if (a.attention().queryKeyNorm() != Architecture.QueryKeyNorm.NONE) {
      slots.put(Part.QUERY_NORM, layer("self_attn.q_norm.weight"));
      slots.put(Part.KEY_NORM, layer("self_attn.k_norm.weight"));
    }
    slots.put(Part.FEED_FORWARD_NORM, layer("post_attention_layernorm.weight"));
    slots.put(Part.GATE, layer("mlp.gate_proj.weight"));
    slots.put(Part.UP, layer("mlp.up_proj.weight"));
    slots.put(Part.DOWN, layer("mlp.down_proj.weight"));
    return slots;
  }

  public static Slot layer(String name) {
    return Slot.of("model.layers.%d." + name);
  }
}
