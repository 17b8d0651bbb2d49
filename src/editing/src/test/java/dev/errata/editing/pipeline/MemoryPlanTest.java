package dev.errata.editing.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.method.memit.MemitPresets;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
  private static final MemoryPlan.Batch WANTED = new MemoryPlan.Batch(8192, 2048);
  private static final long AMPLE = 1L << 40;

  private static MemoryPlan.Work work(long parameters, boolean fixed) {
    Path path = Path.of("src/test/resources/goldens/llama2");
    try (Checkpoint checkpoint = Checkpoint.open(path);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
      Architecture model = decoder.architecture();
      return new MemoryPlan.Work(
          model, parameters, 4, MemitPresets.resolve(null, model, 0), fixed, true);
    }
  }

  @Test
  void takesTheBatchesWantedWhereTheyFit() {
    MemoryPlan plan = MemoryPlan.of(work(1_000_000, false), WANTED, AMPLE);
    assertThat(plan.batch()).isEqualTo(WANTED);
    assertThat(plan.weights()).isEqualTo(4_000_000);
    assertThat(plan.describe())
        .startsWith("memory: needs about ")
        .contains("weights 0.00", "8,192 tokens a batch");
  }

  @Test
  void halvesBatchesUntilTheyFit() {
    MemoryPlan ample = MemoryPlan.of(work(0, false), WANTED, AMPLE);
    long less = ample.peak() - ample.values() / 2;
    MemoryPlan plan = MemoryPlan.of(work(0, false), WANTED, less);
    assertThat(plan.peak()).isLessThanOrEqualTo(less);
    assertThat(plan.batch().values()).isLessThan(8192);
  }

  @Test
  void neverChangesABatchThatTheJobSays() {
    MemoryPlan ample = MemoryPlan.of(work(0, true), WANTED, AMPLE);
    assertThatThrownBy(
            () -> MemoryPlan.of(work(0, true), WANTED, ample.peak() - ample.values() / 2))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("or lower spec.method.memit.batchTokens");
  }

  @Test
  void refusesWhatDoesNotFitAndSaysWhatIsNeeded() {
    assertThatThrownBy(() -> MemoryPlan.of(work(2_000_000_000L, false), WANTED, 4_000_000_000L))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("the job does not fit the memory: about 8.6 GB are needed even")
        .hasMessageContaining("4.0 GB are given: program 0.52, weights 8.00")
        .hasMessageContaining("give more (--memory");
  }
}
