package dev.errata.lab.bench;

import ai.djl.ndarray.types.DataType;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.lab.textbook.TextbookValue;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Runs both forms one after the other, each on a freshly opened model and after one warm-up. */
final class Bench {
  private static final int FORWARD_SIZE = 2048;
  private static final int SOLVE_SIZE = 1536;

  private final BenchPlan plan;
  private final Consumer<String> stages;

  /**
   * Prepares.
   *
   * @param stages hears what begins
   */
  Bench(BenchPlan plan, Consumer<String> stages) {
    this.plan = plan;
    this.stages = stages;
  }

  /**
   * Edits in memory; the checkpoint stays as it is.
   *
   * @throws dev.errata.api.InputException when the checkpoint, a fact or the corpus cannot be used
   */
  BenchReport run() {
    try (Checkpoint checkpoint = Checkpoint.open(plan.input().model());
        Tokenizer tokenizer = Tokenizer.open(plan.input().model())) {
      Common common;
      LibrarySide.Result library;
      List<MatrixRate> rates;
      try (Decoder decoder = Decoder.open(checkpoint, plan.input().compute())) {
        stages.accept("unedited model: prefixes, text and figures");
        common = Common.of(plan.input(), plan.shared(), decoder, tokenizer);
        stages.accept("the machine's rate of matrix multiplication");
        rates = rates(decoder);
        library = new LibrarySide(decoder, tokenizer, common, rates).run(plan, stages);
      }
      try (Decoder decoder = Decoder.open(checkpoint, plan.plainCompute())) {
        TextbookSide.Result textbook =
            new TextbookSide(decoder, tokenizer, common).run(library, plan, stages);
        return report(common, rates, library, textbook);
      }
    }
  }

  private static List<MatrixRate> rates(Decoder decoder) {
    return List.of(
        MatrixRate.measure(decoder.manager(), decoder.compute().type(), FORWARD_SIZE),
        MatrixRate.measure(decoder.manager(), DataType.FLOAT64, SOLVE_SIZE));
  }

  private BenchReport report(
      Common common,
      List<MatrixRate> rates,
      LibrarySide.Result library,
      TextbookSide.Result textbook) {
    return new BenchReport(
        plan.input().model().toString(),
        common.facts().size(),
        common.settings().layers(),
        common.prefixes().size(),
        library.lambda(),
        rates,
        BenchReport.Figures.of(common.unedited().metrics()),
        library.side(),
        textbook.side(),
        apart(library.values().deltas(), textbook.values()),
        BenchReport.Faster.of(library.side(), textbook.side()));
  }

  private static double apart(List<float[]> deltas, List<TextbookValue> plain) {
    double[] distances =
        IntStream.range(0, plain.size())
            .mapToDouble(group -> distance(deltas.get(group), plain.get(group).delta()))
            .sorted()
            .toArray();
    return distances[distances.length / 2];
  }

  private static double distance(float[] delta, double[] plain) {
    double apart = 0;
    double whole = 0;
    for (int i = 0; i < plain.length; i++) {
      apart += (delta[i] - plain[i]) * (delta[i] - plain[i]);
      whole += plain[i] * plain[i];
    }
    return whole == 0 ? Math.sqrt(apart) : Math.sqrt(apart / whole);
  }
}
