package dev.errata.editing.model;

import com.google.auto.service.AutoService;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * GPT-J (Wang and Komatsuzaki 2021): both halves of a block read one norm, pairs of neighbouring
 * dimensions turn, the unembedding has a bias.
 */
@AutoService(Family.class)
public final class GptJFamily implements Family {
  @Override
  public String modelType() {
    return "gptj";
  }

  @Override
  public Architecture describe(Config config) {
    int hidden = config.integer("n_embd");
    int heads = config.integer("n_head");
    int layers = config.integer("n_layer");
    LlamaLike.requireDivisible(config, "n_embd", hidden, "n_head", heads);
    int headDim = hidden / heads;
    return new Architecture(
        modelType(),
        layers,
        hidden,
        config.integer("vocab_size"),
        config.integer("n_positions", 2048),
        new Architecture.Attention(
            heads,
            heads,
            headDim,
            1 / Math.sqrt(headDim),
            0,
            Architecture.QueryKeyNorm.NONE,
            Collections.nCopies(layers, 0)),
        new Architecture.FeedForward(
            config.integer("n_inner", 4 * hidden),
            config.activation("activation_function", "gelu_new"),
            false),
        new Architecture.Norm(
            false,
            config.number("layer_norm_epsilon", 1e-5),
            false,
            Architecture.Placement.PARALLEL_SHARED),
        Rotary.read(config.json(), config.integer("rotary_dim", headDim)).withInterleaving(),
        config.flag("tie_word_embeddings", false),
        1,
        0);
  }

  @Override
  public Map<Part, Slot> slots(Architecture a) {
    Map<Part, Slot> slots = new EnumMap<>(Part.class);
    slots.put(Part.EMBEDDING, Slot.of("transformer.wte.weight"));
    slots.put(Part.FINAL_NORM, Slot.of("transformer.ln_f.weight"));
    slots.put(Part.FINAL_NORM_BIAS, Slot.of("transformer.ln_f.bias"));
    if (!a.tied()) {
      slots.put(Part.UNEMBEDDING, Slot.of("lm_head.weight"));
    }
    slots.put(Part.UNEMBEDDING_BIAS, Slot.of("lm_head.bias"));
    slots.put(Part.ATTENTION_NORM, layer("ln_1.weight"));
    slots.put(Part.ATTENTION_NORM_BIAS, layer("ln_1.bias"));
    slots.put(Part.QUERY, layer("attn.q_proj.weight"));
    slots.put(Part.KEY, layer("attn.k_proj.weight"));
    slots.put(Part.VALUE, layer("attn.v_proj.weight"));
    slots.put(Part.OUTPUT, layer("attn.out_proj.weight"));
    slots.put(Part.UP, layer("mlp.fc_in.weight"));
    slots.put(Part.UP_BIAS, layer("mlp.fc_in.bias"));
    slots.put(Part.DOWN, layer("mlp.fc_out.weight"));
    slots.put(Part.DOWN_BIAS, layer("mlp.fc_out.bias"));
    return slots;
  }

  private static Slot layer(String name) {
    return Slot.of("transformer.h.%d." + name);
  }
}
