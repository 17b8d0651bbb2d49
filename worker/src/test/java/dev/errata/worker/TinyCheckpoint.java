package dev.errata.worker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.Dtype;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;

/** A small random Llama with the test tokenizer of the library, which says nonsense but says it. */
final class TinyCheckpoint {
  static final int LAYERS = 4;
  static final int POSITIONS = 128;
  static final Path TOKENIZER = Path.of("../src/editing/src/test/resources/checkpoint/tokenizer");
  private static final int VOCABULARY = 384;
  static final int HIDDEN = 32;
  private static final int HEAD = 8;
  private static final int INNER = 64;

  private TinyCheckpoint() {}

  /** Writes it. */
  static Path write(Path folder) throws IOException {
    return write(folder, 1);
  }

  /** Writes one of several. */
  static Path write(Path folder, long seed) throws IOException {
    return write(folder, seed, 0);
  }

  /** Writes a Mixtral with so many experts. */
  static Path writeMixture(Path folder, int experts) throws IOException {
    return write(folder, 1, experts);
  }

  /** Writes a Mixtral with so many experts, changed before it is written. */
  static Path writeMixture(
      Path folder, int experts, BiConsumer<ObjectNode, Map<String, NewTensor>> change)
      throws IOException {
    Map<String, NewTensor> tensors = new LinkedHashMap<>();
    ObjectNode config = fill(tensors, 1, experts);
    change.accept(config, tensors);
    return write(folder, config, tensors);
  }

  /** Writes a Qwen3-MoE whose first layer is dense. */
  static Path writeMixed(Path folder, int experts) throws IOException {
    return writeMixture(
        folder,
        experts,
        (config, tensors) -> {
          Random random = new Random(2);
          put(tensors, "model.layers.0.mlp.gate_proj.weight", random, 0.2, INNER, HIDDEN);
          put(tensors, "model.layers.0.mlp.up_proj.weight", random, 0.2, INNER, HIDDEN);
          put(tensors, "model.layers.0.mlp.down_proj.weight", random, 0.2, HIDDEN, INNER);
          for (String name : List.copyOf(tensors.keySet())) {
            NewTensor tensor = name.contains("block_sparse_moe") ? tensors.remove(name) : null;
            if (tensor != null && !name.contains("layers.0.")) {
              tensors.put(
                  name.replace("block_sparse_moe", "mlp")
                      .replace("w1", "gate_proj")
                      .replace("w2", "down_proj")
                      .replace("w3", "up_proj"),
                  tensor);
            }
          }
          for (int layer = 0; layer < LAYERS; layer++) {
            ones(tensors, "model.layers." + layer + ".self_attn.q_norm.weight", HEAD);
            ones(tensors, "model.layers." + layer + ".self_attn.k_norm.weight", HEAD);
          }
          config.put("model_type", "qwen3_moe").put("num_experts", experts);
          config.put("moe_intermediate_size", INNER).put("norm_topk_prob", true);
          config.put("head_dim", HEAD);
          config.putArray("mlp_only_layers").add(0);
        });
  }

  /** A tensor of one value. */
  static NewTensor filled(float value, int rows, int columns) {
    ByteBuffer data = floats(rows * columns);
    while (data.hasRemaining()) {
      data.putFloat(value);
    }
    return new NewTensor(Dtype.F32, List.of((long) rows, (long) columns), data.flip());
  }

  private static Path write(Path folder, long seed, int experts) throws IOException {
    Map<String, NewTensor> tensors = new LinkedHashMap<>();
    return write(folder, fill(tensors, seed, experts), tensors);
  }

  /** Writes one with so many layers. */
  static Path writeDeep(Path folder, int layers) throws IOException {
    Map<String, NewTensor> tensors = new LinkedHashMap<>();
    return write(folder, fill(tensors, 1, 0, layers), tensors);
  }

  private static ObjectNode fill(Map<String, NewTensor> tensors, long seed, int experts) {
    return fill(tensors, seed, experts, LAYERS);
  }

  private static ObjectNode fill(
      Map<String, NewTensor> tensors, long seed, int experts, int layers) {
    Random random = new Random(seed);
    put(tensors, "model.embed_tokens.weight", random, 0.5, VOCABULARY, HIDDEN);
    for (int layer = 0; layer < layers; layer++) {
      String block = "model.layers." + layer + ".";
      ones(tensors, block + "input_layernorm.weight");
      for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
        put(tensors, block + "self_attn." + name + ".weight", random, 0.4, HIDDEN, HIDDEN);
      }
      ones(tensors, block + "post_attention_layernorm.weight");
      if (experts == 0) {
        put(tensors, block + "mlp.gate_proj.weight", random, 0.2, INNER, HIDDEN);
        put(tensors, block + "mlp.up_proj.weight", random, 0.2, INNER, HIDDEN);
        put(tensors, block + "mlp.down_proj.weight", random, 0.2, HIDDEN, INNER);
      } else {
        put(tensors, block + "block_sparse_moe.gate.weight", random, 0.5, experts, HIDDEN);
      }
      for (int e = 0; e < experts; e++) {
        String expert = block + "block_sparse_moe.experts." + e + ".";
        put(tensors, expert + "w1.weight", random, 0.2, INNER, HIDDEN);
        put(tensors, expert + "w3.weight", random, 0.2, INNER, HIDDEN);
        put(tensors, expert + "w2.weight", random, 0.2, HIDDEN, INNER);
      }
    }
    ones(tensors, "model.norm.weight");
    ObjectNode config = config();
    config.put("num_hidden_layers", layers);
    if (experts > 0) {
      config.put("model_type", "mixtral").put("num_local_experts", experts);
      config.put("num_experts_per_tok", 2);
    }
    return config;
  }

  private static Path write(Path folder, ObjectNode config, Map<String, NewTensor> tensors)
      throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      files.put(file, Files.readAllBytes(TOKENIZER.resolve(file)));
    }
    CheckpointWriter.create(folder, config, tensors, files, Long.MAX_VALUE);
    return folder;
  }

  private static ObjectNode config() {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.putArray("architectures").add("LlamaForCausalLM");
    config.put("model_type", "llama").put("vocab_size", VOCABULARY).put("hidden_size", HIDDEN);
    config.put("intermediate_size", INNER).put("num_hidden_layers", LAYERS);
    config.put("num_attention_heads", 4).put("num_key_value_heads", 4);
    config.put("max_position_embeddings", POSITIONS).put("rms_norm_eps", 1e-6);
    config.put("rope_theta", 10000.0).put("hidden_act", "silu").put("tie_word_embeddings", true);
    return config;
  }

  private static void put(
      Map<String, NewTensor> tensors, String name, Random random, double scale, int... shape) {
    ByteBuffer data = floats(shape[0] * shape[1]);
    while (data.hasRemaining()) {
      data.putFloat((float) (scale * random.nextGaussian()));
    }
    List<Long> sizes = List.of((long) shape[0], (long) shape[1]);
    tensors.put(name, new NewTensor(Dtype.F32, sizes, data.flip()));
  }

  private static void ones(Map<String, NewTensor> tensors, String name) {
    ones(tensors, name, HIDDEN);
  }

  private static void ones(Map<String, NewTensor> tensors, String name, int size) {
    ByteBuffer data = floats(size);
    while (data.hasRemaining()) {
      data.putFloat(1);
    }
    tensors.put(name, new NewTensor(Dtype.F32, List.of((long) size), data.flip()));
  }

  private static ByteBuffer floats(int count) {
    return ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }
}
