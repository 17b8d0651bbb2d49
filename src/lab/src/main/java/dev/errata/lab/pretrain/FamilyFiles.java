package dev.errata.lab.pretrain;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.Dtype;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What a fresh checkpoint of a family holds: its configuration and random weights. */
final class FamilyFiles {
  /** The families that can be trained. */
  static final List<String> FAMILIES = List.of("qwen3", "qwen3_moe", "gpt2");

  /** What transformers would initialise new weights with; nothing depends on it. */
  private static final double INITIALIZER_RANGE = 0.02;

  private static final int END_OF_TEXT = 0;

  private final Recipe.Shape shape;
  private final Recipe.Start start;
  private final double spread;
  private final Random random;
  private final Map<String, NewTensor> tensors = new LinkedHashMap<>();

  private FamilyFiles(Recipe.Shape shape, Recipe.Start start) {
    this.shape = shape;
    this.start = start;
    this.spread = start.spread();
    // Its sequence is fixed by the Java specification.
    this.random = new Random(start.seed());
  }

  /** {@code config.json}, as transformers writes it. */
  static ObjectNode config(Recipe.Shape shape, Recipe.Experts experts) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    switch (shape.family()) {
      case "qwen3", "qwen3_moe" -> {
        boolean mixture = shape.family().equals("qwen3_moe");
        config.putArray("architectures").add(mixture ? "Qwen3MoeForCausalLM" : "Qwen3ForCausalLM");
        if (mixture) {
          config.put("decoder_sparse_step", 1).put("moe_intermediate_size", shape.inner());
          config.put("norm_topk_prob", true).put("num_experts", experts.count());
          config.put("num_experts_per_tok", experts.perToken());
          config.put("output_router_logits", false).put("router_aux_loss_coef", 0.001);
          config.putArray("mlp_only_layers");
        }
        config.put("attention_bias", false).put("attention_dropout", 0.0);
        config.put("head_dim", shape.hidden() / shape.heads());
        config.put("hidden_act", "silu").put("hidden_size", shape.hidden());
        config.put("initializer_range", INITIALIZER_RANGE);
        config.put("intermediate_size", shape.inner());
        config.put("max_position_embeddings", shape.context());
        config.put("num_attention_heads", shape.heads());
        config.put("num_hidden_layers", shape.layers());
        config.put("num_key_value_heads", shape.keyValueHeads());
        config.put("rms_norm_eps", 1e-6).put("rope_theta", 10000.0);
        config.put("use_sliding_window", false);
      }
      case "gpt2" -> {
        config.putArray("architectures").add("GPT2LMHeadModel");
        config.put("activation_function", "gelu_new").put("attn_pdrop", 0.0);
        config.put("embd_pdrop", 0.0).put("resid_pdrop", 0.0);
        config.put("initializer_range", INITIALIZER_RANGE).put("layer_norm_epsilon", 1e-5);
        config.put("n_embd", shape.hidden()).put("n_head", shape.heads());
        config.put("n_inner", shape.inner()).put("n_layer", shape.layers());
        config.put("n_positions", shape.context());
      }
      default ->
          throw new InputException(
              "--arch '%s' is unknown: use %s"
                  .formatted(shape.family(), String.join(", ", FAMILIES)));
    }
    config.put("model_type", shape.family());
    config.put("bos_token_id", END_OF_TEXT).put("eos_token_id", END_OF_TEXT);
    config.put("pad_token_id", END_OF_TEXT);
    config.put("tie_word_embeddings", true).put("torch_dtype", "bfloat16");
    config.put("use_cache", true).put("vocab_size", shape.vocabulary());
    return config;
  }

  /** {@code generation_config.json}. */
  static ObjectNode generation() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("eos_token_id", END_OF_TEXT)
        .put("pad_token_id", END_OF_TEXT);
  }

  /**
   * Random weights in float32: normal matrices, those that write to the residual stream smaller by
   * √(2·layers) (Radford et al. 2019), norms 1 and biases 0.
   */
  static Map<String, NewTensor> weights(
      Recipe.Shape shape, Recipe.Experts experts, Recipe.Start start) {
    FamilyFiles files = new FamilyFiles(shape, start);
    if (shape.family().equals("gpt2")) {
      files.gpt2();
    } else {
      files.qwen3(experts);
    }
    return files.tensors;
  }

  private void qwen3(Recipe.Experts experts) {
    int d = shape.hidden();
    int head = d / shape.heads();
    int keys = shape.keyValueHeads() * head;
    matrix("model.embed_tokens.weight", spread, shape.vocabulary(), d);
    for (int layer = 0; layer < shape.layers(); layer++) {
      String block = "model.layers." + layer + ".";
      vector(block + "input_layernorm.weight", 1, d);
      matrix(block + "self_attn.q_proj.weight", spread, d, d);
      matrix(block + "self_attn.k_proj.weight", spread, keys, d);
      matrix(block + "self_attn.v_proj.weight", spread, keys, d);
      matrix(block + "self_attn.o_proj.weight", residual(), d, d);
      vector(block + "self_attn.q_norm.weight", 1, head);
      vector(block + "self_attn.k_norm.weight", 1, head);
      vector(block + "post_attention_layernorm.weight", 1, d);
      if (experts == null) {
        feedForward(block + "mlp.");
      } else {
        matrix(block + "mlp.gate.weight", spread, experts.count(), d);
        for (int e = 0; e < experts.count(); e++) {
          feedForward(block + "mlp.experts." + e + ".");
        }
      }
    }
    vector("model.norm.weight", 1, d);
  }

  private void feedForward(String prefix) {
    matrix(prefix + "gate_proj.weight", spread, shape.inner(), shape.hidden());
    matrix(prefix + "up_proj.weight", spread, shape.inner(), shape.hidden());
    matrix(prefix + "down_proj.weight", residual(), shape.hidden(), shape.inner());
  }

  private void gpt2() {
    int d = shape.hidden();
    matrix("transformer.wte.weight", spread, shape.vocabulary(), d);
    matrix("transformer.wpe.weight", start.positionSpread(), shape.context(), d);
    for (int layer = 0; layer < shape.layers(); layer++) {
      String block = "transformer.h." + layer + ".";
      vector(block + "ln_1.weight", 1, d);
      vector(block + "ln_1.bias", 0, d);
      matrix(block + "attn.c_attn.weight", spread, d, 3 * d);
      vector(block + "attn.c_attn.bias", 0, 3 * d);
      matrix(block + "attn.c_proj.weight", residual(), d, d);
      vector(block + "attn.c_proj.bias", 0, d);
      vector(block + "ln_2.weight", 1, d);
      vector(block + "ln_2.bias", 0, d);
      matrix(block + "mlp.c_fc.weight", spread, d, shape.inner());
      vector(block + "mlp.c_fc.bias", 0, shape.inner());
      matrix(block + "mlp.c_proj.weight", residual(), shape.inner(), d);
      vector(block + "mlp.c_proj.bias", 0, d);
    }
    vector("transformer.ln_f.weight", 1, d);
    vector("transformer.ln_f.bias", 0, d);
  }

  private double residual() {
    return spread / Math.sqrt(2.0 * shape.layers());
  }

  private void matrix(String name, double deviation, int rows, int columns) {
    ByteBuffer data = floats(rows * columns);
    while (data.hasRemaining()) {
      data.putFloat((float) (deviation * random.nextGaussian()));
    }
    tensors.put(name, new NewTensor(Dtype.F32, List.of((long) rows, (long) columns), data.flip()));
  }

  private void vector(String name, float value, int size) {
    ByteBuffer data = floats(size);
    while (data.hasRemaining()) {
      data.putFloat(value);
    }
    tensors.put(name, new NewTensor(Dtype.F32, List.of((long) size), data.flip()));
  }

  private static ByteBuffer floats(int count) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(count, Float.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
