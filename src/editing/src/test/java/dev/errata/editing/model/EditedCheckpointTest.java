package dev.errata.editing.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A checkpoint that Errata has edited and written loads in transformers, which computes our logits
 * from it. {@code goldens/edited/NAME} holds what this test writes when {@code
 * -Derrata.goldens.write=true} is set, and beside it what {@code edited_goldens.py} makes of it.
 */
class EditedCheckpointTest {
  private static final Path GOLDENS = Path.of("src/test/resources/goldens");

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama3", "gpt_neox", "falcon_new", "phi3"})
  void whatIsWrittenGivesTheLogitsOfTransformers(String name) throws Exception {
    Path committed = GOLDENS.resolve("edited").resolve(name);
    Path target =
        Boolean.getBoolean("errata.goldens.write") ? committed : temporary.resolve("edited");
    write(GOLDENS.resolve(name), target);
    assertThat(target.resolve("model.safetensors"))
        .hasSameBinaryContentAs(committed.resolve("model.safetensors"));
    if (target.equals(committed)) {
      return;
    }
    try (GoldenFile golden = GoldenFile.open(committed.resolve("golden.safetensors"));
        Checkpoint checkpoint = Checkpoint.open(target);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(golden.prompts());
      NDArray logits = decoder.logits(decoder.hidden(batch, null, Tap.NONE));
      golden.requireClose("logits", logits, batch, 1e-4f);
    }
  }

  private static void write(Path base, Path target) throws Exception {
    try (Checkpoint checkpoint = Checkpoint.open(base);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
      Map<String, ByteBuffer> changed = new HashMap<>();
      for (int layer : List.of(0, decoder.architecture().layers() - 1)) {
        try (Scope scope = new Scope()) {
          NDArray weight = decoder.down(layer);
          decoder.replaceDown(layer, weight.add(pattern(decoder, weight.getShape())));
        }
      }
      for (String name : decoder.replacedTensors()) {
        changed.put(name, decoder.tensorBytes(name));
      }
      Files.createDirectories(target.getParent());
      CheckpointWriter.write(checkpoint, target, changed, StorageFiles.Reuse.COPY);
    }
    for (String leftOver : List.of("golden.safetensors", "config-alternate.json")) {
      Files.deleteIfExists(target.resolve(leftOver));
    }
  }

  /**
   * Not symmetric, so that a transposed write is seen; small numbers that float32 holds exactly.
   */
  private static NDArray pattern(Decoder decoder, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = ((i * 7) % 13 - 6) / 16f;
    }
    return decoder.manager().create(values, shape);
  }
}
