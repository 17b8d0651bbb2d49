package dev.errata.editing.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a forward pass makes of Java arrays, PyTorch reads again in the backward pass: it must not
 * have gone with the scopes between.
 */
class GradientMemoryTest {
  private static final TokenBatch BATCH =
      TokenBatch.of(List.of(new int[] {5, 9, 2, 17, 3}, new int[] {8, 1, 4}));

  @ParameterizedTest
  @ValueSource(
      strings = {"qwen3", "gpt2", "gemma2", "moe/qwen3_moe", "moe/gpt_oss", "moe/deepseek_v2"})
  void gradientsDoNotReadMemoryThatHasGone(String family) {
    Path directory = Path.of("src/test/resources/goldens").resolve(family);
    float[] expected = gradient(directory, () -> {});
    float[] actual = gradient(directory, GradientMemoryTest::overwriteFreedBuffers);
    assertThat(Arrays.mismatch(actual, expected)).isEqualTo(-1);
  }

  /** Gradients of a shift behind block 0 and of the embedding. */
  private static float[] gradient(Path directory, Runnable between) {
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope();
        GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      int hidden = decoder.architecture().hidden();
      NDArray delta = decoder.manager().zeros(new Shape(1, 1, hidden));
      NDArray embedding = decoder.weight(Part.EMBEDDING, 0);
      delta.setRequiresGradient(true);
      embedding.setRequiresGradient(true);
      Tap tap =
          (layer, site, value) ->
              layer == 0 && site == Site.BLOCK_OUTPUT ? value.add(delta) : value;
      NDArray top = decoder.hidden(BATCH, null, tap);
      NDArray loss = decoder.logits(Rows.pick(top, new long[] {4, 2})).square().sum();
      between.run();
      collector.backward(loss);
      float[] ofDelta = delta.getGradient().toFloatArray();
      float[] ofEmbedding = embedding.getGradient().toFloatArray();
      float[] both = new float[ofDelta.length + ofEmbedding.length];
      System.arraycopy(ofDelta, 0, both, 0, ofDelta.length);
      System.arraycopy(ofEmbedding, 0, both, ofDelta.length, ofEmbedding.length);
      return both;
    }
  }

  private static void overwriteFreedBuffers() {
    List<ByteBuffer> taken = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      System.gc();
      for (int i = 0; i < 20_000; i++) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(8 + i % 600);
        while (buffer.hasRemaining()) {
          buffer.put((byte) 1);
        }
        taken.add(buffer);
      }
    }
    assertThat(taken).hasSize(60_000);
  }
}
