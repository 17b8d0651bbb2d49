package dev.errata.editing.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every dense family takes an edit: the output of the edited block changes as it should. */
class EditableTest {
  private static final int LAYER = 1;

  @ParameterizedTest
  @MethodSource("dev.errata.editing.model.GoldenTest#goldens")
  void theBlockChangesAsWanted(String family) {
    Path directory = Path.of("src/test/resources/goldens").resolve(family);
    Compute compute = new Compute(Device.cpu(), DataType.FLOAT64);
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        GoldenFile golden = GoldenFile.open(directory.resolve("golden.safetensors"));
        Decoder decoder = Decoder.open(checkpoint, compute);
        Scope scope = new Scope()) {
      if (decoder.architecture().isMixture(LAYER)) {
        return; // MixtureTest
      }
      TokenBatch batch = TokenBatch.of(golden.prompts());
      long[] last = {batch.length(0) - 1L, batch.length(1) - 1L, batch.length(2) - 1L};
      Frame frame = decoder.frame(batch, null);
      NDArray input = decoder.blocks(0, LAYER, decoder.embed(batch), frame, null, null, Tap.NONE);
      NDArray[] seen = new NDArray[1];
      Tap keysOf =
          (layer, site, value) -> {
            if (site == Site.FEED_FORWARD_KEY) {
              seen[0] = Scope.escape(Rows.pick(value, last));
            }
            return value;
          };
      NDArray before =
          Rows.pick(decoder.block(LAYER, input, frame, null, null, keysOf), last).duplicate();
      NDArray keys = Scope.adopt(seen[0]);
      NDArray wanted = draw(decoder, before.getShape()).mul(0.01);

      NDArray added = decoder.linearChange(LAYER, keys, wanted);
      // The least change of the weight that adds it: Kᵀ (K Kᵀ)⁻¹.
      NDArray factor = Tensors.cholesky(keys.matMul(keys.transpose()));
      NDArray update = Tensors.choleskySolve(added, factor).transpose().matMul(keys);
      decoder.replaceDown(LAYER, decoder.down(LAYER).add(update));

      NDArray after = Rows.pick(decoder.block(LAYER, input, frame, null, null, Tap.NONE), last);
      NDArray change = after.sub(before);
      Architecture.Placement placement = decoder.architecture().norm().placement();
      boolean normed =
          placement == Architecture.Placement.POST
              || placement == Architecture.Placement.PRE_AND_POST;
      double off = length(change.sub(wanted)) / length(wanted);
      // What a norm takes away is the part along the old output: one of 32 directions.
      assertThat(off).as(family).isLessThan(normed ? 0.4 : 1e-3);
    }
  }

  @Test
  void unloadedWeightsAreReadAgainAndReplacedOnesKept() {
    try (Checkpoint checkpoint = Checkpoint.open(Path.of("src/test/resources/goldens/llama3"));
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      TokenBatch batch = TokenBatch.of(List.of(new int[] {3, 7, 5}));
      decoder.replaceDown(LAYER, decoder.down(LAYER).mul(1.5));
      NDArray before = decoder.logits(decoder.hidden(batch, null, Tap.NONE));
      int all = decoder.loaded();
      decoder.unload();
      assertThat(decoder.loaded()).isEqualTo(1);
      Frame frame = decoder.frame(batch, null);
      decoder.blocks(0, LAYER, decoder.embed(batch), frame, null, null, Tap.NONE);
      assertThat(decoder.loaded()).isLessThan(all);
      NDArray after = decoder.logits(decoder.hidden(batch, null, Tap.NONE));
      assertThat(after.toFloatArray()).isEqualTo(before.toFloatArray());
      assertThat(decoder.replaced()).hasSize(1);
    }
  }

  private static double length(NDArray values) {
    return Math.sqrt(values.square().sum().getDouble());
  }

  private static NDArray draw(Decoder decoder, Shape shape) {
    Random random = new Random(8);
    double[] values = new double[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Tensors.owned(decoder.manager().create(values, shape));
  }
}
