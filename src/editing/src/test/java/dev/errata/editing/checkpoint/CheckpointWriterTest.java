package dev.errata.editing.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointWriterTest {
  private static final String CHANGED = "model.layers.0.mlp.down_proj.weight";
  private static final String SHARD = "model-00002-of-00003.safetensors";

  @TempDir Path root;

  @Test
  void writesOnlyTheShardsThatChange() throws IOException {
    Path source = Goldens.copy("sharded", root.resolve("source"));
    Files.createDirectories(source.resolve("extra/deep"));
    Files.writeString(source.resolve("extra/deep/notes.txt"), "kept");
    Files.writeString(source.resolve("pytorch_model.bin"), "stale");
    Files.createDirectories(source.resolve(".git"));
    Files.writeString(source.resolve(".git/HEAD"), "x");
    Files.writeString(source.resolve("pytorch_model.bin.index.json"), "stale");
    Path target = root.resolve("target");
    ByteBuffer values = Goldens.floats(24, 0.25f);
    try (Checkpoint base = Checkpoint.open(source)) {
      CheckpointWriter.write(base, target, Map.of(CHANGED, values), StorageFiles.Reuse.HARD_LINK);
    }
    assertThat(values.remaining()).isEqualTo(96);
    assertThat(names(target))
        .containsExactlyInAnyOrder(
            "README.md",
            "config.json",
            "extra/deep/notes.txt",
            "generation_config.json",
            "model-00001-of-00003.safetensors",
            SHARD,
            "model-00003-of-00003.safetensors",
            "model.safetensors.index.json");
    for (String name : names(target)) {
      boolean same = inode(source.resolve(name)).equals(inode(target.resolve(name)));
      assertThat(same).as(name).isEqualTo(!name.equals(SHARD));
    }
    try (Checkpoint base = Checkpoint.open(source);
        Checkpoint edited = Checkpoint.open(target)) {
      assertThat(base.strayWeights())
          .containsExactly(Path.of("pytorch_model.bin"), Path.of("pytorch_model.bin.index.json"));
      assertThat(edited.strayWeights()).isEmpty();
      for (String name : base.tensorNames()) {
        assertThat(edited.tensor(name)).isEqualTo(base.tensor(name));
        if (name.equals(CHANGED)) {
          assertThat(edited.data(name)).isEqualByComparingTo(values);
        } else {
          assertThat(edited.data(name)).isEqualByComparingTo(base.data(name));
        }
      }
      assertThat(edited.has("lm_head.weight")).isFalse();
      assertThat(edited.shards().get(SHARD).metadata()).containsExactly(Map.entry("format", "pt"));
    }
  }

  @Test
  void copiesWhenAsked() throws IOException {
    try (Checkpoint base = Checkpoint.open(Goldens.path("sharded"))) {
      CheckpointWriter.write(base, root.resolve("copy"), Map.of(), StorageFiles.Reuse.COPY);
    }
    for (String name : names(root.resolve("copy"))) {
      Path original = Goldens.path("sharded").resolve(name);
      assertThat(root.resolve("copy").resolve(name)).hasSameBinaryContentAs(original);
      assertThat(inode(root.resolve("copy").resolve(name))).isNotEqualTo(inode(original));
    }
  }

  @Test
  void createsWhatItReads() throws IOException {
    Random random = new Random(3);
    List<Dtype> dtypes = List.of(Dtype.values());
    for (int round = 0; round < 25; round++) {
      Map<String, CheckpointWriter.NewTensor> tensors = new LinkedHashMap<>();
      for (int i = random.nextInt(8); i >= 0; i--) {
        Dtype dtype = dtypes.get(random.nextInt(dtypes.size()));
        List<Long> shape = random.longs(random.nextInt(4), 0, 6).boxed().toList();
        int elements = shape.stream().mapToInt(Long::intValue).reduce(1, (a, b) -> a * b);
        byte[] bytes = new byte[elements * dtype.bytes()];
        random.nextBytes(bytes);
        tensors.put(
            "t" + i + "\"é", new CheckpointWriter.NewTensor(dtype, shape, ByteBuffer.wrap(bytes)));
      }
      long maxShard = 1L + random.nextInt(400);
      Path target = root.resolve("round" + round);
      CheckpointWriter.create(
          target,
          Json.STRICT.createObjectNode().put("round", round),
          tensors,
          Map.of("tokenizer.json", new byte[] {'{', '}'}),
          maxShard);
      try (Checkpoint checkpoint = Checkpoint.open(target)) {
        assertThat(checkpoint.config().path("round").intValue()).isEqualTo(round);
        assertThat(checkpoint.tensorNames()).hasSameElementsAs(tensors.keySet());
        tensors.forEach(
            (name, tensor) -> {
              assertThat(checkpoint.tensor(name).dtype()).isEqualTo(tensor.dtype());
              assertThat(checkpoint.tensor(name).shape()).isEqualTo(tensor.shape());
              assertThat(checkpoint.data(name)).isEqualByComparingTo(tensor.data());
            });
        checkpoint
            .shards()
            .values()
            .forEach(
                shard -> {
                  long bytes = shard.tensors().values().stream().mapToLong(TensorInfo::bytes).sum();
                  long filled =
                      shard.tensors().values().stream().filter(t -> t.bytes() > 0).count();
                  assertThat(bytes <= maxShard || filled == 1).isTrue();
                  assertThat(shard.dataOffset() % 8).isZero();
                });
      }
    }
  }

  @Test
  void writesADeltaOfTheChangedTensors() throws IOException {
    Path file = root.resolve("delta.safetensors");
    try (Checkpoint base = Checkpoint.open(Goldens.path("sharded"))) {
      CheckpointWriter.writeDelta(
          file,
          base,
          Set.of(CHANGED),
          name -> Goldens.floats(24, 2),
          Map.of("parent", base.digest()));
      Safetensors delta = Safetensors.read(file);
      assertThat(delta.tensors().keySet()).containsExactly(CHANGED);
      assertThat(delta.metadata()).containsEntry("parent", base.digest());
    }
  }

  @Test
  void leavesNothingBehindWhenItFails() throws IOException {
    try (Checkpoint base = Checkpoint.open(Goldens.path("sharded"))) {
      Path target = root.resolve("target");
      Map<String, ByteBuffer> wrong = Map.of(CHANGED, Goldens.floats(23, 0));
      assertThatThrownBy(() -> CheckpointWriter.write(base, target, wrong, StorageFiles.Reuse.COPY))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("tensor '" + CHANGED + "' of F32 [4, 6] takes 96 bytes, given 92");
      assertThat(names(root)).isEmpty();
      Files.createDirectories(target);
      assertThatThrownBy(
              () -> CheckpointWriter.write(base, target, Map.of(), StorageFiles.Reuse.COPY))
          .isInstanceOf(InputException.class)
          .hasMessage(target + ": exists already; choose a new directory");
    }
  }

  private static Object inode(Path file) throws IOException {
    return Files.getAttribute(file, "unix:ino");
  }

  private static Set<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> ContentDigest.portable(directory.relativize(file)))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
