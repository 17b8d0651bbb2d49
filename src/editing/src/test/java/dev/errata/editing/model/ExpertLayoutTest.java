package dev.errata.editing.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.TensorInfo;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Experts in a tensor each and all in one tensor: the same model, edited in its own layout. */
class ExpertLayoutTest {
  private static final Path MIXTRAL = Path.of("src/test/resources/goldens/moe/mixtral");
  private static final int LAYERS = 2;
  private static final int EXPERTS = 4;

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anEditChangesOneExpertInItsOwnLayout(boolean packed) {
    Path source = packed ? pack(temporary.resolve("packed")) : MIXTRAL;
    Path target = temporary.resolve("edited");
    float[] edited;
    try (Checkpoint checkpoint = Checkpoint.open(source);
        GoldenFile golden = GoldenFile.open(MIXTRAL.resolve("golden.safetensors"));
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(golden.prompts());
      golden.requireClose("logits", logits(decoder, batch), batch, 1e-4f);
      decoder.replaceDown(1, 2, decoder.down(1, 2).mul(3));
      edited = logits(decoder, batch).toFloatArray();
      assertThat(edited).isNotEqualTo(golden.floats("logits"));
      String name =
          packed
              ? "model.layers.1.mlp.experts.down_proj"
              : "model.layers.1.block_sparse_moe.experts.2.w2.weight";
      assertThat(decoder.replacedTensors()).containsExactly(name);
      CheckpointWriter.write(
          checkpoint, target, Map.of(name, decoder.tensorBytes(name)), StorageFiles.Reuse.COPY);
      requireOthersUnchanged(checkpoint, target, name, packed);
    }
    try (Checkpoint checkpoint = Checkpoint.open(target);
        GoldenFile golden = GoldenFile.open(MIXTRAL.resolve("golden.safetensors"));
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(golden.prompts());
      assertThat(logits(decoder, batch).toFloatArray()).isEqualTo(edited);
    }
  }

  private static void requireOthersUnchanged(
      Checkpoint before, Path target, String changed, boolean packed) {
    try (Checkpoint after = Checkpoint.open(target)) {
      for (String name : before.tensorNames()) {
        if (!name.equals(changed)) {
          assertThat(after.data(name)).as(name).isEqualTo(before.data(name));
        }
      }
      int bytes = (int) before.tensor(changed).bytes() / EXPERTS;
      for (int e = 0; packed && e < EXPERTS; e++) {
        boolean same =
            after
                .data(changed, (long) e * bytes, bytes)
                .equals(before.data(changed, (long) e * bytes, bytes));
        assertThat(same).as("expert %d", e).isEqualTo(e != 2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mixtral",
        "qwen3_moe",
        "olmoe",
        "qwen2_moe",
        "gpt_oss",
        "deepseek_v2",
        "deepseek_v2_lite"
      })
  void allWeightsAreWrittenAsTheyAreStored(String family) {
    Path source = MIXTRAL.resolveSibling(family);
    requireSameBytes(source);
  }

  @Test
  void packedWeightsAreWrittenAsTheyAreStored() {
    requireSameBytes(pack(temporary.resolve("packed")));
  }

  private static void requireSameBytes(Path source) {
    try (Checkpoint checkpoint = Checkpoint.open(source);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
      Map<String, NewTensor> tensors = decoder.tensors(Dtype.F32);
      assertThat(tensors.keySet()).hasSameElementsAs(checkpoint.tensorNames());
      tensors.forEach(
          (name, tensor) -> {
            assertThat(tensor.shape()).as(name).isEqualTo(checkpoint.tensor(name).shape());
            assertThat(tensor.data()).as(name).isEqualTo(checkpoint.data(name));
          });
    }
  }

  @Test
  void aConfigurationThatDisagreesWithTheTensorsIsNamed() {
    assertThatThrownBy(() -> open(config -> config.put("num_local_experts", 6)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining("experts.4.w1.weight' is missing")
        .hasMessageContaining("gate.weight' has shape [4, 16] but config.json makes it [6, 16]");
    assertThatThrownBy(() -> open(config -> config.put("num_local_experts", 3)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("gate.weight' has shape [4, 16] but config.json makes it [3, 16]");
    assertThatThrownBy(() -> open(config -> config.put("num_experts_per_tok", 5)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("num_experts_per_tok is 5 and num_local_experts is 4");
  }

  private void open(java.util.function.Consumer<ObjectNode> change) {
    try (Checkpoint source = Checkpoint.open(MIXTRAL)) {
      ObjectNode config = source.config().deepCopy();
      change.accept(config);
      Map<String, NewTensor> tensors = new TreeMap<>();
      source.tensorNames().forEach(name -> tensors.put(name, copy(source, name)));
      Path target = temporary.resolve("changed-" + config.hashCode());
      CheckpointWriter.create(target, config, tensors, Map.of(), Long.MAX_VALUE);
      try (Checkpoint checkpoint = Checkpoint.open(target);
          Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
        assertThat(decoder).isNotNull();
      }
    }
  }

  private static NDArray logits(Decoder decoder, TokenBatch batch) {
    return decoder.logits(decoder.hidden(batch, null, Tap.NONE));
  }

  private static NewTensor copy(Checkpoint source, String name) {
    TensorInfo info = source.tensor(name);
    return new NewTensor(info.dtype(), info.shape(), source.data(name));
  }

  /** The golden as transformers 5 holds it in memory: gate and up of all experts in one tensor. */
  private static Path pack(Path target) {
    try (Checkpoint source = Checkpoint.open(MIXTRAL)) {
      Map<String, NewTensor> tensors = new TreeMap<>();
      for (String name : source.tensorNames()) {
        if (!name.contains("block_sparse_moe")) {
          tensors.put(name, copy(source, name));
        }
      }
      for (int layer = 0; layer < LAYERS; layer++) {
        String from = "model.layers." + layer + ".block_sparse_moe.";
        String to = "model.layers." + layer + ".mlp.";
        tensors.put(to + "gate.weight", copy(source, from + "gate.weight"));
        tensors.put(to + "experts.gate_up_proj", packed(source, from, "w1", "w3"));
        tensors.put(to + "experts.down_proj", packed(source, from, "w2"));
      }
      CheckpointWriter.create(target, source.config(), tensors, Map.of(), Long.MAX_VALUE);
    }
    return target;
  }

  private static NewTensor packed(Checkpoint source, String prefix, String... parts) {
    List<Long> one = source.tensor(prefix + "experts.0." + parts[0] + ".weight").shape();
    List<Long> shape = List.of((long) EXPERTS, parts.length * one.get(0), one.get(1));
    long bytes = shape.stream().reduce(4L, (a, b) -> a * b);
    ByteBuffer all = ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int e = 0; e < EXPERTS; e++) {
      String expert = prefix + "experts." + e + ".";
      Arrays.stream(parts).forEach(part -> all.put(source.data(expert + part + ".weight")));
    }
    return new NewTensor(Dtype.F32, shape, all.flip());
  }
}
