package dev.errata.lab.upcycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpcyclingTest {
  private static final Path LLAMA = Path.of("../editing/src/test/resources/goldens/llama3");
  private static final TokenBatch BATCH =
      TokenBatch.of(List.of(new int[] {5, 9, 2, 17, 3, 60, 61}, new int[] {8, 1, 4}));

  @TempDir Path folder;

  private static float[] logits(Path directory) {
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      NDArray logits = decoder.logits(decoder.hidden(BATCH, null, Tap.NONE));
      return logits.get(0).toFloatArray();
    }
  }

  private static double distance(float[] a, float[] b) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < a.length; i++) {
      difference += Math.pow(a[i] - b[i], 2);
      norm += Math.pow(b[i], 2);
    }
    return Math.sqrt(difference / norm);
  }

  @Test
  void answersAsItsSourceDoes() {
    float[] source = logits(LLAMA);
    Path exact = folder.resolve("exact");
    new Upcycling(4, 2, 0, 7).write(LLAMA, exact);
    assertThat(distance(logits(exact), source)).isLessThan(1e-5);
    Path noisy = folder.resolve("noisy");
    new Upcycling(4, 2, 0.02, 7).write(LLAMA, noisy);
    assertThat(distance(logits(noisy), source)).isBetween(1e-5, 0.1);
  }

  @Test
  void theRouterUsesEveryExpertAndASeedDecidesAll() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    Path other = folder.resolve("other");
    new Upcycling(4, 2, 0.02, 7).write(LLAMA, first);
    new Upcycling(4, 2, 0.02, 7).write(LLAMA, second);
    new Upcycling(4, 2, 0.02, 8).write(LLAMA, other);
    byte[] bytes = Files.readAllBytes(first.resolve("model.safetensors"));
    assertThat(Files.readAllBytes(second.resolve("model.safetensors"))).isEqualTo(bytes);
    assertThat(Files.readAllBytes(other.resolve("model.safetensors"))).isNotEqualTo(bytes);
    Map<Integer, Long> routed = new HashMap<>();
    try (Checkpoint checkpoint = Checkpoint.open(first);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      Tap tap =
          Tap.ofKeys(
              (layer, keys) ->
                  keys.forEach(
                      memory ->
                          routed.merge(
                              memory.memory(), memory.keys().getShape().get(0), Long::sum)));
      decoder.hidden(BATCH, null, tap);
    }
    assertThat(routed).hasSize(4);
  }

  @Test
  void refusesWhatCannotBeUpcycled() {
    Path target = folder.resolve("target");
    assertThatThrownBy(() -> new Upcycling(1, 1, 0, 0)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new Upcycling(4, 5, 0, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--per-token 5");
    assertThatThrownBy(() -> new Upcycling(4, 2, 0, 0).write(LLAMA.resolveSibling("gpt2"), target))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("model_type 'gpt2' cannot be made a Mixtral");
    assertThatThrownBy(() -> new Upcycling(4, 2, 0, 0).write(LLAMA, folder))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("exists already");
    assertThat(target).doesNotExist();
  }
}
