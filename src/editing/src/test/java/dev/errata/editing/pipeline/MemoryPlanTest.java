package dev.errata.editing.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.method.memit.MemitPresets;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Mixture;
import dev.errata.editing.torch.Compute;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
  private static final MemoryPlan.Batch WANTED = new MemoryPlan.Batch(8192, 2048);
  private static final long AMPLE = 1L << 40;

  private static MemoryPlan.Work work(long parameters, boolean fixed) {
    return work("llama2", parameters, fixed, 4, mixture -> mixture);
  }

  private static MemoryPlan.Work work(
      String golden, long parameters, boolean fixed, int facts, UnaryOperator<Mixture> change) {
    Path path = Path.of("src/test/resources/goldens", golden);
    try (Checkpoint checkpoint = Checkpoint.open(path);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
      Architecture found = decoder.architecture();
      Architecture.FeedForward dense = found.feedForward();
      Architecture model =
          found.withFeedForward(
              new Architecture.FeedForward(
                  dense.inner(),
                  dense.activation(),
                  dense.gated(),
                  dense.limit(),
                  change.apply(dense.mixture())));
      return new MemoryPlan.Work(
          model,
          parameters,
          4,
          MemitPresets.resolve(null, model, 0),
          fixed,
          false,
          true,
          facts,
          Map.of());
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
  void countsEveryExpertAndTheRowsOfTheSolve() {
    MemoryPlan few = mixture(8, 100);
    MemoryPlan many = mixture(64, 100);
    // Metrics, moments and updates of 56 more experts of width 256.
    long width = 256;
    long metric = width * width * Double.BYTES;
    assertThat(many.statistics() - few.statistics()).isGreaterThanOrEqualTo(2 * 56 * metric);
    assertThat(many.update() - few.update()).isGreaterThanOrEqualTo(56 * 3 * metric);
    // A token takes two experts, however many there are.
    assertThat(many.values() - few.values()).isLessThan(few.values() / 5);
    // Rows are facts × contexts: the preset's two prefixes and the bare prompt.
    long rows = 3 * 2_000;
    assertThat(mixture(8, 2_000).update() - few.update())
        .isGreaterThan(3 * rows * rows * Double.BYTES);
  }

  @Test
  void countsTheKeysOfEarlierVersions() {
    MemoryPlan.Work first = work(0, false);
    int layer = first.settings().layers().get(0);
    long values = 1_000_000;
    MemoryPlan.Work next =
        new MemoryPlan.Work(
            first.model(),
            first.parameters(),
            first.element(),
            first.settings(),
            first.fixed(),
            first.converted(),
            first.samples(),
            first.facts(),
            Map.of(layer, values));
    // As they are stored, and once more while their layer is solved.
    assertThat(
            MemoryPlan.of(next, WANTED, AMPLE).update()
                - MemoryPlan.of(first, WANTED, AMPLE).update())
        .isEqualTo(values * (Float.BYTES + Double.BYTES));
  }

  private static MemoryPlan mixture(int experts, int facts) {
    MemoryPlan.Work work =
        work(
            "moe/qwen3_moe",
            0,
            false,
            facts,
            of -> new Mixture(experts, of.perToken(), 256, 0, false, of.routing(), of.layers()));
    return MemoryPlan.of(work, WANTED, AMPLE);
  }

  @Test
  void refusesWhatDoesNotFitAndSaysWhatIsNeeded() {
    assertThatThrownBy(() -> MemoryPlan.of(work(2_000_000_000L, false), WANTED, 4_000_000_000L))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("the job does not fit the memory: about 8.6 GB are needed even")
        .hasMessageContaining("4.0 GB are given: program 0.58, weights 8.00")
        .hasMessageContaining("give more (--memory");
  }
}
