package dev.errata.lab.bench;

import ai.djl.ndarray.NDArray;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.memory.ClosedForm;
import dev.errata.editing.memory.LinearMemory;
import dev.errata.editing.memory.Solution;
import dev.errata.editing.memory.Solver;
import dev.errata.editing.method.memit.EarlierKeys;
import dev.errata.editing.method.memit.EditMetric;
import dev.errata.editing.method.memit.LayerReport;
import dev.errata.editing.method.memit.LayerUpdate;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.method.memit.ValueOptimizer;
import dev.errata.editing.method.memit.ValueSet;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.statistics.SecondMoments;
import dev.errata.editing.torch.Scope;
import dev.errata.lab.textbook.BlockDescent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Edits a mixture of experts with the same values, keys and metric twice: by the closed form, and
 * by block coordinate descent as published (MoEEdit, arXiv 2602.10965).
 */
final class DescentBench {
  private final EditInput input;
  private final int passes;
  private final Consumer<String> stages;
  private Cost spent = new Cost(0, 0);
  private final List<double[]> objectives = new ArrayList<>();

  /**
   * Prepares.
   *
   * @param passes how often the descent solves for each expert
   * @param stages hears what begins
   */
  DescentBench(EditInput input, int passes, Consumer<String> stages) {
    this.input = input;
    this.passes = passes;
    this.stages = stages;
  }

  /**
   * Edits in memory; the checkpoint stays as it is.
   *
   * @throws InputException when the checkpoint, a fact or the corpus cannot be used, or no edited
   *     layer is a mixture of experts
   */
  DescentReport run() {
    try (Checkpoint checkpoint = Checkpoint.open(input.model());
        Tokenizer tokenizer = Tokenizer.open(input.model());
        Decoder decoder = Decoder.open(checkpoint, input.compute());
        Scope scope = new Scope()) {
      stages.accept("unedited model: prefixes, text and figures");
      Common common = Common.of(input, input.facts(), decoder, tokenizer);
      requireMixture(decoder, common.settings().layers());
      stages.accept("statistics");
      EditMetric metric =
          EditMetric.ofMoments(
              SecondMoments.collect(
                  decoder,
                  common.rows().iterator(),
                  common.settings().layers(),
                  Common.tokens(common.rows()),
                  Progress.NONE));
      stages.accept("values");
      ValueSet values =
          new ValueOptimizer(decoder, tokenizer, common.settings(), common.prefixes())
              .optimize(SubjectGroup.of(input.facts()), Progress.NONE);
      List<LayerReport> reports = new ArrayList<>();
      List<DescentReport.Side> sides = new ArrayList<>();
      for (Solver solver : List.<Solver>of(this::exact, this::descent)) {
        stages.accept(sides.isEmpty() ? "closed form" : "block coordinate descent");
        decoder.restore();
        spent = new Cost(0, 0);
        reports.addAll(
            new LayerUpdate(
                    decoder,
                    tokenizer,
                    common.settings(),
                    common.prefixes(),
                    metric,
                    EarlierKeys.NONE,
                    solver)
                .apply(values, List.of(), common.settings().lambda(), Progress.NONE));
        sides.add(
            new DescentReport.Side(
                common.figures(decoder, tokenizer), spent.seconds(), spent.cpuSeconds()));
      }
      List<Integer> layers = common.settings().layers();
      return new DescentReport(
          input.model().toString(),
          input.facts().size(),
          layers,
          passes,
          reports.get(0).lambda(),
          BenchReport.Figures.of(common.unedited().metrics()),
          sides.get(0),
          sides.get(1),
          IntStream.range(0, layers.size())
              .mapToObj(
                  i ->
                      new DescentReport.Gap(
                          layers.get(i), objectives.get(i)[0], objectives.get(i)[1]))
              .toList());
    }
  }

  private static void requireMixture(Decoder decoder, List<Integer> layers) {
    if (layers.stream().noneMatch(decoder.architecture()::isMixture)) {
      throw new InputException(
          "none of the edited layers "
              + layers
              + " is a mixture of experts; descent over experts needs one");
    }
  }

  private Solution exact(List<LinearMemory> memories, NDArray residuals) {
    Cost.Of<Solution> timed = Cost.of(() -> ClosedForm.solve(memories, residuals));
    spent = spent.plus(timed.cost());
    return timed.result();
  }

  private Solution descent(List<LinearMemory> memories, NDArray residuals) {
    List<LinearMemory> named = named(memories, residuals.getShape().get(0));
    Cost.Of<BlockDescent> timed =
        Cost.of(
            () -> {
              BlockDescent descent = new BlockDescent(named, residuals);
              for (int pass = 0; pass < passes; pass++) {
                descent.pass();
              }
              return descent;
            });
    spent = spent.plus(timed.cost());
    List<NDArray> updates = timed.result().updates().stream().map(NDArray::transpose).toList();
    Solution best = ClosedForm.solve(memories, residuals);
    objectives.add(
        new double[] {
          BlockDescent.objective(
              named, residuals, best.updates().stream().map(NDArray::transpose).toList()),
          timed.result().objective()
        });
    return new Solution(updates, timed.result().residualShare());
  }

  /** With the rows of each memory by name, where all are meant too. */
  private static List<LinearMemory> named(List<LinearMemory> memories, long rows) {
    return memories.stream()
        .map(
            memory ->
                memory.rows() != null
                    ? memory
                    : new LinearMemory(
                        memory.keys(), LongStream.range(0, rows).toArray(), memory.metric()))
        .toList();
  }
}
