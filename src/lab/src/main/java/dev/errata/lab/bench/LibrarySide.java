package dev.errata.lab.bench;

import ai.djl.ndarray.NDArray;
import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.method.memit.EarlierKeys;
import dev.errata.editing.method.memit.EditMetric;
import dev.errata.editing.method.memit.LayerReport;
import dev.errata.editing.method.memit.LayerUpdate;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.method.memit.ValueOptimizer;
import dev.errata.editing.method.memit.ValueSet;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.statistics.Moment;
import dev.errata.editing.statistics.SecondMoments;
import dev.errata.editing.torch.Scope;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The library's half of a bench. */
final class LibrarySide {
  /**
   * What came of it.
   *
   * @param lambda λ that the library chose
   * @param moments C of each layer as it was solved with, ridge included, [f · f]
   * @param values the values of the shared facts
   */
  record Result(
      BenchReport.Side side, double lambda, Map<Integer, double[]> moments, ValueSet values) {}

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final Common common;
  private final List<MatrixRate> rates;

  LibrarySide(Decoder decoder, Tokenizer tokenizer, Common common, List<MatrixRate> rates) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.common = common;
    this.rates = rates;
  }

  /** Edits; values are timed on all facts of the plan. */
  Result run(BenchPlan plan, Consumer<String> stages) {
    List<Fact> timed = plan.input().facts();
    int repeats = plan.repeats();
    try (Scope scope = new Scope()) {
      stages.accept("library: warm-up");
      optimizer(common.warmUp())
          .optimize(SubjectGroup.of(common.facts().subList(0, 1)), Progress.NONE);
      collect(common.rows(1));
      PeakMemory memory = PeakMemory.start();
      stages.accept("library: statistics");
      Cost.Of<Map<Integer, Moment>> moments = Cost.median(repeats, () -> collect(common.rows()));
      stages.accept("library: values of " + timed.size() + " facts");
      Cost.Of<ValueSet> values = Cost.median(repeats, () -> values(timed));
      ValueSet shared = timed.equals(common.facts()) ? values.result() : values(common.facts());
      stages.accept("library: update");
      Cost.Of<List<LayerReport>> update =
          Cost.median(repeats, () -> update(shared, moments.result()));
      Long peak = memory.bytes();
      BenchReport.Side side =
          new BenchReport.Side(
              decoder.compute().type().name(),
              repeats,
              figures(timed.size(), values.cost(), valuesWork(values.result())),
              figures(tokens(), moments.cost(), statisticsWork()),
              figures(common.facts().size(), update.cost(), updateWork(shared)),
              peak,
              common.figures(decoder, tokenizer));
      Map<Integer, NDArray> matrices = new TreeMap<>();
      moments.result().forEach((layer, moment) -> matrices.put(layer, moment.matrix()));
      double lambda = update.result().get(0).lambda();
      return new Result(side, lambda, ridged(matrices, update.result()), shared);
    }
  }

  private BenchReport.StageFigures figures(long items, Cost cost, Operations operations) {
    return BenchReport.StageFigures.of(items, cost, operations, rates);
  }

  private long tokens() {
    return Common.tokens(common.rows());
  }

  private Operations valuesWork(ValueSet values) {
    int layer = common.settings().valueLayer();
    return Operations.values(
        decoder.architecture(), layer, optimizer(common.settings()).work(values));
  }

  private Operations statisticsWork() {
    return Operations.statistics(decoder.architecture(), common.settings().layers(), tokens());
  }

  private Operations updateWork(ValueSet values) {
    LayerUpdate.Size size = update(Map.of()).size(values.groups());
    return Operations.update(decoder.architecture(), common.settings(), size);
  }

  private ValueOptimizer optimizer(MemitSettings settings) {
    return new ValueOptimizer(decoder, tokenizer, settings, common.prefixes());
  }

  private Map<Integer, Moment> collect(List<int[]> rows) {
    return SecondMoments.collect(
        decoder, rows.iterator(), common.settings().layers(), Common.tokens(rows), Progress.NONE);
  }

  private ValueSet values(List<Fact> facts) {
    return optimizer(common.settings()).optimize(SubjectGroup.of(facts), Progress.NONE);
  }

  private LayerUpdate update(Map<Integer, Moment> moments) {
    return new LayerUpdate(
        decoder,
        tokenizer,
        common.settings(),
        common.prefixes(),
        EditMetric.ofMoments(moments),
        EarlierKeys.NONE);
  }

  /** On the unedited model, every time. */
  private List<LayerReport> update(ValueSet values, Map<Integer, Moment> moments) {
    decoder.restore();
    return update(moments).apply(values, List.of(), common.settings().lambda(), Progress.NONE);
  }

  private static Map<Integer, double[]> ridged(
      Map<Integer, NDArray> moments, List<LayerReport> reports) {
    Map<Integer, double[]> ridged = new TreeMap<>();
    for (LayerReport report : reports) {
      double[] matrix = moments.get(report.layer()).toDoubleArray();
      int width = (int) Math.round(Math.sqrt(matrix.length));
      double trace = 0;
      for (int i = 0; i < width; i++) {
        trace += matrix[i * width + i];
      }
      for (int i = 0; i < width; i++) {
        matrix[i * width + i] += report.ridge() * trace / width;
      }
      ridged.put(report.layer(), matrix);
    }
    return ridged;
  }
}
