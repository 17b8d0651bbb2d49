package dev.errata.editing.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What taps see of a mixture of experts, against transformers; see src/test/python. */
class MixtureTest {
  private static final Path GOLDENS = Path.of("src/test/resources/goldens/moe");
  private static final float TOLERANCE = 1e-4f;

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
  void tapsSeeEveryExpertsKeysAndGates(String family) {
    Path directory = GOLDENS.resolve(family);
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        GoldenFile golden = GoldenFile.open(directory.resolve("golden.safetensors"));
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(golden.prompts());
      int[] mixtures = {0};
      Tap tap =
          Tap.ofKeys(
              (layer, keys) -> {
                if (decoder.architecture().isMixture(layer)) {
                  mixtures[0]++;
                  requireRouting(golden, batch, decoder.architecture(), layer, keys);
                } else {
                  assertThat(keys).hasSize(1);
                  NDArray seen = keys.get(0).gated().reshape(batch.size(), batch.width(), -1);
                  golden.requireClose("key." + layer, seen, batch, TOLERANCE);
                }
              });
      decoder.hidden(batch, null, tap);
      assertThat(mixtures[0]).isPositive();
    }
  }

  private static void requireRouting(
      GoldenFile golden,
      TokenBatch batch,
      Architecture architecture,
      int layer,
      List<MemoryKeys> seen) {
    Mixture mixture = architecture.feedForward().mixture();
    int k = mixture.perToken();
    int f = mixture.inner();
    long[] experts = golden.longs("routing." + layer + ".experts");
    float[] weights = golden.floats("routing." + layer + ".weights");
    float[] keys = golden.floats("routing." + layer + ".keys");
    int found = 0;
    for (MemoryKeys memory : seen) {
      if (memory.memory() == mixture.experts()) {
        NDArray shared = memory.keys().reshape(batch.size(), batch.width(), -1);
        golden.requireClose("shared." + layer, shared, batch, TOLERANCE);
        continue;
      }
      long[] positions = memory.positions().toLongArray();
      assertThat(positions).isSorted();
      float[] gates = memory.gates().toFloatArray();
      float[] rows = memory.keys().toFloatArray();
      for (int i = 0; i < positions.length; i++) {
        int position = (int) positions[i];
        if (position % batch.width() >= batch.length(position / batch.width())) {
          continue;
        }
        int place =
            IntStream.range(position * k, position * k + k)
                .filter(slot -> experts[slot] == memory.memory())
                .findFirst()
                .orElseThrow();
        found++;
        assertThat(gates[i]).isCloseTo(weights[place], within(TOLERANCE));
        assertThat(Arrays.copyOfRange(rows, i * f, (i + 1) * f))
            .containsExactly(
                Arrays.copyOfRange(keys, place * f, (place + 1) * f), within(TOLERANCE));
      }
    }
    int real = batch.rows().stream().mapToInt(row -> row.length).sum();
    assertThat(found).isEqualTo(real * k);
  }
}
