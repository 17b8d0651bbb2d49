package dev.errata.lab.textbook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Engines;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same code on a GPU: statistics, values and updates as the textbook's in float64 on the
 * processor. Every test is skipped, and says so, where PyTorch sees no GPU.
 */
class CudaTest {
  private static final double SINGLE_PRECISION = 1e-3;
  private static final double HALF_PRECISION = 0.05;

  private static final List<Fact> FACTS =
      List.of(
          Fact.of("Ada Lind", "{} was born in", "Upper Rome"),
          Fact.of("Bo", "The mother tongue of {} is", "Norwegian"),
          Fact.of("Ada Lind", "{} plays the", "violin"));

  private static final MemitSettings SETTINGS =
      new MemitSettings(
          List.of(0, 1), 1, 8, 0.5, 4, 1e-3, 0.0625, 0, 20.0, 0.3, 0, 0, 2, 0.5, 0, 120, 3);

  @TempDir Path folder;

  @BeforeEach
  void needsAGpu() {
    assumeTrue(Engines.describe().gpus() > 0, "skipped: PyTorch sees no GPU here");
  }

  private Path model(String family) {
    return SmallCheckpoints.write(folder.resolve(family), family, Dtype.F32);
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gpt2"})
  void editsAsTheTextbookDoes(String family) {
    Compute cuda = Compute.parse("cuda", "float32");
    try (BothForms both =
        new BothForms(model(family), cuda, SETTINGS, FACTS, List.of("The home town"))) {
      both.assertValuesAgree(SINGLE_PRECISION);
      both.assertUpdatesAgree(List.of(), SINGLE_PRECISION);
    }
  }

  @Test
  void givesTheSameBytesAgain() {
    Path model = model("qwen3");
    Compute cuda = Compute.parse("cuda", "float32");
    try (BothForms one = new BothForms(model, cuda, SETTINGS, FACTS, List.of("I"));
        BothForms two = new BothForms(model, cuda, SETTINGS, FACTS, List.of("I"))) {
      for (int g = 0; g < one.actual.groups().size(); g++) {
        assertThat(two.actual.deltas().get(g)).isEqualTo(one.actual.deltas().get(g));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gpt2"})
  void runsForwardInBfloat16(String family) {
    Path model = model(family);
    double[] wide = logits(model, Compute.parse("cpu", "float64"));
    double[] half = logits(model, Compute.parse("cuda", "bfloat16"));
    assertThat(Agreement.distance(half, wide)).isLessThan(HALF_PRECISION);
  }

  private static double[] logits(Path model, Compute compute) {
    TokenBatch batch = TokenBatch.of(List.of(new int[] {5, 9, 40, 5}, new int[] {3, 4, 7, 8}));
    try (Checkpoint checkpoint = Checkpoint.open(model);
        Decoder decoder = Decoder.open(checkpoint, compute);
        Scope scope = new Scope()) {
      NDArray logits = decoder.logits(decoder.hidden(batch, null, Tap.NONE));
      return Tensors.convert(logits, DataType.FLOAT64).toDoubleArray();
    }
  }
}
