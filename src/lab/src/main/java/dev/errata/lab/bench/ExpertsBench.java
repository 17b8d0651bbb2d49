package dev.errata.lab.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.errata.editing.memory.ClosedForm;
import dev.errata.editing.memory.LambdaChoice;
import dev.errata.editing.memory.LinearMemory;
import dev.errata.editing.memory.Solution;
import dev.errata.editing.torch.Scope;
import dev.errata.lab.textbook.BlockDescent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Solves for the experts of a random layer by the closed form and by block coordinate descent. */
final class ExpertsBench {
  private static final int LAYERS = 5;
  private static final double REACHED = 0.5;
  private static final ExpertsPlan WARM_UP = new ExpertsPlan(4, 2, 32, 64, 64, 1, 0.3, 0);

  private final ExpertsPlan plan;
  private final double gpuTeraflops;
  private final Consumer<String> stages;

  /**
   * Prepares.
   *
   * @param gpuTeraflops float64 operations a second, in 10¹², of the GPU of the projection
   * @param stages hears what is done
   */
  ExpertsBench(ExpertsPlan plan, double gpuTeraflops, Consumer<String> stages) {
    this.plan = plan;
    this.gpuTeraflops = gpuTeraflops;
    this.stages = stages;
  }

  ExpertsReport run() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      stages.accept("warm-up");
      measure(WARM_UP, manager, each -> {});
      return measure(plan, manager, stages);
    }
  }

  private ExpertsReport measure(ExpertsPlan of, NDManager manager, Consumer<String> heard) {
    try (Scope scope = new Scope()) {
      heard.accept("drawing " + of.experts() + " experts and " + of.keys() + " keys");
      ExpertsProblem problem = ExpertsProblem.draw(of, manager);
      heard.accept("choosing lambda");
      double lambda = lambda(problem, of.residualShare());
      heard.accept("closed form");
      ExpertsReport.Exact exact = exact(of, problem, lambda);
      List<ExpertsReport.Pass> passes =
          of.passes() == 0 ? List.of() : descent(of, problem, lambda, exact.objective(), heard);
      ExpertsReport.Pass last = passes.isEmpty() ? null : passes.get(passes.size() - 1);
      return new ExpertsReport(
          of.experts(),
          of.perToken(),
          of.keys(),
          of.width(),
          of.hidden(),
          lambda,
          exact,
          passes,
          last == null ? null : last.seconds() / exact.seconds(),
          last == null ? null : Cost.ratio(last.cpuSeconds(), exact.cpuSeconds()),
          projection(of, exact.flops()));
    }
  }

  private static double lambda(ExpertsProblem problem, double share) {
    try (Scope scope = new Scope()) {
      return LambdaChoice.forResidualShare(problem.memories(1), problem.residuals(), share)
          .lambda();
    }
  }

  private record Solved(List<LinearMemory> memories, Solution solution) {}

  private static ExpertsReport.Exact exact(
      ExpertsPlan plan, ExpertsProblem problem, double lambda) {
    try (Scope scope = new Scope()) {
      PeakMemory memory = PeakMemory.start();
      Cost.Of<Solved> timed =
          Cost.of(
              () -> {
                List<LinearMemory> memories = problem.memories(lambda);
                return new Solved(memories, ClosedForm.solve(memories, problem.residuals()));
              });
      Long peak = memory.bytes();
      List<NDArray> updates =
          timed.result().solution().updates().stream().map(NDArray::transpose).toList();
      List<LinearMemory> memories = timed.result().memories();
      return new ExpertsReport.Exact(
          timed.cost().seconds(),
          timed.cost().cpuSeconds(),
          BlockDescent.objective(memories, problem.residuals(), updates),
          timed.result().solution().residualShare(),
          flops(plan, problem),
          peak);
    }
  }

  private static List<ExpertsReport.Pass> descent(
      ExpertsPlan plan,
      ExpertsProblem problem,
      double lambda,
      double minimum,
      Consumer<String> heard) {
    try (Scope scope = new Scope()) {
      heard.accept("block coordinate descent: factors");
      Cost.Of<BlockDescent> begun =
          Cost.of(() -> new BlockDescent(problem.memories(lambda), problem.residuals()));
      Cost cost = begun.cost();
      List<ExpertsReport.Pass> passes = new ArrayList<>();
      for (int pass = 1; pass <= plan.passes(); pass++) {
        heard.accept("block coordinate descent: pass " + pass + " of " + plan.passes());
        cost =
            cost.plus(
                Cost.of(
                        () -> {
                          begun.result().pass();
                          return begun;
                        })
                    .cost());
        double objective = begun.result().objective();
        passes.add(
            new ExpertsReport.Pass(
                pass,
                cost.seconds(),
                cost.cpuSeconds(),
                objective,
                (objective - minimum) / minimum));
      }
      return passes;
    }
  }

  /** Cholesky of each metric, M⁻¹ Kᵀ, the blocks of G, G's Cholesky, and the updates. */
  private static double flops(ExpertsPlan plan, ExpertsProblem problem) {
    double f = plan.width();
    double d = plan.hidden();
    double n = plan.keys();
    double sum = n * n * n / 3 + 2 * n * n * d;
    for (long[] rows : problem.rows()) {
      double m = rows.length;
      sum += m == 0 ? 0 : f * f * f / 3 + 2 * f * f * m + 2 * f * m * m + 2 * f * m * d;
    }
    return sum;
  }

  private ExpertsReport.Projection projection(ExpertsPlan of, double flops) {
    long square = (long) of.width() * of.width();
    long n = of.keys();
    long values =
        // Moments of every layer; the moment as solved with and its factor in one.
        (LAYERS + 2L) * of.experts() * square
            // Keys and M⁻¹ Kᵀ.
            + 2L * n * of.perToken() * of.width()
            // G, its symmetric part, I + G and its factor; R and what is left.
            + 4L * n * n
            + 2L * n * of.hidden()
            // The updates.
            + (long) of.experts() * of.width() * of.hidden();
    double seconds = LAYERS * flops / (REACHED * gpuTeraflops * 1e12);
    return new ExpertsReport.Projection(LAYERS, gpuTeraflops, seconds, values * Double.BYTES);
  }
}
