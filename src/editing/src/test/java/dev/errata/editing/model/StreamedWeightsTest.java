package dev.errata.editing.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights that are converted when they are read may come and go: the results are the same bits. */
class StreamedWeightsTest {
  /** No golden is stored in it, so that all weights are converted. */
  private static final Compute WIDE = new Compute(Device.cpu(), DataType.FLOAT64);

  private static final TokenBatch BATCH =
      TokenBatch.of(List.of(new int[] {5, 9, 40, 5}, new int[] {3, 4}, new int[] {60, 61, 62}));

  private static double[] logits(Decoder decoder) {
    try (Scope scope = new Scope()) {
      NDArray hidden = decoder.hidden(BATCH, null, Tap.NONE);
      return decoder
          .logits(Rows.pickFlat(hidden, new long[] {0, 1, 2, 3, 4, 5, 8, 9}))
          .toDoubleArray();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama2", "qwen3", "phi3", "moe/qwen3_moe", "moe/gpt_oss"})
  void aBoundOnMemoryChangesNoBit(String family) {
    Path path = Path.of("src/test/resources/goldens", family);
    try (Checkpoint checkpoint = Checkpoint.open(path);
        Decoder decoder = Decoder.open(checkpoint, WIDE)) {
      double[] expected = logits(decoder);
      int all = decoder.loaded();
      decoder.keepWithin(0);
      assertThat(decoder.loaded()).isZero();
      assertThat(logits(decoder)).isEqualTo(expected);
      assertThat(decoder.loaded()).isLessThan(all);
      decoder.keepWithin(Long.MAX_VALUE);
      assertThat(logits(decoder)).isEqualTo(expected);
      assertThat(decoder.loaded()).isEqualTo(all);
    }
  }

  @Test
  void whatWasReplacedStays() {
    Path path = Path.of("src/test/resources/goldens/llama2");
    try (Checkpoint checkpoint = Checkpoint.open(path);
        Decoder decoder = Decoder.open(checkpoint, WIDE);
        Scope scope = new Scope()) {
      decoder.replaceDown(1, decoder.down(1).mul(1.5));
      double[] expected = logits(decoder);
      decoder.keepWithin(0);
      assertThat(logits(decoder)).isEqualTo(expected);
      decoder.unload(0, 3);
      assertThat(logits(decoder)).isEqualTo(expected);
    }
  }

  @Test
  void theLayerUsedLastGoesFirst() {
    Residency residency = new Residency();
    residency.limit(25);
    for (int layer = 0; layer < 3; layer++) {
      residency.used(layer);
      assertThat(residency.roomFor(layer, 10)).isEqualTo(layer < 2 ? List.of() : List.of(1));
      residency.added(layer, 10);
    }
    residency.removed(1, 10);
    residency.used(2);
    assertThat(residency.roomFor(2, 5)).isEmpty();
    assertThat(residency.limit(5)).containsExactly(2, 0);
  }
}
