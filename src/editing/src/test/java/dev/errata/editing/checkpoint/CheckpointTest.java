package dev.errata.editing.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  @TempDir Path directory;

  @Test
  void readsEveryTypeThatTheReferenceLibraryWrote() {
    try (Checkpoint checkpoint = Checkpoint.open(Goldens.path("dtypes"))) {
      ByteBuffer floats = checkpoint.data("float32");
      assertThat(floats.isReadOnly()).isTrue();
      assertThat(floats.isDirect()).isTrue();
      assertThat(floats.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
      assertThat(floats.getFloat(0)).isEqualTo(-4.5f);
      assertThat(checkpoint.data("float64").getDouble(40)).isEqualTo(3.0);
      assertThat(checkpoint.data("float16").getShort(0)).isEqualTo((short) 0xc480);
      assertThat(Float.intBitsToFloat(checkpoint.data("bfloat16").getShort(0) << 16))
          .isEqualTo(-4.5f);
      assertThat(checkpoint.data("int64").getLong(0)).isEqualTo(-4);
      assertThat(checkpoint.data("int32").getInt(4)).isEqualTo(-3);
      assertThat(checkpoint.data("int16").getShort(10)).isEqualTo((short) 3);
      assertThat(checkpoint.data("int8").get(0)).isEqualTo((byte) -4);
      assertThat(checkpoint.data("uint8").get(5)).isEqualTo((byte) 5);
      assertThat(checkpoint.data("bool").get(1)).isEqualTo((byte) 1);
      assertThat(checkpoint.data("empty").remaining()).isZero();
      assertThat(checkpoint.tensor("empty").dimensions()).containsExactly(0, 4);
      assertThat(checkpoint.data("scalar").getFloat()).isEqualTo(2.5f);
      assertThat(checkpoint.tensor("scalar").shape()).isEmpty();
      assertThat(checkpoint.tensor("bfloat16").dtype()).isEqualTo(Dtype.BF16);
      assertThat(checkpoint.tensorNames()).hasSize(12);
      checkpoint.requireFinite();
    }
  }

  @Test
  void readsShards() {
    try (Checkpoint checkpoint = Checkpoint.open(Goldens.path("sharded"))) {
      assertThat(checkpoint.tensorNames())
          .containsExactly(
              "model.embed_tokens.weight",
              "model.layers.0.mlp.down_proj.weight",
              "model.layers.0.mlp.up_proj.weight",
              "model.layers.1.mlp.down_proj.weight",
              "model.norm.weight");
      assertThat(checkpoint.tensor("model.norm.weight").file())
          .isEqualTo("model-00003-of-00003.safetensors");
      assertThat(checkpoint.config().path("tie_word_embeddings").booleanValue()).isTrue();
      assertThat(checkpoint.generationConfig().path("eos_token_id")).hasSize(2);
      assertThat(checkpoint.otherFiles())
          .containsExactly(
              Path.of("README.md"), Path.of("config.json"), Path.of("generation_config.json"));
      assertThatThrownBy(() -> checkpoint.data("lm_head.weight"))
          .isInstanceOf(InputException.class)
          .hasMessage(Goldens.path("sharded") + ": no tensor 'lm_head.weight'");
    }
  }

  @Test
  void digestsTheContentAndNotTheSharding() throws IOException {
    Path one = directory.resolve("one");
    Path two = directory.resolve("two");
    String digest;
    try (Checkpoint sharded = Checkpoint.open(Goldens.path("sharded"))) {
      digest = sharded.digest();
      Map<String, CheckpointWriter.NewTensor> tensors = new LinkedHashMap<>();
      for (String name : sharded.tensorNames()) {
        TensorInfo tensor = sharded.tensor(name);
        tensors.put(
            name,
            new CheckpointWriter.NewTensor(tensor.dtype(), tensor.shape(), sharded.data(name)));
      }
      Map<String, byte[]> files = new HashMap<>();
      for (Path file : sharded.otherFiles()) {
        files.put(file.toString(), Files.readAllBytes(sharded.directory().resolve(file)));
      }
      CheckpointWriter.create(one, sharded.config(), tensors, files, Long.MAX_VALUE);
    }
    assertThat(digest).matches("sha256:[0-9a-f]{64}");
    try (Checkpoint single = Checkpoint.open(one)) {
      assertThat(single.digest()).isEqualTo(digest);
      CheckpointWriter.write(
          single, two, Map.of("model.norm.weight", Goldens.floats(4, 1)), StorageFiles.Reuse.COPY);
    }
    try (Checkpoint changed = Checkpoint.open(two)) {
      assertThat(changed.digest()).isNotEqualTo(digest);
    }
  }

  @ParameterizedTest
  @CsvSource({"7fc00000, NaN", "7f800000, an infinity", "ff800000, an infinity"})
  void findsWeightsThatAreNotFinite(String bits, String what) throws IOException {
    ByteBuffer data = Goldens.floats(0, 1, 2, 3, 4, 5);
    data.putInt(16, Integer.parseUnsignedInt(bits, 16));
    create(Map.of("w", tensor(Dtype.F32, data, 2, 3), "ok", tensor(Dtype.I32, data, 6)));
    try (Checkpoint checkpoint = Checkpoint.open(directory.resolve("new"))) {
      checkpoint.requireFinite(Set.of("ok"));
      assertThatThrownBy(checkpoint::requireFinite)
          .isInstanceOf(InputException.class)
          .hasMessage(
              checkpoint.directory()
                  + ": weights that are not finite cannot be edited: tensor 'w' holds "
                  + what
                  + " at [1, 1] (model.safetensors)");
    }
  }

  @Test
  void findsNanInEveryFloatingType() {
    assertThat(FiniteScan.firstNotFinite(Dtype.BF16, shorts(0x3f80, 0x7f81))).isEqualTo(1);
    assertThat(FiniteScan.firstNotFinite(Dtype.F16, shorts(0x7bff, 0x3c00, 0x7c00))).isEqualTo(2);
    assertThat(FiniteScan.firstNotFinite(Dtype.F16, shorts(0x7bff))).isEqualTo(-1);
    ByteBuffer doubles = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    doubles.putDouble(8, Double.NaN);
    assertThat(FiniteScan.firstNotFinite(Dtype.F64, doubles)).isEqualTo(1);
  }

  private static ByteBuffer shorts(int... values) {
    ByteBuffer buffer = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      buffer.putShort((short) value);
    }
    return buffer.flip();
  }

  private static CheckpointWriter.NewTensor tensor(Dtype dtype, ByteBuffer data, long... shape) {
    return new CheckpointWriter.NewTensor(dtype, Arrays.stream(shape).boxed().toList(), data);
  }

  private void create(Map<String, CheckpointWriter.NewTensor> tensors) {
    CheckpointWriter.create(
        directory.resolve("new"),
        Json.STRICT.createObjectNode().put("model_type", "test"),
        tensors,
        Map.of(),
        Long.MAX_VALUE);
  }

  @Test
  void refusesWhatIsNoDirectory() throws IOException {
    refused(directory.resolve("none"), directory.resolve("none") + ": no such directory");
    Path file = Files.writeString(directory.resolve("file"), "x");
    refused(file, file + ": a checkpoint is a directory, this is a file");
    refused(
        directory,
        directory
            + ": not a Hugging Face checkpoint: no model.safetensors and no"
            + " model.safetensors.index.json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pytorch_model.bin", "consolidated.00.pth", "model.PT"})
  void refusesAPickle(String name) throws IOException {
    Files.writeString(directory.resolve(name), "x");
    refused(
        directory,
        directory.resolve(name)
            + ": a pickle is refused, since loading one runs whatever code it carries; convert the"
            + " checkpoint with transformers:"
            + " AutoModelForCausalLM.from_pretrained(…).save_pretrained(…,"
            + " safe_serialization=True)");
  }

  @Test
  void refusesOtherFormatsAndNames() throws IOException {
    Path stray = Files.writeString(directory.resolve("adapter.safetensors"), "x");
    refused(
        directory,
        directory
            + ": there is adapter.safetensors but neither model.safetensors nor"
            + " model.safetensors.index.json; fetch the index or rename a single file to"
            + " model.safetensors");
    Files.delete(stray);
    Path gguf = Files.writeString(directory.resolve("m.gguf"), "x");
    refused(
        directory,
        gguf + ": weights in this format are not read; convert the checkpoint to safetensors");
  }

  @Test
  void refusesAMissingOrBrokenConfig() throws IOException {
    Goldens.copy("dtypes", directory);
    Path config = directory.resolve("config.json");
    Files.writeString(config, "{\n  \"model_type\": gpt2\n}");
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(config + ": not valid JSON: line 2, column ");
    Files.writeString(config, "[]");
    refused(directory, config + ": expected a JSON object");
    Files.delete(config);
    refused(
        directory,
        directory + ": no config.json; a Hugging Face checkpoint needs one beside its weights");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}"
            + "|tensor 'a': dtype 'F8_E4M3' is not one of F64, F32, F16, BF16, I64, I32, I16, I8,"
            + " U8, BOOL",
        "{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,4]}}"
            + "|tensor 'a': shape [4] of F16 takes 8 bytes, data_offsets give 4",
        "{\"a\":{\"dtype\":\"F16\",\"shape\":[-4],\"data_offsets\":[0,4]}}"
            + "|tensor 'a': shape [-4] is not a list of sizes",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807,3],\"data_offsets\":[0,4]}}"
            + "|tensor 'a': shape [9223372036854775807, 3] is larger than any file",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,0]}}"
            + "|tensor 'a': data_offsets [4,0] is not [begin, end]",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[1,4]}}"
            + "|a hole of 1 bytes between the header and tensor 'a'",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}"
            + "|1 bytes after the last tensor belong to none",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}"
            + "|tensor 'b' overlaps tensor 'a'",
        "{\"__metadata__\":[]}|__metadata__ is not an object"
      })
  void refusesAWrongHeader(String header, String problem) throws IOException {
    Path file = spoiled(header, 4);
    refused(directory, file + ": the safetensors header is wrong: " + problem);
  }

  @Test
  void refusesATensorGivenTwice() throws IOException {
    String tensor = "\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}";
    Path file = spoiled("{" + tensor + "," + tensor + "}", 4);
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ": the safetensors header is wrong: line 1, column ")
        .hasMessageEndingWith("Duplicate field 'a'");
  }

  @Test
  void namesEveryProblemOfAHeader() throws IOException {
    Path file =
        spoiled(
            "{\"a\":{\"dtype\":\"X\",\"shape\":[4],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":4,\"data_offsets\":[0,4]}}",
            4);
    refused(
        directory,
        file
            + ": the safetensors header is wrong: tensor 'a': dtype 'X' is not one of "
            + Dtype.known()
            + "\n"
            + file
            + ": the safetensors header is wrong: tensor 'b': shape 4 is not a list of sizes");
  }

  @Test
  void refusesATruncatedFileWhereverItEnds() throws IOException {
    Path file = Goldens.copy("dtypes", directory).resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += length < 16 ? 1 : 37) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Checkpoint.open(directory))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(file + ": truncated: ")
          .hasMessageEndingWith("; copy or download the file again");
    }
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));
    refused(
        directory,
        file
            + ": truncated: the tensors take 198 bytes of data, the file has 197; copy or download"
            + " the file again");
  }

  @Test
  void refusesAFileThatIsSomethingElse() throws IOException {
    Path file = Goldens.copy("dtypes", directory).resolve("model.safetensors");
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1");
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ": not a safetensors file: its header would be ");
  }

  @Test
  void refusesAnIndexThatDisagreesWithItsShards() throws IOException {
    Goldens.copy("sharded", directory);
    Path index = directory.resolve("model.safetensors.index.json");
    String text = Files.readString(index);
    String wrong = index + ": index and shards disagree: ";
    Files.writeString(index, text.replace("\"model.norm.weight\"", "\"model.form.weight\""));
    refused(
        directory,
        wrong
            + "tensor 'model.form.weight' is not in model-00003-of-00003.safetensors\n"
            + wrong
            + "tensor 'model.norm.weight' of model-00003-of-00003.safetensors is not in the index");
    Files.writeString(
        index, text.replace("\"model-00001-of-00003.safetensors\"", "\"../x.safetensors\""));
    refused(
        directory,
        wrong + "weight_map.'model.embed_tokens.weight': \"../x.safetensors\" is not a file name");
    Files.writeString(index, "{}");
    refused(directory, index + ": weight_map is missing or empty; it names each tensor's file");
    Files.writeString(index, text);
    Files.delete(directory.resolve("model-00002-of-00003.safetensors"));
    refused(
        directory,
        wrong + "the shard model-00002-of-00003.safetensors with 2 tensors is missing; fetch it");
  }

  @Test
  void readsFilesAndTensorsBeyondTwoGigabytes() throws IOException {
    long large = (1L << 31) + 8;
    Path file =
        spoiled(
            "{\"large\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]}"
                    .formatted(large, large)
                + ",\"small\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[%d,%d]}}"
                    .formatted(large, large + 8),
            0);
    long header = Files.size(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      // The file system keeps the hole as a hole.
      channel.write(Goldens.floats(1f, 2f), header + large);
    }
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThat(checkpoint.data("small").getFloat(4)).isEqualTo(2);
      assertThat(checkpoint.data("large", large - 8, 8).getLong()).isZero();
      assertThatThrownBy(() -> checkpoint.data("large"))
          .isInstanceOf(InputException.class)
          .hasMessage(
              file
                  + ": tensor 'large' takes 2147483656 bytes; a single tensor may take at most"
                  + " 2147483647");
      assertThatThrownBy(() -> checkpoint.data("large", large, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
      checkpoint.requireFinite();
    }
  }

  @Test
  void refusesATensorInTwoShards() throws IOException {
    Goldens.copy("sharded", directory);
    Path index = directory.resolve("model.safetensors.index.json");
    Files.copy(
        directory.resolve("model-00001-of-00003.safetensors"), directory.resolve("z.safetensors"));
    Files.writeString(
        index,
        Files.readString(index)
            .replace("\"weight_map\": {", "\"weight_map\": {\"other\": \"z.safetensors\","));
    refused(
        directory,
        index
            + ": index and shards disagree: tensor 'other' is not in z.safetensors\n"
            + index
            + ": index and shards disagree: tensor 'model.embed_tokens.weight' is in both"
            + " model-00001-of-00003.safetensors and z.safetensors");
  }

  /** Writes a file with this header and this many bytes of data. */
  private Path spoiled(String header, int data) throws IOException {
    Path file = Goldens.copy("dtypes", directory).resolve("model.safetensors");
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + data).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    Files.write(file, bytes.array());
    return file;
  }

  private static void refused(Path directory, String message) {
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessage(message);
  }
}
