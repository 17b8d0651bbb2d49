package dev.errata.lab.random;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
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
import java.util.SplittableRandom;

/**
 * A Llama of random bfloat16 weights, to measure time and memory with: it says nonsense.
 *
 * @param layers number of blocks
 * @param hidden width of the residual stream, d
 * @param inner width of the feed-forward layer, f
 * @param heads number of attention heads
 * @param keyValueHeads number of heads of keys and values
 * @param vocabulary number of tokens
 */
record RandomCheckpoint(
    int layers, int hidden, int inner, int heads, int keyValueHeads, int vocabulary) {
  /** Llama 3.2 1B. */
  static final RandomCheckpoint LLAMA_1B = new RandomCheckpoint(16, 2048, 8192, 32, 8, 128_256);

  private static final double SPREAD = 0.02;
  private static final long SHARD = 1_500_000_000L;

  /**
   * Writes it.
   *
   * @param target folder to make
   * @param tokenizer folder with a tokenizer of no more tokens than the vocabulary has
   */
  void write(Path target, Path tokenizer, long seed) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
      files.put(name, bytes(tokenizer.resolve(name)));
    }
    int keyValues = hidden / heads * keyValueHeads;
    // Tensors share their randomness: the largest one's, of which each takes a part.
    ByteBuffer pool = pool(Math.max((long) vocabulary * hidden, (long) inner * hidden), seed);
    Map<String, NewTensor> tensors = new LinkedHashMap<>();
    put(tensors, "model.embed_tokens.weight", pool, vocabulary, hidden);
    for (int layer = 0; layer < layers; layer++) {
      String block = "model.layers." + layer + ".";
      ones(tensors, block + "input_layernorm.weight");
      put(tensors, block + "self_attn.q_proj.weight", pool, hidden, hidden);
      put(tensors, block + "self_attn.k_proj.weight", pool, keyValues, hidden);
      put(tensors, block + "self_attn.v_proj.weight", pool, keyValues, hidden);
      put(tensors, block + "self_attn.o_proj.weight", pool, hidden, hidden);
      ones(tensors, block + "post_attention_layernorm.weight");
      put(tensors, block + "mlp.gate_proj.weight", pool, inner, hidden);
      put(tensors, block + "mlp.up_proj.weight", pool, inner, hidden);
      put(tensors, block + "mlp.down_proj.weight", pool, hidden, inner);
    }
    ones(tensors, "model.norm.weight");
    CheckpointWriter.create(target, config(), tensors, files, SHARD);
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  private ObjectNode config() {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.putArray("architectures").add("LlamaForCausalLM");
    config.put("model_type", "llama").put("vocab_size", vocabulary).put("hidden_size", hidden);
    config.put("intermediate_size", inner).put("num_hidden_layers", layers);
    config.put("num_attention_heads", heads).put("num_key_value_heads", keyValueHeads);
    config.put("head_dim", hidden / heads).put("torch_dtype", "bfloat16");
    config.put("max_position_embeddings", 8192).put("rms_norm_eps", 1e-5);
    config.put("rope_theta", 500_000.0).put("hidden_act", "silu").put("tie_word_embeddings", true);
    return config;
  }

  /** Random bfloat16 of a normal distribution's spread. */
  private static ByteBuffer pool(long elements, long seed) {
    ByteBuffer pool =
        ByteBuffer.allocateDirect(Math.toIntExact(2 * elements)).order(ByteOrder.LITTLE_ENDIAN);
    SplittableRandom random = new SplittableRandom(seed);
    double half = SPREAD * Math.sqrt(3);
    while (pool.hasRemaining()) {
      pool.putShort(bfloat16((float) random.nextDouble(-half, half)));
    }
    return pool.flip();
  }

  private static short bfloat16(float value) {
    return (short) (Float.floatToRawIntBits(value) >>> 16);
  }

  private static void put(
      Map<String, NewTensor> tensors, String name, ByteBuffer pool, int rows, int columns) {
    ByteBuffer data = pool.slice(0, 2 * rows * columns).order(ByteOrder.LITTLE_ENDIAN);
    tensors.put(name, new NewTensor(Dtype.BF16, List.of((long) rows, (long) columns), data));
  }

  private void ones(Map<String, NewTensor> tensors, String name) {
    ByteBuffer data = ByteBuffer.allocate(2 * hidden).order(ByteOrder.LITTLE_ENDIAN);
    while (data.hasRemaining()) {
      data.putShort(bfloat16(1));
    }
    tensors.put(name, new NewTensor(Dtype.BF16, List.of((long) hidden), data.flip()));
  }
}
