package dev.errata.lab.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Scope;
import dev.errata.lab.textbook.TextbookMemit;
import dev.errata.lab.textbook.TextbookValue;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The textbook's half of a bench. */
final class TextbookSide {
  /** What came of it. */
  record Result(BenchReport.Side side, List<TextbookValue> values) {}

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final Common common;

  TextbookSide(Decoder decoder, Tokenizer tokenizer, Common common) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.common = common;
  }

  /**
   * Edits with the library's λ and moments; its own statistics are timed on the tokens that the
   * plan says.
   */
  Result run(LibrarySide.Result library, BenchPlan plan, Consumer<String> stages) {
    int repeats = plan.plainRepeats();
    TextbookMemit memit =
        new TextbookMemit(decoder, tokenizer, common.settings(), common.prefixes());
    List<SubjectGroup> groups = SubjectGroup.of(common.facts());
    try (Scope scope = new Scope()) {
      stages.accept("textbook: warm-up");
      new TextbookMemit(decoder, tokenizer, common.warmUp(), common.prefixes())
          .values(SubjectGroup.of(common.facts().subList(0, 1)), Progress.NONE);
      PeakMemory memory = PeakMemory.start();
      List<int[]> rows = common.rows(plan.plainTokens());
      stages.accept("textbook: statistics");
      Cost statistics = Cost.median(repeats, () -> statistics(memit, rows)).cost();
      stages.accept("textbook: values of " + common.facts().size() + " facts");
      Cost.Of<List<TextbookValue>> values =
          Cost.median(repeats, () -> memit.values(groups, Progress.NONE));
      stages.accept("textbook: update");
      Map<Integer, NDArray> moments = moments(library.moments());
      Cost update =
          Cost.median(
                  repeats,
                  () -> {
                    decoder.restore();
                    return memit.update(values.result(), List.of(), moments, library.lambda());
                  })
              .cost();
      Long peak = memory.bytes();
      int facts = common.facts().size();
      BenchReport.Side side =
          new BenchReport.Side(
              decoder.compute().type().name(),
              repeats,
              BenchReport.StageFigures.of(facts, values.cost()),
              BenchReport.StageFigures.of(Common.tokens(rows), statistics),
              BenchReport.StageFigures.of(facts, update),
              peak,
              common.figures(decoder, tokenizer));
      return new Result(side, values.result());
    }
  }

  private int statistics(TextbookMemit memit, List<int[]> rows) {
    for (int layer : common.settings().layers()) {
      try (Scope scope = new Scope()) {
        memit.moment(rows, layer);
      }
    }
    return rows.size();
  }

  private Map<Integer, NDArray> moments(Map<Integer, double[]> matrices) {
    int width = decoder.architecture().feedForward().inner();
    Map<Integer, NDArray> moments = new TreeMap<>();
    matrices.forEach(
        (layer, matrix) ->
            moments.put(layer, decoder.manager().create(matrix, new Shape(width, width))));
    return moments;
  }
}
