package dev.errata.lab.textbook;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.lab.world.World;
import dev.errata.lab.world.WorldTokenizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Random checkpoints of three layers, in float64 so that an edit is not rounded, with a tokenizer
 * of a small world. Weights are large enough that every layer matters.
 */
public final class SmallCheckpoints {
  static final int LAYERS = 3;
  static final int HIDDEN = 24;
  static final int INNER = 40;
  private static final int EXPERTS = 4;
  private static final int EXPERT_INNER = 16;
  private static final int HEADS = 4;
  private static final int POSITIONS = 64;
  private static final int VOCABULARY = 320;
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Random random = new Random(5);
  private final Map<String, NewTensor> tensors = new LinkedHashMap<>();
  private final Dtype dtype;

  private SmallCheckpoints(Dtype dtype) {
    this.dtype = dtype;
  }

  /**
   * Writes a checkpoint of family {@code qwen3}, {@code gpt2} or {@code qwen3_moe}; {@code mixed}
   * is the last with a dense first layer.
   */
  public static Path write(Path target, String family, Dtype dtype) {
    SmallCheckpoints made = new SmallCheckpoints(dtype);
    ObjectNode config =
        switch (family) {
          case "gpt2" -> made.gpt2();
          case "qwen3" -> made.qwen3(LAYERS);
          case "qwen3_moe" -> made.qwen3(0);
          case "mixed" -> made.qwen3(1);
          default -> throw new IllegalArgumentException(family);
        };
    String tokenizer = WorldTokenizer.tokenizer(new World(7, 8), VOCABULARY).toString();
    Map<String, byte[]> files =
        Map.of("tokenizer.json", tokenizer.getBytes(StandardCharsets.UTF_8));
    CheckpointWriter.create(target, config, made.tensors, files, Long.MAX_VALUE);
    return target;
  }

  private ObjectNode qwen3(int dense) {
    int headDim = 8;
    int keyValueHeads = 2;
    weight("model.embed_tokens.weight", 1, VOCABULARY, HIDDEN);
    for (int layer = 0; layer < LAYERS; layer++) {
      String prefix = "model.layers." + layer + ".";
      ones(prefix + "input_layernorm.weight", HIDDEN);
      linear(prefix + "self_attn.q_proj.weight", HEADS * headDim, HIDDEN);
      linear(prefix + "self_attn.k_proj.weight", keyValueHeads * headDim, HIDDEN);
      linear(prefix + "self_attn.v_proj.weight", keyValueHeads * headDim, HIDDEN);
      linear(prefix + "self_attn.o_proj.weight", HIDDEN, HEADS * headDim);
      ones(prefix + "self_attn.q_norm.weight", headDim);
      ones(prefix + "self_attn.k_norm.weight", headDim);
      ones(prefix + "post_attention_layernorm.weight", HIDDEN);
      if (layer < dense) {
        feedForward(prefix + "mlp.", INNER);
      } else {
        weight(prefix + "mlp.gate.weight", 1, EXPERTS, HIDDEN);
        for (int expert = 0; expert < EXPERTS; expert++) {
          feedForward(prefix + "mlp.experts." + expert + ".", EXPERT_INNER);
        }
      }
    }
    ones("model.norm.weight", HIDDEN);
    weight("lm_head.weight", 0.8, VOCABULARY, HIDDEN);
    ObjectNode config = JSON.objectNode();
    if (dense < LAYERS) {
      config.put("num_experts", EXPERTS).put("num_experts_per_tok", 2);
      config.put("moe_intermediate_size", EXPERT_INNER).put("norm_topk_prob", true);
      for (int layer = 0; layer < dense; layer++) {
        config.withArray("mlp_only_layers").add(layer);
      }
    }
    return config
        .put("model_type", dense < LAYERS ? "qwen3_moe" : "qwen3")
        .put("num_hidden_layers", LAYERS)
        .put("hidden_size", HIDDEN)
        .put("intermediate_size", INNER)
        .put("num_attention_heads", HEADS)
        .put("num_key_value_heads", keyValueHeads)
        .put("head_dim", headDim)
        .put("vocab_size", VOCABULARY)
        .put("max_position_embeddings", POSITIONS)
        .put("rms_norm_eps", 1e-6)
        .put("rope_theta", 10000.0)
        .put("hidden_act", "silu")
        .put("tie_word_embeddings", false);
  }

  private void feedForward(String prefix, int inner) {
    linear(prefix + "gate_proj.weight", inner, HIDDEN);
    linear(prefix + "up_proj.weight", inner, HIDDEN);
    linear(prefix + "down_proj.weight", HIDDEN, inner);
  }

  private ObjectNode gpt2() {
    weight("wte.weight", 0.5, VOCABULARY, HIDDEN);
    weight("wpe.weight", 0.2, POSITIONS, HIDDEN);
    for (int layer = 0; layer < LAYERS; layer++) {
      String prefix = "h." + layer + ".";
      ones(prefix + "ln_1.weight", HIDDEN);
      weight(prefix + "ln_1.bias", 0.1, HIDDEN);
      weight(prefix + "attn.c_attn.weight", 0.2, HIDDEN, 3 * HIDDEN);
      weight(prefix + "attn.c_attn.bias", 0.1, 3 * HIDDEN);
      weight(prefix + "attn.c_proj.weight", 0.2, HIDDEN, HIDDEN);
      weight(prefix + "attn.c_proj.bias", 0.1, HIDDEN);
      ones(prefix + "ln_2.weight", HIDDEN);
      weight(prefix + "ln_2.bias", 0.1, HIDDEN);
      weight(prefix + "mlp.c_fc.weight", 0.2, HIDDEN, INNER);
      weight(prefix + "mlp.c_fc.bias", 0.1, INNER);
      weight(prefix + "mlp.c_proj.weight", 0.2, INNER, HIDDEN);
      weight(prefix + "mlp.c_proj.bias", 0.1, HIDDEN);
    }
    ones("ln_f.weight", HIDDEN);
    weight("ln_f.bias", 0.1, HIDDEN);
    return JSON.objectNode()
        .put("model_type", "gpt2")
        .put("n_layer", LAYERS)
        .put("n_embd", HIDDEN)
        .put("n_inner", INNER)
        .put("n_head", HEADS)
        .put("n_positions", POSITIONS)
        .put("vocab_size", VOCABULARY)
        .put("layer_norm_epsilon", 1e-5)
        .put("activation_function", "gelu_new");
  }

  private void linear(String name, int out, int in) {
    weight(name, 1 / Math.sqrt(in), out, in);
  }

  private void weight(String name, double scale, int... shape) {
    double[] values = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    Arrays.setAll(values, i -> scale * random.nextGaussian());
    put(name, values, shape);
  }

  private void ones(String name, int size) {
    double[] values = new double[size];
    Arrays.setAll(values, i -> 1 + 0.1 * random.nextGaussian());
    put(name, values, size);
  }

  private void put(String name, double[] values, int... shape) {
    ByteBuffer data =
        ByteBuffer.allocateDirect(values.length * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      // The float64 checkpoint holds the very numbers of the float32 one.
      float rounded = (float) value;
      if (dtype == Dtype.F64) {
        data.putDouble(rounded);
      } else {
        data.putFloat(rounded);
      }
    }
    List<Long> sizes = Arrays.stream(shape).mapToObj(Long::valueOf).toList();
    tensors.put(name, new NewTensor(dtype, sizes, data.flip()));
  }
}
